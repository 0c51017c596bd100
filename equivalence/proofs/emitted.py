"""A case as emitted PyTorch, run on arrays in Keras's layout."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from equivalence.emit.emitter import emit
from equivalence.emit.file_text import render_file
from equivalence.porting import filled_module
from equivalence.proofs.shown import EXACT, PORT, shown_text
from equivalence.proofs.truth import Results
from equivalence.schema import RANDOM, Case, Difference, Entry
from equivalence.torch_side.oracle import TorchOracle
from equivalence.torch_side.torch_gradients import run_with_gradients, seeded
from equivalence.translation.call_site import Value
from equivalence.translation.graph import ModelFile
from equivalence.translation.order import axes
from equivalence.translation.python_text import class_name
from equivalence.translation.structure import leaves_of
from equivalence.verification.arrays_back import arrays_back
from equivalence.verification.keras_layout import to_keras_array
from equivalence.weights.rearranging import to_torch


@dataclass(slots=True)
class After:
    """A run in Keras's layout, and the state it left."""

    results: Results  # `by_weight` by torch parameter
    state: dict[str, np.ndarray]


class Emitted:
    """The emitted module of a case: the entry's own form, its naive one, or the exact one for training."""

    def __init__(
        self, entry: Entry, model: ModelFile, *, naive: Difference | None = None, exact_training: bool = False
    ) -> None:
        options: dict[str, Any] = {"naive": (entry, naive) if naive else None, "exact_training": exact_training}
        self.draft = emit(model, TorchOracle(), class_name(f"{entry.name}_example"), **options)
        self.source = render_file(self.draft)
        self.module = filled_module(model, self.draft, self.source)
        self.wide = filled_module(model, self.draft, self.source, floats="float64")

    @property
    def shown(self) -> str:
        """What the entry wrote: helpers and classes, without the file around them."""
        return shown_text(self.draft)

    def run(
        self,
        inputs: Sequence[np.ndarray],
        cotangents: Sequence[np.ndarray] = (),
        *,
        training: bool = False,
        dtype: str = "float64",
    ) -> After:
        """Run on arrays in Keras's layout; everything comes back in it, but weights as torch holds them."""
        model = self.draft.classes[-1]
        orders = [value.order for _, value, _ in model.inputs]
        results = [value.order for value in leaves_of(Value, model.outputs)]
        found = run_with_gradients(
            self.wide if dtype == "float64" else self.module,
            [np.transpose(x, axes(order, x.ndim)) for x, order in zip(inputs, orders, strict=True)],
            [np.transpose(c, axes(order, c.ndim)) for c, order in zip(cotangents, results, strict=bool(cotangents))],
            training=training,
            dtype=dtype,
        )
        outputs = [to_keras_array(array, order) for array, order in zip(found.outputs, results, strict=True)]
        by_input = [
            None if array is None else to_keras_array(array, order)
            for array, order in zip(found.by_input, orders, strict=True)
        ]
        return After(Results(outputs, by_input, found.by_parameter), found.state)

    def draws(self, inputs: Sequence[np.ndarray], runs: int, seed: int) -> list[np.ndarray]:
        """The outputs of `runs` calls in training mode, in float32, in Keras's layout: the calls along a first axis."""
        with seeded(seed):
            found = [self.run(inputs, training=True, dtype="float32").results.outputs for _ in range(runs)]
        return [np.stack(arrays) for arrays in zip(*found, strict=True)]

    def in_torch(self, weights: dict[str, np.ndarray], names: set[str]) -> dict[str, np.ndarray]:
        """Arrays by their path in the Keras file, as torch parameters hold them: those among `names`.

        Left out are those of NaN: the gradients of what Keras does not train.
        """
        found = {
            placed.parameter: to_torch(placed.rule, weights[placed.stored.path], **placed.sizes)
            for placed in self.draft.placements
            if placed.stored is not None and placed.parameter in names
        }
        return {name: array for name, array in found.items() if not np.isnan(array).all()}

    def round_trip(self) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """Every Keras array got back from the module's parameters, and as the file has it, by path."""
        state = {name: tensor.detach().numpy() for name, tensor in self.module.state_dict().items()}
        stored = {placed.stored.path: placed.stored for placed in self.draft.placements if placed.stored is not None}
        back = arrays_back(self.draft, state)
        original = {path: array.read() for path, array in stored.items()}
        return back, original

    def with_magnitudes(self) -> Emitted:
        """The same module, in float64, with |W| for its weights: on |x|, a linear one gives |W| |x|."""
        other = copy.copy(self)
        other.wide = copy.deepcopy(self.wide)
        for tensor in other.wide.state_dict().values():
            tensor.abs_()
        return other


def emitted_forms(entry: Entry, case: Case, model: ModelFile) -> dict[str, Emitted]:
    """Every form of a case: PORT; EXACT where torch's own layer differs in training; the naive forms that the
    case shows, by their difference's id."""
    forms = {PORT: Emitted(entry, model)}
    if (case.training or entry.training) not in ("same", *RANDOM):
        forms[EXACT] = Emitted(entry, model, exact_training=True)
    shown = [difference for difference in entry.differences if difference.case == case.id]
    return forms | {difference.id: Emitted(entry, model, naive=difference) for difference in shown}
