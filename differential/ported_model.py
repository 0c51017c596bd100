"""A port run forward and backward in float64, on arrays in Keras's layout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from equivalence.proofs.truth import stored_arrays
from equivalence.torch_side.loading import build, constants_of, fill, state_at
from equivalence.torch_side.torch_gradients import run_with_gradients
from equivalence.translation.call_site import Value
from equivalence.translation.structure import leaves_of, packed
from equivalence.verification.keras_layout import from_keras_array, to_keras_array
from equivalence.verification.ported import Ported
from equivalence.weights.rearranging import to_torch


@dataclass(frozen=True, slots=True)
class PortRun:
    """What a run gave: outputs in their structure; gradients of weights by torch parameter, as torch holds them."""

    outputs: Any
    by_input: list[np.ndarray | None]
    by_parameter: dict[str, np.ndarray]


class PortedModel:
    """The source of a port with its weights, made anew for float64."""

    def __init__(self, ported: Ported) -> None:
        self._draft, self._graph = ported.draft, ported.graph
        module = build(ported.source, ported.draft.classes[-1].name, floats="float64")
        self._module = fill(module, state_at(ported.module, "float64"), constants_of(ported.draft))

    def run(self, inputs: Sequence[np.ndarray], cotangents: Sequence[np.ndarray] = ()) -> PortRun:
        """Without cotangents (one for each flattened output), nothing is differentiated."""
        model = self._draft.classes[-1]
        orders = [value.order for _, value, _ in model.inputs]
        made = [value.order for value in leaves_of(Value, model.outputs)]
        found = run_with_gradients(
            self._module,
            [from_keras_array(array, order) for array, order in zip(inputs, orders, strict=True)],
            [from_keras_array(array, order) for array, order in zip(cotangents, made, strict=bool(cotangents))],
        )
        outputs = [to_keras_array(array, order) for array, order in zip(found.outputs, made, strict=True)]
        by_input = [
            None if array is None else to_keras_array(array, order)
            for array, order in zip(found.by_input, orders, strict=True)
        ]
        return PortRun(packed(model.outputs, outputs), by_input, found.by_parameter)

    def in_torch(self, weights: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
        """Gradients of the file's weights, in the file's order, as those of torch parameters; NaN are left out."""
        paths = [array.path for array in stored_arrays(self._graph)]
        by_path = dict(zip(paths, weights, strict=True))
        found = {
            placed.parameter: to_torch(placed.rule, by_path[placed.stored.path], **placed.sizes)
            for placed in self._draft.placements
            if placed.stored is not None
        }
        return {name: array for name, array in found.items() if not np.isnan(array).all()}
