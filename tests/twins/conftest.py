"""Everything of this folder is computed in float64."""

from __future__ import annotations

from collections.abc import Iterator

import keras
import pytest


@pytest.fixture(scope="module", autouse=True)
def float64() -> Iterator[None]:
    """Both settings: the policy is made of floatx when it is first asked for, and kept."""
    before = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_floatx(before[0])
    keras.config.set_dtype_policy(before[1])
