"""An emitted function of the step, as LambdaLR calls it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from equivalence.torch_side.written_object import Make


def run(make: Make, trial: Mapping[str, Any], arrays: Mapping[str, np.ndarray], dtype: str) -> dict[str, np.ndarray]:
    """`rate`: one for each of `step`."""
    rate = make()
    return {"rate": np.array([rate(int(step)) for step in arrays["step"]])}
