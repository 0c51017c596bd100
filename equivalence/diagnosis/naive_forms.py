"""The mistaken translations that entries know, computed for a model's layers on the inputs that Keras gives them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from equivalence.diagnosis.emitted_again import Again, emitted_again
from equivalence.diagnosis.reference import Reference
from equivalence.errors import Refused
from equivalence.schema import Difference, Entry
from equivalence.torch_side.fixed_random import fixed_random
from equivalence.torch_side.loading import run
from equivalence.torch_side.torch_arrays import read
from equivalence.verification.keras_layout import from_keras_array, to_keras_array
from equivalence.verification.watching import draft_orders

#: What a layer's output is by: path, node and index.
Key = tuple[str, int, int]


class NaiveForms:
    """Outputs of naive forms, each made once for all layers of its entry."""

    def __init__(self, reference: Reference) -> None:
        self.reference = reference
        self.known: dict[tuple[str, str], dict[Key, np.ndarray]] = {}
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
        """Every layer on the inputs that Keras gives it: what each makes of them."""
        found: dict[Key, np.ndarray] = {}
        made: list[Again] = []

        def tap(module: Any, forward: str, layer: str, node: int, index: int, value: Any) -> Any:
            key = ("/".join((*made[0].paths[id(module)], layer)), node, index)
            order = orders[type(module).__name__, forward, layer, node, index]
            found[key] = to_keras_array(read(value), order)
            true = self.truth.get(key)
            if true is None or true.shape != found[key].shape:
                return value
            return value.new_tensor(np.ascontiguousarray(from_keras_array(true, order)))

        again = emitted_again(self.reference, tap, naive=(entry, difference))
        orders = draft_orders(again.draft)
        made.append(again)
        with fixed_random():
            run(again.module, again.inputs, "float64")
        return found
