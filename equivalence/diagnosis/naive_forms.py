"""The mistaken translations that entries know, computed for a model's layers on the inputs that Keras gives them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from equivalence.diagnosis.emitted_again import Again, emitted_again
from equivalence.diagnosis.one_call import one_call
from equivalence.diagnosis.reference import Landmark, Reference
from equivalence.errors import Refused
from equivalence.schema import Difference, Entry
from equivalence.torch_side.fixed_random import fixed_random
from equivalence.torch_side.loading import run
from equivalence.torch_side.torch_arrays import read
from equivalence.translation.graph import ModelFile
from equivalence.verification.keras_layout import from_keras_array, in_keras_order, to_keras_array
from equivalence.verification.watching import draft_orders, in_keras

#: What a layer's output is by: path, node and index.
Key = tuple[str, int, int]


#: How a naive form ends that the layer, or its model, has nothing for.
_UNSUITED = (Refused, ValueError, RuntimeError, KeyError, IndexError, TypeError)
#: Models with more layers than this are not written anew as a whole.
_WHOLE = 60


def _is_plain(made: np.ndarray, plain: np.ndarray | None) -> bool:
    """Whether a naive form of a call by itself gives what the right one does: then it shows nothing there."""
    return plain is not None and plain.shape == made.shape and np.allclose(plain, made, rtol=1e-10, atol=0.0)


class NaiveForms:
    """Outputs of naive forms, each made once for all layers of its entry."""

    def __init__(self, reference: Reference) -> None:
        self.reference = reference
        self.known: dict[tuple[str, str], dict[Key, np.ndarray]] = {}
        self.truth: dict[Key, np.ndarray] = {
            (mark.path, mark.node, mark.index): to_keras_array(read(reference.value(mark)), mark.order)
            for mark in reference.landmarks
        }

    def outputs(self, entry: Entry, mark: Landmark) -> Iterator[tuple[Difference, np.ndarray]]:
        """Each difference of the entry with what its naive form makes of a layer, in Keras's layout.

        The layer is run by itself; where its mask matters, which comes from the layers before it, in its model.
        """
        alone = one_call(self.reference, mark)
        plain = self._alone(None, alone) if alone is not None else None
        for difference in entry.differences:
            if difference.seen_in != "forward":
                continue
            made = self._alone((entry, difference), alone) if alone is not None else None
            if made is not None and not _is_plain(made, plain):
                yield difference, made
            name = (entry.keras, difference.id)
            if name not in self.known and len(self.reference.landmarks) <= _WHOLE:
                self.known[name] = self._tried(entry, difference)
            key = (mark.path, mark.node, mark.index)
            if key in self.known.get(name, {}):
                yield difference, self.known[name][key]

    def _alone(
        self, naive: tuple[Entry, Difference] | None, part: tuple[ModelFile, list[np.ndarray]]
    ) -> np.ndarray | None:
        try:
            again = emitted_again(self.reference, None, part, naive=naive)
            with fixed_random():
                made = in_keras_order(again.draft.classes[-1].outputs, run(again.module, again.inputs, "float64"))
            return made if isinstance(made, np.ndarray) else None
        except _UNSUITED:
            return None

    def _tried(self, entry: Entry, difference: Difference) -> dict[Key, np.ndarray]:
        try:
            return self._made(entry, difference)
        except _UNSUITED:
            return {}

    def _made(self, entry: Entry, difference: Difference) -> dict[Key, np.ndarray]:
        """Every layer on the inputs that Keras gives it: what each makes of them."""
        found: dict[Key, np.ndarray] = {}
        made: list[Again] = []

        def tap(module: Any, forward: str, layer: str, node: int, index: int, value: Any) -> Any:
            order = orders[type(module).__name__, forward, layer, node, index]
            path, *place = in_keras(made[0].instances, module, (forward, layer, node, index))
            key = ("/".join(path), place[0], place[1])
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
