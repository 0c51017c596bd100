"""The inputs that somebody gives for a Keras model, as it takes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from equivalence.errors import Refused
from equivalence.verification.ported import Ported


def arrays_for(ported: Ported, inputs: Any) -> list[np.ndarray]:
    """The inputs as a list of arrays in the model's order, of the kinds of numbers that it takes.

    `inputs`: one array, several, or a mapping by the names of the inputs, in Keras's layout. Raises Refused where
    they are not those of the model, or hold numbers with which nothing can be compared.
    """
    specs = [spec for _, _, spec in ported.draft.classes[-1].inputs]
    if isinstance(inputs, Mapping):
        missing = [spec.name for spec in specs if spec.name not in inputs]
        if missing or len(inputs) != len(specs):
            names, given = ", ".join(spec.name for spec in specs), ", ".join(map(str, inputs))
            raise Refused(f"inputs: the model takes {names}, and was given {given}")
        inputs = [inputs[spec.name] for spec in specs]
    elif not isinstance(inputs, (list, tuple)):
        inputs = [inputs]
    if len(inputs) != len(specs):
        raise Refused(f"inputs: the model takes {len(specs)}, and was given {len(inputs)}")
    return [_taken(spec, value) for spec, value in zip(specs, inputs, strict=True)]


def _taken(spec: Any, value: Any) -> np.ndarray:
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise Refused(f"inputs: {spec.name!r} is no array: {error}") from error
    wanted = spec.shape
    if len(wanted) != array.ndim or any(n not in (None, m) for n, m in zip(wanted[1:], array.shape[1:], strict=True)):
        shown = tuple("N" if axis == 0 else size for axis, size in enumerate(wanted))
        raise Refused(f"inputs: {spec.name!r} has shape {shown} in Keras's layout, and was given {array.shape}")
    if not array.size:
        raise Refused(f"inputs: {spec.name!r} is empty, with shape {array.shape}")
    if spec.dtype == "string":
        return array
    if array.dtype.kind not in "biuf":
        raise Refused(f"inputs: {spec.name!r} takes {spec.dtype}, and was given {array.dtype}")
    if not np.isfinite(array).all():
        raise Refused(f"inputs: {spec.name!r} holds NaN or infinite numbers, with which nothing can be compared")
    if spec.dtype.startswith(("int", "uint")):
        if not np.array_equal(array, np.rint(array)):
            raise Refused(f"inputs: {spec.name!r} takes {spec.dtype}, and was given numbers that are not whole")
        return array.astype(spec.dtype)
    return array.astype(bool if spec.dtype == "bool" else np.float64)
