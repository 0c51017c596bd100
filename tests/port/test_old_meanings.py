"""A file whose meaning Keras itself has changed is ported as it was meant, and not called different for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

from equivalence import port


def gated() -> Any:
    inputs = keras.Input((3,))
    return keras.Model(inputs, keras.layers.Dense(4, activation="hard_sigmoid", name="gate")(inputs))


def test_hard_sigmoid_of_keras_2(saved: Callable[..., Path], tmp_path: Path) -> None:
    path = tmp_path / "gated.h5"
    path.write_bytes(saved(gated, ".h5").read_bytes())
    with h5py.File(path, "a") as file:
        file.attrs["keras_version"] = "2.2.4"
    ported = port(path)
    assert ported.report.verified is None
    assert "hard_sigmoid" in ported.report.because
    x = np.linspace(-4, 4, 15, dtype=np.float32).reshape(5, 3)
    state = {name: tensor.numpy() for name, tensor in ported.module.state_dict().items()}
    line = x @ state["gate.weight"].T + state["gate.bias"]
    assert np.allclose(ported.predict(x), np.clip(0.2 * line + 0.5, 0, 1), atol=1e-6)
