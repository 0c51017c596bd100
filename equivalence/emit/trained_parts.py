"""What of a port is trained, and what Keras's layers ask of their weights: regularizers, constraints, frozen ones."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from equivalence.catalogue.named_objects import named_object
from equivalence.emit.asked_of_weights import KINDS, asked_by_array
from equivalence.emit.called_text import CalledText, defined, function_text
from equivalence.emit.draft import FileDraft, Oracle, Placement
from equivalence.emit.layer_paths import layers_by_path
from equivalence.errors import Refused
from equivalence.schema import Entry
from equivalence.translation.graph import Graph, Spec, Stored
from equivalence.translation.pattern_axes import axis_places

ADDS_UP = ("L1", "L2", "L1L2")  # over any parts of a weight, however it lies
_ALONE = ("NonNeg",)  # of each number alone
#: Of norms along axes, which it is the same for in whatever order the gates lie along one of them.
_NORMS = ("MaxNorm", "MinMaxNorm", "UnitNorm")
_NUMBER = re.compile(r"\.(\d+)(?=\.|\Z)")


def access(name: str, root: str = "model") -> str:
    """The expression of a parameter or module by its qualified name: `model.blocks[0].conv.weight`."""
    return _NUMBER.sub(r"[\1]", f"{root}.{name}")


@dataclass(slots=True)
class Functions:
    """Functions of tensors that a script writes, each text once under a name of its own, none of those `taken`."""

    oracle: Oracle
    where: str
    taken: set[str] = field(default_factory=set)
    written: dict[str, CalledText] = field(default_factory=dict)

    def of(
        self,
        entry: Entry,
        config: Mapping[str, Any],
        inputs: list[Spec],
        mask: tuple[int | None, ...] | None = None,
    ) -> str:
        """The name of the function that does what an object does; `mask`: the shape of the one of the last input."""
        base = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", entry.name).lower()
        name, count = base, 1
        while True:
            if name not in self.taken:
                made = function_text(entry, config, inputs, name, self.oracle, self.where, mask)
                inside = {*map(defined, made.helpers)}  # what it calls keeps its name
                if name not in inside and self.written.setdefault(name, made) == made:
                    self.taken |= inside
                    return name
            count += 1
            name = f"{base}_{count}"


@dataclass(slots=True)
class Trained:
    """The parameters of a port, by what becomes of them in training."""

    places: dict[str, Placement] = field(default_factory=dict)  # trained, by qualified name
    fixed: list[str] = field(default_factory=list)  # frozen in Keras, or without a weight there
    still: list[str] = field(default_factory=list)  # modules whose running statistics stay as they are
    penalties: list[str] = field(default_factory=list)  # expressions
    constraints: list[tuple[str, str]] = field(default_factory=list)  # a parameter's expression, and what it becomes

    @property
    def arrays(self) -> set[int]:
        """`id` of the arrays that are trained."""
        return {id(place.stored) for place in self.places.values()}


def trained_parts(draft: FileDraft, graph: Graph, parameters: Collection[str], functions: Functions) -> Trained:
    """What is trained of a port whose parameters (no buffers) are given.

    Raises Refused for a regularizer, constraint or layer of which that cannot be told.
    """
    free_of = {path: free for path, _, free in layers_by_path(graph)}
    found, asked = Trained(), asked_by_array(graph, functions.where)
    for place in draft.placements:
        name, free = place.parameter, free_of.get(place.layer, True)
        if name not in parameters:
            module = name.rpartition(".")[0]
            if not free and place.rule.keras and not place.rule.trainable and module not in found.still:
                found.still.append(module)
        elif not free or place.stored is None:
            found.fixed.append(name)
        else:
            found.places[name] = place
            held = asked.get(id(place.stored))
            _ask(found, place, {kind: held.of(place.rule.keras, kind) if held else None for kind in KINDS}, functions)
    return found


def _ask(found: Trained, place: Placement, wanted: Mapping[str, Any], functions: Functions) -> None:
    """`wanted`: of each kind what is serialised for the weight, None where nothing is."""
    assert place.stored is not None
    parameter = access(place.parameter)
    for kind, given in wanted.items():
        if given is None:
            continue
        where = f"{functions.where}: the {kind} of layer {place.layer!r:.120}"
        entry, config = named_object(given, f"keras.{kind}s", where)
        anyhow = entry.name in (*ADDS_UP, *_ALONE)
        seen = parameter if anyhow else _as_in_keras(parameter, place, where, in_any_order=entry.name in _NORMS)
        shape = place.shape if anyhow else place.stored.shape
        call = f"{functions.of(entry, config, [Spec('weight', tuple(shape), 'float32')])}({seen})"
        if kind == "regularizer":
            found.penalties.append(call)
        else:
            found.constraints.append((seen, call))


def _as_in_keras(parameter: str, place: Placement, where: str, *, in_any_order: bool) -> str:
    """A view of a parameter with the axes of Keras; `in_any_order`: its gates may lie in torch's.

    Raises Refused where it holds other parts than the weight.
    """
    assert place.stored is not None
    rule = place.rule._replace(blocks=()) if in_any_order else place.rule
    places = axis_places(rule, len(place.stored.shape))
    if places is None or len(places) != len(place.shape):
        raise Refused(f"{where} is for the weight as Keras has it, which lies in parts here")
    if places == sorted(places):
        return parameter
    return f"{parameter}.T" if len(places) == 2 else f"{parameter}.permute({', '.join(map(str, places))})"


def variables_of(trained: Trained, ordered: list[Stored]) -> dict[int, list[str]]:
    """Of each variable, by its place in Keras's order: the parameters that hold it."""
    places = {id(stored): index for index, stored in enumerate(ordered)}
    found: dict[int, list[str]] = {index: [] for index in range(len(ordered))}
    for name, place in trained.places.items():
        found[places[id(place.stored)]].append(name)
    return found
