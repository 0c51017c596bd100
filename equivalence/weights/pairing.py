"""Which torch tensors each weight of a Keras model is, by layer name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from equivalence.errors import Refused
from equivalence.schema import Weight
from equivalence.translation.python_text import identifier

if TYPE_CHECKING:
    from equivalence.keras_side.keras_arrays import WeightedLayer


@dataclass(frozen=True, slots=True)
class Pair:
    """One Keras variable and the torch tensors that hold its values."""

    layer: str
    variable: Any  # keras.Variable
    rows: list[tuple[Weight, str]]  # rules, each with the name of its tensor

    @property
    def where(self) -> str:
        return f"layer {self.layer!r}, weight {self.rows[0][0].keras!r} of shape {tuple(self.variable.shape)}"


@dataclass(frozen=True, slots=True)
class Fixed:
    """A torch tensor that Keras has no weight for: it must hold one constant (a BatchNorm without scale)."""

    layer: str
    tensor: str
    value: float


def pair(layers: Iterable[WeightedLayer], tensors: Mapping[str, Any]) -> tuple[list[Pair], list[Fixed]]:
    """The pairs of all weights of both sides.

    Raises Refused where a weight or a tensor has no counterpart, or more than one: names layer, weight
    and shape.
    """
    names = _Names(tensors)
    pairs: list[Pair] = []
    fixed: list[Fixed] = []
    for layer in layers:
        made: dict[int, Pair] = {}
        for weight, variable in layer.rows:
            name = names.claim(layer, weight)
            if name is None:
                raise Refused(
                    f"layer {layer.name!r}: its weight {weight.keras!r} of shape {tuple(variable.shape)} has no "
                    f"counterpart: the torch module has no {names.path(layer, weight)!r}"
                )
            made.setdefault(id(variable), Pair(layer.name, variable, [])).rows.append((weight, name))
        pairs += made.values()
        for weight in layer.absent:
            name = names.claim(layer, weight)
            if name is not None and weight.otherwise is not None:
                fixed.append(Fixed(layer.name, name, weight.otherwise))
    for name in tensors:
        if name not in names.owners:
            shape = tuple(tensors[name].shape)
            raise Refused(f"torch's {name!r} of shape {shape} has no counterpart in the Keras model")
    return pairs, fixed


class _Names:
    """Names of tensors, found by layer path with dots and underscores as the same, each claimed once."""

    def __init__(self, names: Iterable[str]) -> None:
        self.folded: dict[str, list[str]] = defaultdict(list)
        for name in names:
            self.folded[name.replace(".", "_")].append(name)
        self.owners: dict[str, str] = {}  # tensor -> layer

    def path(self, layer: WeightedLayer, weight: Weight) -> str:
        """Where the weight lies in a module that is nested as the Keras model is."""
        parts = (*(identifier(part, ()) for part in layer.path), weight.torch)
        return ".".join(part for part in parts if part)

    def claim(self, layer: WeightedLayer, weight: Weight) -> str | None:
        """The tensor that is this weight, if there is one."""
        exact = self.path(layer, weight)
        found = self.folded.get(exact.replace(".", "_"), [])
        if not found:
            return None
        if len(found) > 1 and exact not in found:
            raise Refused(f"layer {layer.name!r}: {exact!r} may be any of torch's {', '.join(found)}")
        name = exact if exact in found else found[0]
        if self.owners.setdefault(name, layer.name) != layer.name:
            raise Refused(f"layers {self.owners[name]!r} and {layer.name!r} both mean torch's {name!r}")
        return name
