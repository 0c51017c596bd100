"""The arrays of a Keras file, got back from what a port's module holds."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from equivalence.emit.draft import FileDraft, Placement
from equivalence.weights.rearranging import to_keras


def arrays_back(draft: FileDraft, state: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Every array of the file by its path, from the parameters and buffers of the port by their names."""
    groups: dict[str, list[Placement]] = {}
    for placed in draft.placements:
        if placed.stored is not None:
            groups.setdefault(placed.stored.path, []).append(placed)
    back = {}
    for path, group in groups.items():
        stored = group[0].stored
        assert stored is not None
        held = {placed.rule.torch: state[placed.parameter] for placed in group}
        sizes = {name: size for placed in group for name, size in placed.sizes.items()}
        back[path] = to_keras([placed.rule for placed in group], held, stored.shape, **sizes)
    return back
