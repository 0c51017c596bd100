"""What a node may call, drawn from what the entries state: their cases, and other values of their arguments."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from equivalence.catalogue import activations, entries
from equivalence.keras_side.wire import encode
from equivalence.proofs.case_inputs import declared_of, draws_of, shapes_of
from equivalence.schema import REQUIRED, Case, Entry

#: Kinds that a functional model can hold, and how often each is drawn: there are as many small functions as layers.
EXACT = 1e-10  # what a case states where it states nothing
KINDS = {"layer": 14, "operation": 4, "activation": 1, "model": 1}


@dataclass(frozen=True)
class Drawn:
    """A case with its configuration as drawn, and what it wants of its inputs."""

    entry: Entry
    case: Case
    config: dict[str, Any]
    call: dict[str, Any]
    oracle: str
    max_rel: float

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        return shapes_of(self.case)

    @property
    def declared(self) -> list[tuple[int | None, ...]]:
        return declared_of(self.case)

    @property
    def draws(self) -> list[str]:
        return draws_of(self.case)

    def node(self, number: int, inputs: list[str]) -> dict[str, Any]:
        """The node that calls this on tensors."""
        node = {
            "id": number, "kind": self.entry.kind, "keras": self.entry.keras,
            "config": self.config, "call": self.call, "inputs": inputs,
        }  # fmt: skip
        if self.oracle != "tensorflow":
            node["oracle"] = self.oracle
        if self.max_rel > EXACT:
            node["max_rel"] = self.max_rel
        return node


def draw_case(rng: random.Random, *, masks: bool = False, layers: bool = False) -> Drawn:
    """Any case of any entry, at times with arguments of its other cases.

    With `masks`, of an entry that makes masks of its own or heeds them; with `layers`, of a layer.
    """
    kind = "layer" if layers else rng.choices(list(KINDS), list(KINDS.values()))[0]
    entry = rng.choice(_by_kind(kind, masks))
    case = rng.choice(entry.cases)
    config, stated = dict(case.config), [case]
    known = list(_values(entry))
    if known and rng.random() < 0.4:
        name, value, other = rng.choice(known)
        config[name] = value
        stated.append(other or case)
    if entry.kind == "layer":
        for name in ("activation", "recurrent_activation"):
            if entry.argument(name) and rng.random() < 0.3:
                config[name], states = _activation(rng)
                stated.append(states)
        if rng.random() < 0.06:
            config["trainable"] = False
    oracle = "torch" if any(one.oracle == "torch" for one in stated) else "tensorflow"
    return Drawn(entry, case, encode(config), encode(case.call or {}), oracle, max(one.max_rel for one in stated))


@cache
def _by_kind(kind: str, masks: bool) -> list[Entry]:
    found = [entry for entry in entries() if entry.kind == kind and entry.cases and not entry.no_counterpart]
    return [entry for entry in found if entry.mask == "own"] or found if masks else found


def _values(entry: Entry) -> Iterator[tuple[str, Any, Case | None]]:
    """Arguments at values that the entry knows: those of its cases, defaults, and flags turned."""
    names = {argument.keras for argument in entry.arguments if not argument.inert and argument.torch != "input"}
    for case in entry.cases:
        yield from ((name, value, case) for name, value in case.config.items() if name in names)
    for argument in entry.arguments:
        if argument.keras in names and isinstance(argument.default, bool):
            yield argument.keras, not argument.default, None
        elif argument.keras in names and argument.default is not REQUIRED:
            yield argument.keras, argument.default, None


@cache
def _alone() -> list[Entry]:
    """Activations that can be called by their name, without an argument."""
    return [entry for entry in activations() if all(one.default is not REQUIRED for one in entry.arguments)]


def _activation(rng: random.Random) -> tuple[Any, Case]:
    """An activation as configurations write it (a name, a serialised function, a serialised layer), and its case."""
    if rng.random() < 0.8:
        entry = rng.choice(_alone())
        written: Any = entry.name
        if rng.random() < 0.25:
            written = {
                "module": "builtins", "class_name": "function", "config": entry.name, "registered_name": "function",
            }  # fmt: skip
        return written, entry.cases[0]
    layer = rng.choice([entry for entry in _by_kind("layer", False) if ".activation" in entry.emit.__module__])
    case = rng.choice(layer.cases)
    return {
        "module": "keras.layers", "class_name": layer.name, "config": encode(case.config), "registered_name": None,
    }, case  # fmt: skip
