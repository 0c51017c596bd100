"""Cases: outputs, gradients and weights after training, held against formulas in NumPy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from equivalence.keras_side import KerasProcess
from equivalence.verification.compare import compare
from tests.keras_side.arrays import draw

Run = Callable[..., dict[str, Any]]


def same(actual: Any, expected: Any, max_rel: float = 1e-12) -> None:
    assert compare(actual, expected, max_rel=max_rel).message == ""


def test_dense_and_its_gradients(run_case: Run) -> None:
    x = draw(4, 3)
    found = run_case({"keras": "keras.layers.Dense", "config": {"units": 5}}, x)
    kernel, bias = found["weight/0"], found["weight/1"]
    weigh = found["cotangent/0"].astype(np.float64)
    for mode in ("inference", "training"):
        same(found[f"{mode}/output/0"], x.astype(np.float64) @ kernel + bias)
        same(found[f"{mode}/input_gradient/0"], weigh @ kernel.T)
        same(found[f"{mode}/weight_gradient/0"], x.astype(np.float64).T @ weigh)
        same(found[f"{mode}/weight_gradient/1"], weigh.sum(0))
    same(found["weight_after/0"], kernel, 0)


def test_weights_are_random_everywhere(run_case: Run) -> None:
    found = run_case({"keras": "keras.layers.BatchNormalization"}, draw(4, 3))
    for index in range(4):
        assert len(np.unique(found[f"weight/{index}"])) == 3
    assert found["weight/3"].min() > 0


def test_batch_normalization_in_training_mode(run_case: Run) -> None:
    x = draw(6, 5, 3)
    config = {"momentum": 0.75, "epsilon": 2.0**-8}
    found = run_case({"keras": "keras.layers.BatchNormalization", "config": config}, x)
    gamma, beta, mean, variance = (found[f"weight/{index}"] for index in range(4))
    wide = x.astype(np.float64)
    now_mean, now_variance = wide.mean((0, 1)), wide.var((0, 1))
    same(found["inference/output/0"], (wide - mean) / np.sqrt(variance + 2.0**-8) * gamma + beta)
    same(found["training/output/0"], (wide - now_mean) / np.sqrt(now_variance + 2.0**-8) * gamma + beta)
    same(found["weight_after/2"], 0.75 * mean + 0.25 * now_mean)
    same(found["weight_after/3"], 0.75 * variance + 0.25 * now_variance)
    assert "inference/weight_gradient/2" not in found


def test_gradients_and_later_weights_are_also_files(run_case: Run, tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    config = {"scale": False, "momentum": 0.5}
    found = run_case({"keras": "keras.layers.BatchNormalization", "config": config}, draw(6, 3))
    after = keras.saving.load_model(tmp_path / "after.keras").get_weights()
    same(after, [found[f"weight_after/{index}"] for index in range(3)], 0)
    gradients = keras.saving.load_model(tmp_path / "training.gradients.keras").get_weights()
    same(gradients[0], found["training/weight_gradient/0"], 0)
    assert np.isnan(gradients[1:]).all()  # moving statistics are not trained


def test_float32_runs_on_the_same_values(run_case: Run) -> None:
    case, x = {"keras": "keras.layers.Dense", "config": {"units": 5}}, draw(4, 3)
    single, double = run_case(case, x, dtype="float32"), run_case(case, x)
    same(single["weight/0"].astype(np.float64), double["weight/0"], 0)
    assert single["inference/output/0"].dtype == np.float32
    same(single["inference/output/0"], double["inference/output/0"], 1e-6)


INPUT = draw(4, 5, 3)
OTHER = draw(4, 5, 3, seed=1)
CALLS: dict[str, tuple[dict[str, Any], list[Any], Any]] = {
    "a-list-of-inputs": ({"keras": "keras.layers.Subtract"}, [INPUT, OTHER], INPUT - OTHER),
    "operation-of-two": (
        {"keras": "keras.ops.subtract", "kind": "operation"},
        [INPUT, OTHER],
        INPUT - OTHER,
    ),
    "operation-of-a-list": (
        {"keras": "keras.ops.concatenate", "kind": "operation", "config": {"axis": 1}},
        [INPUT, OTHER],
        np.concatenate([INPUT, OTHER], 1),
    ),
    "operation-with-keywords": (
        {"keras": "keras.ops.max", "kind": "operation", "config": {"axis": 1}},
        [INPUT],
        INPUT.max(1),
    ),
    "slice": (
        {
            "keras": "operator.getitem",
            "kind": "operation",
            "call": {"$args": [{"$input": 0}, {"$tuple": [{"$ellipsis": True}, {"$slice": [1, None, None]}]}]},
        },
        [INPUT],
        INPUT[..., 1:],
    ),
}


@pytest.mark.parametrize(("case", "arrays", "expected"), CALLS.values(), ids=CALLS.keys())
def test_inputs_go_where_they_belong(run_case: Run, case: Any, arrays: list[Any], expected: Any) -> None:
    same(run_case(case, *arrays)["inference/output/0"], expected.astype(np.float64), 1e-7)


def test_call_arguments_may_be_inputs(run_case: Run) -> None:
    x, state = draw(4, 5, 3), draw(4, 2, seed=1)
    case = {"keras": "keras.layers.SimpleRNN", "config": {"units": 2}}
    case["call"] = {"initial_state": [{"$input": 1}]}
    found = run_case(case, x, state)
    kernel, recurrent, bias = (found[f"weight/{index}"] for index in range(3))
    hidden = state.astype(np.float64)
    for step in range(5):
        hidden = np.tanh(x[:, step].astype(np.float64) @ kernel + hidden @ recurrent + bias)
    same(found["inference/output/0"], hidden)


def test_a_wrapped_layer_is_stated_by_its_class_name(run_case: Run) -> None:
    inner = {"class_name": "Dense", "config": {"units": 2}}
    x = draw(4, 5, 3)
    found = run_case({"keras": "keras.layers.TimeDistributed", "config": {"layer": inner}}, x)
    same(found["inference/output/0"], x.astype(np.float64) @ found["weight/0"] + found["weight/1"])


def test_masks_come_with_outputs(run_case: Run) -> None:
    ids = np.array([[3, 0, 1], [0, 2, 2]], np.int32)
    config = {"input_dim": 4, "output_dim": 5, "mask_zero": True}
    found = run_case({"keras": "keras.layers.Embedding", "config": config}, ids)
    same(found["inference/mask/0"], ids != 0)
    assert "inference/input_gradient/0" not in found
    gradient = np.zeros((4, 5))
    np.add.at(gradient, ids, found["cotangent/0"].astype(np.float64))
    same(found["inference/weight_gradient/0"], gradient)


def run_function(process: KerasProcess, folder: Path, case: dict[str, Any], *arrays: Any) -> dict[str, Any]:
    np.savez(folder / "inputs.npz", *arrays)
    params = {"inputs": folder / "inputs.npz", "dtype": "float64", "out_path": folder / "out.npz"}
    process.call("run_function", case={"seed": 1, "config": {}, **case}, **params)
    with np.load(folder / "out.npz") as results:
        return dict(results)


def test_activation(keras_process: KerasProcess, tmp_path: Path) -> None:
    case = {"keras": "keras.activations.leaky_relu", "kind": "activation", "config": {"negative_slope": 0.25}}
    found = run_function(keras_process, tmp_path, case, INPUT)
    slope = np.where(INPUT > 0, 1.0, 0.25)
    same(found["inference/output/0"], INPUT * slope)
    same(found["inference/input_gradient/0"], found["cotangent/0"] * slope)


def test_loss_is_of_y_true_then_y_pred(keras_process: KerasProcess, tmp_path: Path) -> None:
    case = {"keras": "keras.losses.MeanSquaredError", "kind": "loss", "config": {"reduction": "sum"}}
    true, predicted = INPUT[:, 0], OTHER[:, 0]
    found = run_function(keras_process, tmp_path, case, true, predicted)
    gap = predicted.astype(np.float64) - true
    same(found["inference/output/0"], np.array((gap**2).mean(-1).sum()))
    same(found["inference/input_gradient/1"], found["cotangent/0"] * 2 * gap / 3)


def test_optimizer_step_by_step(keras_process: KerasProcess, tmp_path: Path) -> None:
    starts, gradients = [draw(3), draw(2, 4)], [draw(5, 3, seed=1), draw(5, 2, 4, seed=2)]
    arrays = {f"start/{index}": array for index, array in enumerate(starts)}
    arrays |= {f"gradient/{index}": array for index, array in enumerate(gradients)}
    np.savez(tmp_path / "inputs.npz", **arrays)
    config = {"learning_rate": 0.1, "momentum": 0.9}
    case = {"keras": "keras.optimizers.SGD", "kind": "optimizer", "config": config}
    params = {"inputs": tmp_path / "inputs.npz", "dtype": "float64", "out_path": tmp_path / "out.npz"}
    assert keras_process.call("run_trial", case=case, **params) == {"arrays": ["variable/0", "variable/1"]}
    with np.load(tmp_path / "out.npz") as found:
        for index, (start, gradient) in enumerate(zip(starts, gradients, strict=True)):
            value, velocity, seen = start.astype(np.float64), np.zeros(start.shape), []
            for step in gradient.astype(np.float64):
                velocity = 0.9 * velocity - 0.1 * step
                value = value + velocity
                seen.append(value)
            same(found[f"variable/{index}"], np.stack(seen), 1e-7)
