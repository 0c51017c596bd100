"""Run the model of a case: outputs, gradients, and the weights that a training call leaves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from equivalence.keras_side.kept_states import is_stateful, reset_states
from equivalence.keras_side.keras_gradients import gradients
from equivalence.keras_side.rebuild import float_dtype, load_at, set_weights
from equivalence.keras_side.recording import pack

MODES = ("inference", "training")


def run_case(
    path: str,
    inputs: str,
    dtype: str,
    seed: int,
    out_path: str,
    weights_dir: str | None = None,
    modes: Sequence[str] = MODES,
) -> dict[str, Any]:
    """Run a saved model on the arrays of an .npz (`arr_0`, ...), first in inference, then in training mode.

    A stateful one is called once before, from zeros, in each mode.

    `out_path` becomes an .npz with `cotangent/k`, and for each mode `<mode>/output/k`, `<mode>/mask/k` where
    there is one, `<mode>/input_gradient/i` for float inputs, `<mode>/weight_gradient/j`; `weight/j` and
    `weight_after/j` are the weights before and after the training call. Gradients are those of
    sum(output * cotangent), the cotangents drawn from `seed`. With `weights_dir`, the same weight gradients
    and the weights afterwards are also saved as models there, `<mode>.gradients.keras` and `after.keras`,
    to be read like the model itself; weights that are not trained have gradient NaN. Returns `outputs`
    (how many) and `weights` (path, trainable).
    """
    with float_dtype(dtype):
        model = load_at(path, dtype)
        with np.load(inputs, allow_pickle=False) as given:
            arrays = [_cast(given[name], dtype) for name in given.files]
        weights = list(model.weights)
        results: dict[str, Any] = {f"weight/{index}": _numpy(weight) for index, weight in enumerate(weights)}
        draw = cotangents(seed, results)
        for mode in modes:
            keras.utils.set_random_seed(seed)
            count = _run(model, arrays, mode, draw, results)
        after = [_numpy(weight) for weight in weights]
    results.update({f"weight_after/{index}": array for index, array in enumerate(after)})
    np.savez(out_path, **results)
    if weights_dir is not None and weights:
        _save_weights(model, results, modes, Path(weights_dir))
    return {
        "outputs": count,
        "weights": [{"path": weight.path, "trainable": bool(weight.trainable)} for weight in weights],
    }


def _run(model: Any, arrays: list[Any], mode: str, draw: Callable[[int, Any], Any], results: dict[str, Any]) -> int:
    trainable = [(index, weight) for index, weight in enumerate(model.weights) if weight.trainable]

    reset_states(model)
    if is_stateful(model):  # what it has kept shows in its second call
        model(pack(model, [keras.ops.convert_to_tensor(array) for array in arrays]), training=mode == "training")

    def compute(tensors: list[Any]) -> list[Any]:
        outputs = model(pack(model, tensors), training=mode == "training")
        return list(keras.tree.flatten(outputs))

    variables = [weight for _, weight in trainable]
    outputs, by_input, by_weight = gradients(compute, arrays, variables, draw)
    for index, output in enumerate(outputs):
        results[f"{mode}/output/{index}"] = keras.ops.convert_to_numpy(output)
        mask = getattr(output, "_keras_mask", None)
        if mask is not None:
            results[f"{mode}/mask/{index}"] = keras.ops.convert_to_numpy(mask)
    for index, gradient in enumerate(by_input):
        if gradient is not None:
            results[f"{mode}/input_gradient/{index}"] = gradient
    for (index, _), gradient in zip(trainable, by_weight, strict=True):
        results[f"{mode}/weight_gradient/{index}"] = gradient
    return len(outputs)


def cotangents(seed: int, results: dict[str, Any]) -> Callable[[int, Any], Any]:
    """Arrays to weigh outputs with: float32 values from the seed, kept in `results`, cast as the output."""

    def draw(index: int, output: Any) -> Any:
        # not [seed, index]: NumPy pads seeds with zeros, and these would be the numbers drawn from the seed alone
        random = np.random.default_rng([seed, 2, index])
        array = random.standard_normal(tuple(output.shape)).astype(np.float32)
        results[f"cotangent/{index}"] = array
        return array.astype(keras.backend.standardize_dtype(output.dtype))

    return draw


def _save_weights(model: Any, results: dict[str, Any], modes: Sequence[str], folder: Path) -> None:
    after = [results[f"weight_after/{index}"] for index in range(len(model.weights))]
    for mode in modes:
        found = [results.get(f"{mode}/weight_gradient/{index}") for index in range(len(after))]
        pairs = zip(found, after, strict=True)
        set_weights(model, [np.full_like(array, np.nan) if one is None else one for one, array in pairs])
        model.save(folder / f"{mode}.gradients.keras")
    set_weights(model, after)
    model.save(folder / "after.keras")


def _cast(array: Any, dtype: str) -> Any:
    return array.astype(dtype) if array.dtype.kind == "f" else array


def _numpy(weight: Any) -> Any:
    return np.array(keras.ops.convert_to_numpy(weight))
