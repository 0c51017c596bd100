"""An emitted metric, updated batch by batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from equivalence.torch_side.written_object import Make


def run(make: Make, trial: Mapping[str, Any], arrays: Mapping[str, np.ndarray], dtype: str) -> dict[str, np.ndarray]:
    """`result/b`: what it says after batch b; `again`: after a reset and the first batch once more.

    `arrays` holds `given/i/b`, and `weight/b` and `mask/b` where there are some.
    """
    with _floats(dtype):
        metric = make()
        batches = sum(name.startswith("given/0/") for name in arrays)
        results = {}
        for batch in range(batches):
            _update(metric, arrays, batch)
            results[f"result/{batch}"] = _said(metric, dtype)
        metric.reset()
        _update(metric, arrays, 0)
        return results | {"again": _said(metric, dtype)}


@contextmanager
def _floats(dtype: str) -> Iterator[None]:
    """What torch makes of Python's floats meanwhile, as Keras's floatx."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(getattr(torch, dtype))
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def _update(metric: Any, arrays: Mapping[str, np.ndarray], batch: int) -> None:
    count = sum(name.startswith("given/") and name.endswith("/0") for name in arrays)
    given = [torch.from_numpy(arrays[f"given/{index}/{batch}"]) for index in range(count)]
    named = {"sample_weight": "weight", "mask": "mask"}
    beside = {
        name: torch.from_numpy(arrays[f"{held}/{batch}"]) for name, held in named.items() if f"{held}/{batch}" in arrays
    }
    metric.update(*given, **beside)


def _said(metric: Any, dtype: str) -> np.ndarray:
    return np.asarray(metric.compute(), dtype=dtype)
