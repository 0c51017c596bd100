"""The arrays of a model file in the place, form and dtype that the emitted module has them in."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from equivalence.emit.draft import FileDraft, Placement
from equivalence.errors import Refused
from equivalence.weights.rearranging import to_torch, view_for_torch


def placed_array(source: str, placement: Placement, *, contiguous: bool = True) -> np.ndarray:
    """The numbers of one parameter, in the dtype that the file has them in; read now, `contiguous` or a view of that.

    `source` is what messages call the file. Raises Refused where the array does not fit.
    """
    rule, stored = placement.rule, placement.stored
    if stored is None:
        assert rule.otherwise is not None
        return np.full(placement.shape, rule.otherwise, np.float32)
    try:
        made = (to_torch if contiguous else view_for_torch)(rule, stored.read(), **placement.sizes)
    except ValueError as error:
        raise Refused(f"{source}: layer {placement.layer!r:.120}: weight {rule.keras}: {error}.") from error
    if made.shape != placement.shape:
        raise Refused(
            f"{source}: layer {placement.layer!r:.120}: its weight {rule.keras} of shape {stored.shape} becomes "
            f"{made.shape}, where {rule.torch or 'the parameter'} has {placement.shape}."
        )
    return made


def table_arrays(draft: FileDraft) -> Iterator[tuple[str, np.ndarray]]:
    """The buffers whose numbers no array of the file holds, by qualified name."""
    for name, table in draft.tables.items():
        dtype = draft.floats if table.dtype.startswith("float") else table.dtype
        array = np.array(list(table.values), dtype)
        yield name, array if table.shape is None else array.reshape(table.shape)


def dtype_in_port(placement: Placement, floats: str) -> str:
    """The NumPy name of the dtype that a parameter has in a port whose floats are `floats`."""
    stored = placement.stored
    if stored is None or stored.dtype == "bfloat16" or np.dtype(stored.dtype).kind == "f":
        return floats
    return np.dtype(stored.dtype).name
