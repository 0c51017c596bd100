"""A Keras metric, updated batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np


def run(make: Callable[[], Any], trial: Mapping[str, Any], arrays: Mapping[str, Any], dtype: str) -> dict[str, Any]:
    """`result/b`: what it says after batch b; `again`: after a reset and the first batch once more.

    `arrays` holds `given/i/b`, and `weight/b` and `mask/b` where there are some.
    """
    metric = make()
    batches = sum(name.startswith("given/0/") for name in arrays)
    results = {}
    for batch in range(batches):
        _update(metric, trial, arrays, batch)
        results[f"result/{batch}"] = _said(metric, dtype)
    metric.reset_state()
    _update(metric, trial, arrays, 0)
    return results | {"again": _said(metric, dtype)}


def _update(metric: Any, trial: Mapping[str, Any], arrays: Mapping[str, Any], batch: int) -> None:
    count = sum(name.startswith("given/") and name.endswith("/0") for name in arrays)
    given = [keras.ops.convert_to_tensor(arrays[f"given/{index}/{batch}"]) for index in range(count)]
    if f"mask/{batch}" in arrays:
        given[trial["mask"]]._keras_mask = keras.ops.convert_to_tensor(arrays[f"mask/{batch}"])
    metric.update_state(*given, sample_weight=arrays.get(f"weight/{batch}"))


def _said(metric: Any, dtype: str) -> Any:
    return np.array(keras.ops.convert_to_numpy(metric.result()), dtype=dtype)
