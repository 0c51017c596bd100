"""One child process with Keras per backend, for all tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from equivalence.keras_side import KerasProcess


@pytest.fixture(scope="session", params=["tensorflow", "torch"])
def keras_process(request: pytest.FixtureRequest) -> Iterator[KerasProcess]:
    """On both backends: what runs here runs twice."""
    with KerasProcess(request.param, threads=1) as process:
        yield process


@pytest.fixture
def run_case(keras_process: KerasProcess, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Make a case's model, run it on arrays in float64, and return all its results by name."""

    def run(case: dict[str, Any], *arrays: Any, dtype: str = "float64") -> dict[str, Any]:
        inputs = [{"shape": array.shape[1:], "dtype": str(array.dtype)} for array in arrays]
        case = {"kind": "layer", "config": {}, "call": {}, "seed": 3, "inputs": inputs, **case}
        np.savez(tmp_path / "inputs.npz", *arrays)
        keras_process.call("make_case", case=case, out_path=tmp_path / "case.keras")
        keras_process.call(
            "run_case",
            path=tmp_path / "case.keras",
            inputs=tmp_path / "inputs.npz",
            dtype=dtype,
            seed=3,
            out_path=tmp_path / "results.npz",
            weights_dir=tmp_path,
        )
        with np.load(tmp_path / "results.npz") as results:
            return dict(results)

    return run
