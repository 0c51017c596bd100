"""Small models held to Keras layer by layer: for what a single layer cannot show."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from equivalence import Ported, port
from equivalence.keras_side import KerasProcess
from equivalence.verification.against_keras import compare_with


@pytest.fixture(scope="session")
def keras_process() -> Iterator[KerasProcess]:
    with KerasProcess("tensorflow", threads=1) as process:
        yield process


@pytest.fixture(scope="session")
def keras_on_torch() -> Iterator[KerasProcess]:
    """What takes no constant through float32."""
    with KerasProcess("torch", threads=1) as process:
        yield process


@pytest.fixture
def ported(keras_process: KerasProcess, tmp_path: Path) -> Callable[..., Ported]:
    """Ports a functional model with random weights; every layer of it is equal to Keras's in float64."""

    def check(inputs: Any, outputs: Any, process: KerasProcess = keras_process) -> Ported:
        import keras

        model = keras.Model(inputs, outputs, name="small")
        random = np.random.default_rng(5)
        for weight in model.weights:
            weight.assign(random.normal(0.0, 0.5, weight.shape))
        path = tmp_path / "small.keras"
        model.save(path)
        made = port(path, verify=False)
        compare_with(process, made, path, lambda what: None)
        assert made.report.verified, made.report.because
        assert made.report.float64 is not None and made.report.float64["max_rel"] < 1e-12
        return made

    return check
