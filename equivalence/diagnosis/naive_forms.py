"""The mistaken translations that entries know, computed for the layers of a model on the inputs that Keras gives them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from equivalence.diagnosis.reference import Reference
from equivalence.emit.draft import FileDraft
from equivalence.emit.emitter import emit
from equivalence.emit.file_text import render_file
from equivalence.errors import Refused
from equivalence.schema import Difference, Entry
from equivalence.torch_side.fixed_random import fixed_random
from equivalence.torch_side.loading import build, constants_of, fill, run
from equivalence.torch_side.oracle import TorchOracle
from equivalence.torch_side.torch_arrays import read
from equivalence.translation.graph import ModelFile
from equivalence.translation.order import axes
from equivalence.verification.arrays_back import arrays_back
from equivalence.verification.keras_layout import from_keras_array, to_keras_array
from equivalence.verification.watching import draft_orders, module_paths
from equivalence.weights.rearranging import to_torch

#: What a layer's output is by: path, node and index.
Key = tuple[str, int, int]


class NaiveForms:
    """Outputs of naive forms, each made once for all layers of its entry."""

    def __init__(self, reference: Reference) -> None:
        self.reference = reference
        self.known: dict[tuple[str, str], dict[Key, np.ndarray]] = {}
        self.arrays: dict[str, np.ndarray] | None = None
        self.truth: dict[Key, np.ndarray] = {
            (mark.path, mark.node, mark.index): to_keras_array(read(reference.value(mark)), mark.order)
            for mark in reference.landmarks
        }

    def outputs(self, entry: Entry, key: Key) -> Iterator[tuple[Difference, np.ndarray]]:
        """Each difference of the entry with what its naive form makes of a layer, in Keras's layout."""
        for difference in entry.differences:
            if difference.seen_in != "forward":
                continue
            name = (entry.keras, difference.id)
            if name not in self.known:
                try:
                    self.known[name] = self._made(entry, difference)
                except (Refused, ValueError, RuntimeError, KeyError, IndexError, TypeError):
                    self.known[name] = {}  # this model has nothing in it that the form exchanges
            if key in self.known[name]:
                yield difference, self.known[name][key]

    def _made(self, entry: Entry, difference: Difference) -> dict[Key, np.ndarray]:
        ported = self.reference.ported
        model = ModelFile(ported.draft.source, ported.format, ported.keras_version, ported.graph, lambda: None)
        draft = emit(model, TorchOracle(), "Naive", naive=(entry, difference))
        return self._run(draft)

    def _run(self, draft: FileDraft) -> dict[Key, np.ndarray]:
        """The draft run with every layer on the inputs that Keras gives it: what each makes of them."""
        found: dict[Key, np.ndarray] = {}
        orders, paths = draft_orders(draft), dict[int, tuple[str, ...]]()

        def tap(module: Any, forward: str, layer: str, node: int, index: int, value: Any) -> Any:
            key = ("/".join((*paths[id(module)], layer)), node, index)
            order = orders[type(module).__name__, forward, layer, node, index]
            found[key] = to_keras_array(read(value), order)
            true = self.truth.get(key)
            if true is None or true.shape != found[key].shape:
                return value
            return value.new_tensor(np.ascontiguousarray(from_keras_array(true, order)))

        name = draft.classes[-1].name
        module = build(render_file(draft, taps=True), name, tap, floats="float64")
        fill(module, self._state(draft), constants_of(draft))
        paths |= dict(module_paths(module, draft.classes[-1], {part.name: part for part in draft.classes}))
        held = draft.classes[-1].inputs
        given = [
            np.transpose(x, axes(value.order, value.rank))
            for x, (_, value, _) in zip(self.reference.inputs, held, strict=True)
        ]
        with fixed_random():
            run(module, given, "float64")
        return found

    def _state(self, draft: FileDraft) -> dict[str, np.ndarray]:
        if self.arrays is None:
            ported = self.reference.ported
            state = {name: read(tensor) for name, tensor in ported.module.state_dict().items()}
            self.arrays = arrays_back(ported.draft, state)
        made = {}
        for placed in draft.placements:
            if placed.stored is None:
                made[placed.parameter] = np.full(placed.shape, placed.rule.otherwise, np.float64)
            else:
                array = to_torch(placed.rule, self.arrays[placed.stored.path], **placed.sizes)
                made[placed.parameter] = array.astype(np.float64) if array.dtype.kind == "f" else array
        for name, table in draft.tables.items():
            made[name] = np.array(list(table.values), table.dtype)
        return made
