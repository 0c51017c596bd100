"""Every call of a model is recorded, with the numbers that Keras itself gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from equivalence.keras_side import KerasProcess, is_keras_model, save
from equivalence.verification.compare import compare
from tests.keras_side.arrays import draw

keras = pytest.importorskip("keras")
layers = keras.layers


def run(process: KerasProcess, folder: Path, path: Path, *inputs: Any, dtype: str = "float32") -> Any:
    """The calls by (path, call), and the outputs, as arrays."""
    np.savez(folder / "inputs.npz", *inputs)
    out = folder / dtype
    out.mkdir(exist_ok=True)
    answer = process.call("run_model", path=path, inputs=folder / "inputs.npz", dtype=dtype, out_dir=out)
    calls = {("/".join(call["path"]), call["call"]): np.load(out / call["file"]) for call in answer["calls"]}
    return calls, keras.tree.map_structure(lambda name: np.load(out / name), answer["outputs"]), answer["calls"]


def randomised(model: Any) -> Any:
    random = np.random.default_rng(5)
    model.set_weights([random.uniform(0.25, 1.0, weight.shape) for weight in model.get_weights()])
    return model


def with_everything() -> Any:
    """A shared layer, a nested model used twice, operation nodes, two inputs, outputs in a dictionary."""
    keras.backend.clear_session()  # operation nodes are numbered from the first again
    block = keras.Sequential(
        [keras.Input((5,)), layers.Dense(4, name="inside"), layers.BatchNormalization(name="norm")], name="block"
    )
    shared = layers.Dense(5, activation="tanh", name="shared")
    one, two = keras.Input((3,), name="one"), keras.Input((3,), name="two")
    first, second = block(shared(two)), block(shared(one))
    total = keras.ops.mean(first * 2.0 - second, axis=1, keepdims=True)
    return randomised(keras.Model([one, two], {"total": total, "raw": [first, second]}, name="all"))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_all_calls_are_recorded(keras_process: KerasProcess, tmp_path: Path, dtype: str) -> None:
    model = with_everything()
    x, y = draw(7, 3), draw(7, 3, seed=1)
    path = save(model, tmp_path / "model.keras")
    calls, outputs, index = run(keras_process, tmp_path, path, x, y, dtype=dtype)
    names = sorted({name for name, _ in calls})
    assert names == ["block/inside", "block/norm", "mean", "multiply", "shared", "subtract"]
    assert {call["dtype"] for call in index} == {dtype}
    # nodes are numbered as the configuration does: the layer was called on `two` first
    of_node = {call["node"]: calls["shared", call["call"]] for call in index if call["path"] == ["shared"]}
    kernel, bias = model.get_layer("shared").get_weights()
    wide = [array.astype(np.float64) for array in (x, y, kernel, bias)]
    expected = {1: np.tanh(wide[0] @ wide[2] + wide[3]), 0: np.tanh(wide[1] @ wide[2] + wide[3])}
    bound = 1e-13 if dtype == "float64" else 1e-6
    assert compare(of_node, expected, max_rel=bound).message == ""
    result = model.predict_on_batch([x, y])
    assert compare(outputs, result, max_rel=1e-6).message == ""
    assert compare(outputs["total"], calls["mean", 0], max_rel=0).equal


def test_legacy_h5_files_run(keras_process: KerasProcess, tmp_path: Path) -> None:
    model = randomised(keras.Sequential([keras.Input((6, 5, 2)), layers.Conv2D(3, 2), layers.BatchNormalization()]))
    model.save(tmp_path / "model.h5")
    x = draw(2, 6, 5, 2)
    calls, output, _ = run(keras_process, tmp_path, tmp_path / "model.h5", x, dtype="float64")
    assert [array.dtype for array in calls.values()] == [np.float64, np.float64]
    assert compare(output, model.predict_on_batch(x), max_rel=1e-6).message == ""


def test_masks_and_integer_inputs_pass_untouched(keras_process: KerasProcess, tmp_path: Path) -> None:
    tokens = keras.Input((6,), dtype="int32")
    x = layers.Embedding(11, 4, mask_zero=True)(tokens)
    model = randomised(keras.Model(tokens, layers.LSTM(3)(x)))
    ids = np.array([[3, 1, 0, 0, 0, 0], [5, 0, 7, 2, 0, 9]], np.int32)
    path = save(model, tmp_path / "model.keras")
    _, output, _ = run(keras_process, tmp_path, path, ids)
    assert compare(output, model.predict_on_batch(ids), max_rel=1e-5).message == ""


def test_normalization_keeps_its_statistics(keras_process: KerasProcess, tmp_path: Path) -> None:
    layer = layers.Normalization()
    layer.adapt(draw(50, 3) * 2 + 1)
    model = keras.Sequential([keras.Input((3,)), layer])
    path = save(model, tmp_path / "model.keras")
    x = draw(4, 3, seed=2)
    _, output, _ = run(keras_process, tmp_path, path, x, dtype="float64")
    assert compare(output, model.predict_on_batch(x), max_rel=1e-6).message == ""


def test_code_in_a_file_is_not_run(keras_process: KerasProcess, tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((3,)), layers.Lambda(lambda x: x)])
    path = save(model, tmp_path / "model.keras")
    with pytest.raises(Exception, match="Lambda"):
        run(keras_process, tmp_path, path, draw(2, 3))


def test_a_model_is_known_without_importing_keras() -> None:
    assert is_keras_model(with_everything())
    assert not is_keras_model(layers.Dense(2))
    assert not is_keras_model("model.keras")


def test_calibration_makes_the_statistics_those_of_the_inputs(keras_process: KerasProcess, tmp_path: Path) -> None:
    model = keras.Sequential(
        [
            keras.Input((6, 5, 2)),
            layers.Conv2D(3, 2),
            layers.BatchNormalization(name="first", epsilon=2.0**-20),
            layers.Conv2D(4, 2, activation="relu"),
            layers.BatchNormalization(name="second", epsilon=2.0**-20),
        ]
    )
    path, x = save(model, tmp_path / "model.keras"), draw(8, 6, 5, 2)
    np.savez(tmp_path / "inputs.npz", x)
    calibrated = tmp_path / "calibrated.keras"
    params = {"path": path, "inputs": tmp_path / "inputs.npz", "out_path": calibrated, "seed": 1}
    assert keras_process.call("calibrate", **params) == {"calibrated": 2}
    calls, _, _ = run(keras_process, tmp_path, calibrated, x, dtype="float64")
    loaded = keras.saving.load_model(calibrated)
    for name in ("first", "second"):
        gamma, beta = loaded.get_layer(name).get_weights()[:2]
        assert np.abs(beta).min() > 0 and np.abs(gamma - 1).min() > 0
        values = calls[name, 0]
        assert compare(values.mean((0, 1, 2)), beta.astype(np.float64), max_rel=1e-4).message == ""
        assert compare(values.std((0, 1, 2)), gamma.astype(np.float64), max_rel=1e-3).message == ""
