"""What a file says of the tensors between its layers: shapes and dtypes, which Keras 3 writes where one is used."""

from __future__ import annotations

from typing import Any

from equivalence.translation.graph import Ref, Spec
from equivalence.translation.structure import leaves


def declared_tensors(nodes: Any) -> dict[Ref, Spec]:
    """The tensors that calls are made with, as far as they are well described; what is not is left out."""
    found: dict[Ref, Spec] = {}
    for item in leaves(nodes, whole=_is_tensor):
        if not _is_tensor(item):
            continue
        config = item["config"]
        history, shape, dtype = (config.get(key) for key in ("keras_history", "shape", "dtype"))
        if _is_history(history) and _is_shape(shape) and isinstance(dtype, str):
            found[Ref(*history)] = Spec(history[0], tuple(shape), dtype)
    return found


def _is_tensor(item: Any) -> bool:
    return (
        isinstance(item, dict) and item.get("class_name") == "__keras_tensor__" and isinstance(item.get("config"), dict)
    )


def _is_history(item: Any) -> bool:
    return (
        isinstance(item, list)
        and len(item) == 3
        and isinstance(item[0], str)
        and all(isinstance(number, int) for number in item[1:])
    )


def _is_shape(item: Any) -> bool:
    return isinstance(item, list) and bool(item) and all(size is None or isinstance(size, int) for size in item)
