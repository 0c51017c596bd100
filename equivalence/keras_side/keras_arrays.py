"""The weights of a live Keras model by layer, and by the names that their entries give them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from equivalence.catalogue import find
from equivalence.errors import Refused
from equivalence.schema import Weight
from equivalence.translation.graph import ClassName


@dataclass(frozen=True, slots=True)
class WeightedLayer:
    """A layer of a live model that has weights."""

    path: tuple[str, ...]  # names of the models it is nested in, then its own
    rows: tuple[tuple[Weight, Any], ...]  # the rules of its entry that apply, each with its keras.Variable
    absent: tuple[Weight, ...]  # rules of torch parameters that are constants here (scale=False)

    @property
    def name(self) -> str:
        return ".".join(self.path)


def weighted_layers(model: Any) -> list[WeightedLayer]:
    """The layers of a live `keras.Model` that have weights, each once, in the model's order.

    Raises Refused where the model has no weights yet because it was never built, where a layer has
    weights that no entry describes, and where a weight belongs to no layer.
    """
    if not model.built:
        raise Refused(f"model {model.name!r} is not built: call it once, then it has its weights")
    layers = [describe(path, layer) for path, layer in leaves(model) if layer.weights]
    known = {id(variable) for layer in layers for _, variable in layer.rows}
    for variable in model.weights:
        if id(variable) not in known:
            raise Refused(f"model {model.name!r}: its weight {variable.path!r} is of no layer that an entry describes")
    return layers


def read(variable: Any) -> np.ndarray:
    """The values of a `keras.Variable`, in its own dtype."""
    return keras.ops.convert_to_numpy(variable.value)


def write(variable: Any, array: np.ndarray) -> None:
    """Assign an array of the variable's own shape and dtype."""
    variable.assign(array)


def leaves(model: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """All layers with their paths, nested models opened, each layer at the first place it is met."""
    seen: set[int] = set()

    def within(container: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
        for layer in container.layers:
            if id(layer) in seen:
                continue
            seen.add(id(layer))
            if isinstance(layer, keras.Model):
                yield from within(layer, (*path, layer.name))
            else:
                yield (*path, layer.name), layer

    return within(model, ())


def describe(path: tuple[str, ...], layer: Any) -> WeightedLayer:
    """A layer that has weights, by its entry. Raises Refused where there is none, or it does not describe a weight."""
    saved = keras.saving.serialize_keras_object(layer)
    cls = ClassName(saved["module"] or "", saved["class_name"], saved["registered_name"] or "")
    entry = find(cls)
    where = f"layer {'.'.join(path)!r}"
    if entry is None:
        raise Refused(f"{where} has weights, and no entry describes its class {cls.registered or cls.name}")
    if entry.inner:
        raise Refused(
            f"{where}: {entry.name} keeps its weights in layers of its own, which transfer does not know by name in "
            "torch: port the model instead"
        )
    config = saved["config"]
    applying = [rule for rule in entry.weights if rule.keras and (not rule.when or entry.holds(rule.when, config))]
    rows = tuple((rule, _variable(where, layer, rule)) for rule in applying)
    known = {id(variable) for _, variable in rows}
    for variable in layer.weights:
        if id(variable) not in known:
            raise Refused(f"{where}: the entry of {entry.name} does not describe its weight {variable.name!r}")
    absent = tuple(rule for rule in entry.weights if rule not in applying and rule.otherwise is not None)
    return WeightedLayer(path, rows, absent)


def _variable(where: str, layer: Any, weight: Weight) -> Any:
    """The variable of a weight: in a file it lies under `at`, which are names of attributes here."""
    for at in weight.at:
        found = _named(_attribute(layer, at.split("/") if at else ()), weight.keras)
        if found is not None:
            return found
    raise Refused(f"{where} has no weight {weight.keras!r}")


def _attribute(layer: Any, names: Sequence[str]) -> Any:
    for name in names:
        layer = getattr(layer, name, None)
    return layer


def _named(layer: Any, name: str) -> Any:
    return next((variable for variable in getattr(layer, "weights", ()) if variable.name == name), None)
