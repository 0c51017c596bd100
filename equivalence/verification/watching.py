"""Every layer of a port, watched while it runs and held against what Keras wrote for the same call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from equivalence.emit.draft import ClassDraft, FileDraft
from equivalence.emit.instances import Tap, instances
from equivalence.translation.order import Order
from equivalence.verification.compare import compare, json_number
from equivalence.verification.keras_layout import from_keras_array, to_keras_array
from equivalence.verification.ported import Ported

#: What counts as equal in float64 at every layer of a network, relative to the layer's largest output.
NETWORK = 1e-9


class Watcher:
    """Compares each tapped tensor with Keras's file of the same call, as it comes, and keeps no tensor.

    What a model inside TimeDistributed gives of all steps at once is held against the calls that Keras makes of it.
    With `handing_on` every layer gets what Keras gave, to the last bit: none is apart for its inputs' sake. `moving`
    makes of each layer's output what the layers behind it get.
    """

    def __init__(
        self,
        ported: Ported,
        calls: list[dict[str, Any]],
        folder: Path,
        *,
        handing_on: bool = False,
        moving: Callable[[np.ndarray], np.ndarray] | None = None,
        max_rel: float = NETWORK,
    ) -> None:
        self.folder = folder
        self.max_rel = max_rel
        self.handing_on = handing_on
        self.moving = moving
        self.instances: Instances = {}  # by id() of a module
        self.rows: list[dict[str, Any]] = []
        self.seen: Counter[Any] = Counter()
        self.files: dict[Any, list[str]] = {}
        for call in calls:
            key = (tuple(call["path"]), call["node"], call["tensor"])
            self.files.setdefault(key, []).append(call["file"])
        self.orders = draft_orders(ported.draft)

    def tap(self, module: Any, forward: str, layer: str, node: int, index: int, value: Any) -> Any:
        order = self.orders[type(module).__name__, forward, layer, node, index]
        path, node, index = in_keras(self.instances, module, (forward, layer, node, index))
        key = (path, node, index)
        row: dict[str, Any] = {"path": "/".join(path), "node": node, "tensor": index}
        found = to_keras_array(value.detach().numpy(), order)
        expected = self._expected(key, found)
        if expected is None:
            self.rows.append({**row, "equal": False, "message": f"Keras made no such call of {'/'.join(path)}"})
            return value
        result = compare(found, expected, max_rel=self.max_rel, name="/".join(path))
        row |= {
            "equal": result.equal,
            "max_abs": json_number(result.max_abs),
            "max_rel": json_number(result.max_rel),
        }
        self.rows.append(row if result.equal else {**row, "message": result.message})
        if self.handing_on and found.shape == expected.shape:
            return value.new_tensor(np.ascontiguousarray(from_keras_array(expected, order)))
        return value.new_tensor(self.moving(value.detach().numpy())) if self.moving else value

    def _expected(self, key: Any, found: np.ndarray) -> np.ndarray | None:
        """What Keras wrote for the next call; for as many calls, one a step, as make up a batch of this size.

        A nested model that is called twice need not be called in Keras's order: of the calls that are left, the one
        that agrees, if one does.
        """
        size = len(found) if found.ndim else 1
        done = self.seen[key]
        files = self.files.get(key, [])[done:]
        if not files:
            return None
        first = np.load(self.folder / files[0])
        together = size // len(first) if first.ndim and len(first) and not size % len(first) else 1
        steps = together if 1 < together <= len(files) else 1
        calls = [files[start : start + steps] for start in range(0, len(files), steps)]
        made = ((call, self._stacked(call, size)) for call in calls)
        agreeing = (one for one in made if compare(found, one[1], max_rel=self.max_rel).equal)
        call, expected = next(agreeing, (calls[0], self._stacked(calls[0], size)))
        left = [file for other in calls if other is not call for file in other]
        self.files[key][done:] = [*call, *left]
        self.seen[key] += len(call)
        return expected

    def _stacked(self, files: list[str], size: int) -> np.ndarray:
        """What several calls made, one of each step, as a batch of all steps of every sample."""
        arrays = [np.load(self.folder / file) for file in files]
        if len(arrays) == 1 or any(array.shape != arrays[0].shape for array in arrays):
            return arrays[0]
        return np.stack(arrays, axis=1).reshape(size, *arrays[0].shape[1:])

    @property
    def unobserved(self) -> list[str]:
        """Layers that Keras called and the port wrote nothing for: they pass on what they get, or go unused."""
        return sorted({"/".join(path) for path, node, index in self.files if not self.seen[path, node, index]})


#: By id() of the model and of each nested model: its path in Keras, and what its taps are called there.
Instances = Mapping[int, tuple[tuple[str, ...], Mapping[Tap, Tap]]]


def draft_orders(draft: FileDraft) -> dict[tuple[str, str, str, int, int], Order]:
    """The order in which each tapped value lies: by its class, forward, layer, node and index."""
    return {
        (part.name, forward.name, *tap): value.order
        for part in draft.classes
        for forward in part.forwards
        for value in forward.values
        for tap in value.taps
    }


def watched(module: Any, root: ClassDraft) -> Instances:
    """By id() of the model and of each nested model: its path in Keras, and what its taps are called there."""
    return {
        id(module.get_submodule(instance.name[:-1])): (instance.path, instance.taps) for instance in instances(root)
    }


def in_keras(found: Instances, module: Any, tap: Tap) -> tuple[tuple[str, ...], int, int]:
    """Path, node and index of a tap in Keras."""
    path, names = found[id(module)]
    _, layer, node, index = names.get(tap, tap)
    return (*path, layer), node, index
