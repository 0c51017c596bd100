"""A Keras schedule, asked for its rate at given steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np


def run(make: Callable[[], Any], trial: Mapping[str, Any], arrays: Mapping[str, Any], dtype: str) -> dict[str, Any]:
    """`rate`: one for each of `step`."""
    schedule = at(make(), dtype)
    return {"rate": np.array([float(keras.ops.convert_to_numpy(schedule(int(step)))) for step in arrays["step"]])}


def at(schedule: Any, dtype: str) -> Any:
    """The schedule, computing in a dtype: that of its first rate, which is float32 where it is a number of Python's."""
    if hasattr(schedule, "initial_learning_rate"):
        schedule.initial_learning_rate = np.dtype(dtype).type(schedule.initial_learning_rate)
    return schedule
