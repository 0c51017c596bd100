"""Layers of Keras 2 that Keras 3 has no more: files as Keras 2 wrote them, against what their own sources compute."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from equivalence import port
from equivalence.errors import Refused

STEPS, INPUTS, UNITS = 5, 3, 4
RANDOM = np.random.default_rng(0)
_UNSET = {
    f"{part}_{what}": None
    for part in ("kernel", "recurrent", "bias")
    for what in ("initializer", "regularizer", "constraint")
}
#: What `get_config` of CuDNNGRU gives (keras/layers/cudnn_recurrent.py of 2.2.4); CuDNNLSTM has one key more.
CUDNN = {
    "name": "rnn", "trainable": True, "return_sequences": True, "return_state": False, "go_backwards": False,
    "stateful": False, "units": UNITS, "activity_regularizer": None, **_UNSET,
}  # fmt: skip
GATES = {"CuDNNLSTM": 4, "CuDNNGRU": 3}
#: The sum of two biases is rounded to float32.
ROUNDED = 1e-6
Arrays = list[np.ndarray]


def written(path: Path, parts: Sequence[Mapping[str, Any]], arrays: Sequence[np.ndarray], shape: Sequence[int]) -> Path:
    """A Sequential file of Keras 2.2.4, whose first layer has the arrays."""
    layers = [{**part, "config": dict(part["config"])} for part in parts]
    layers[0]["config"]["batch_input_shape"] = [None, *shape]
    names = [layer["config"]["name"] for layer in layers]
    with h5py.File(path, "w") as file:
        file.attrs.update(keras_version="2.2.4", backend="tensorflow")
        config = {"name": "old", "layers": layers}
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": config})
        weights = file.create_group("model_weights")
        weights.attrs.update(keras_version="2.2.4", backend="tensorflow")
        weights.attrs["layer_names"] = np.array([name.encode() for name in names])
        for name in names:
            own = arrays if name == names[0] else []
            called = [f"{name}_{i // 3}/{('kernel', 'recurrent_kernel', 'bias')[i % 3]}:0" for i in range(len(own))]
            group = weights.create_group(name)
            group.attrs["weight_names"] = np.array([each.encode() for each in called], "S")
            for each, array in zip(called, own, strict=True):
                group[each] = array
    return path


def drawn(gates: int) -> Arrays:
    shapes = ((INPUTS, gates * UNITS), (UNITS, gates * UNITS), (2 * gates * UNITS,))
    return [RANDOM.normal(size=shape).astype(np.float32) for shape in shapes]


def rnn(name: str, **settings: Any) -> dict[str, Any]:
    own = {"unit_forget_bias": True} if name == "CuDNNLSTM" else {}
    return {"class_name": name, "config": {**CUDNN, **own, **settings}}


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def by_cudnn(name: str, arrays: Arrays, x: np.ndarray) -> np.ndarray:
    """All outputs, as cuDNN's manual has them, of matrices that are what the layer hands it: its kernels, flattened."""
    kernel, recurrent, bias = (array.astype(np.float64) for array in arrays)
    gates = GATES[name]
    of_inputs = [part.reshape(-1).reshape(UNITS, INPUTS) for part in np.split(kernel, gates, axis=1)]
    of_state = [part.reshape(-1).reshape(UNITS, UNITS) for part in np.split(recurrent, gates, axis=1)]
    b = bias.reshape(2, gates, UNITS)
    h = c = np.zeros((len(x), UNITS))
    outputs = []
    for step in x.swapaxes(0, 1).astype(np.float64):
        given = [step @ w.T + b[0, k] for k, w in enumerate(of_inputs)]
        kept = [h @ r.T + b[1, k] for k, r in enumerate(of_state)]
        if gates == 4:
            i, f, g, o = (a + k for a, k in zip(given, kept, strict=True))
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
        else:
            update, reset = sigmoid(given[0] + kept[0]), sigmoid(given[1] + kept[1])
            h = (1 - update) * np.tanh(given[2] + reset * kept[2]) + update * h
        outputs.append(h)
    return np.stack(outputs, 1)


def numbers(path: Path, x: np.ndarray) -> np.ndarray:
    """Of the port in float64, with the weights that it has in float32."""
    module = port(path, verify=False)
    module.module.double()
    return np.asarray(module.predict(x.astype(np.float64)))


@pytest.mark.parametrize("backwards", [False, True], ids=["forwards", "backwards"])
@pytest.mark.parametrize("name", GATES)
def test_layers_of_cudnn(name: str, backwards: bool, tmp_path: Path) -> None:
    arrays, x = drawn(GATES[name]), RANDOM.normal(size=(2, STEPS, INPUTS))
    path = written(tmp_path / "old.h5", [rnn(name, go_backwards=backwards)], arrays, (STEPS, INPUTS))
    expected = by_cudnn(name, arrays, x[:, ::-1] if backwards else x)
    assert np.abs(numbers(path, x) - expected).max() <= ROUNDED


@pytest.mark.parametrize("name", GATES)
def test_layers_of_cudnn_in_both_directions(name: str, tmp_path: Path) -> None:
    there, back, x = drawn(GATES[name]), drawn(GATES[name]), RANDOM.normal(size=(2, STEPS, INPUTS))
    both = {
        "class_name": "Bidirectional",
        "config": {"name": "both", "trainable": True, "merge_mode": "concat", "layer": rnn(name)},
    }
    path = written(tmp_path / "old.h5", [both], [*there, *back], (STEPS, INPUTS))
    expected = [by_cudnn(name, there, x), by_cudnn(name, back, x[:, ::-1])[:, ::-1]]
    assert np.abs(numbers(path, x) - np.concatenate(expected, -1)).max() <= ROUNDED


@pytest.mark.parametrize("theta", [1.0, 0.25, 0.0])
def test_thresholded_relu(theta: float, tmp_path: Path) -> None:
    part = {"class_name": "ThresholdedReLU", "config": {"name": "cut", "trainable": True, "theta": theta}}
    x = np.array([[-2.0, 0.0, 0.25, 0.5, 1.0, 1.5]])
    path = written(tmp_path / "old.h5", [part], [], (6,))
    assert np.array_equal(numbers(path, x), x * (x > theta))


def test_that_it_was_not_compared_is_said(tmp_path: Path) -> None:
    path = written(tmp_path / "old.h5", [rnn("CuDNNGRU")], drawn(3), (STEPS, INPUTS))
    report = port(path).report
    assert report.verified is None and "CuDNNGRU" in report.because


@pytest.mark.parametrize(
    "part",
    [
        rnn("CuDNNLSTM", peepholes=True),
        {"class_name": "ThresholdedReLU", "config": {"name": "cut", "trainable": True, "theta": 1.0, "slope": 2.0}},
        {"class_name": "ThresholdedReLU", "config": {"name": "cut", "trainable": True}},
        {**rnn("CuDNNGRU"), "registered_name": "mine>CuDNNGRU"},
    ],
    ids=["one-key-more", "another-key", "one-key-less", "registered"],
)
def test_a_class_of_somebody_else_is_not_taken_for_it(part: dict[str, Any], tmp_path: Path) -> None:
    path = written(tmp_path / "old.h5", [part], [], (STEPS, INPUTS))
    with pytest.raises(Refused, match=f"no entry translates its class '{part['class_name']}'"):
        port(path, verify=False)
