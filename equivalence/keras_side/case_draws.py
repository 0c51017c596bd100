"""Run the model of a case again and again in training mode: what a layer that is random draws."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from equivalence.keras_side.rebuild import load_at
from equivalence.keras_side.recording import pack


def run_repeatedly(path: str, inputs: str, seed: int, runs: int, out_path: str) -> dict[str, Any]:
    """Run a saved model `runs` times in training mode, in float32, on the arrays of an .npz (`arr_0`, ...).

    `out_path` becomes an .npz with `output/k`, one array for every output, the runs along its first axis. The
    layers' own generators go on from their seeds; what draws from Python or NumPy starts from `seed`.
    Returns `outputs` (how many).
    """
    model = load_at(path, "float32")
    keras.utils.set_random_seed(seed)
    with np.load(inputs, allow_pickle=False) as given:
        tensors = [keras.ops.convert_to_tensor(given[name]) for name in given.files]
    python = _python_generators()
    drawn = [_run(model, tensors)]
    # what Python draws while a function is compiled would be drawn once and for all
    call = _compiled(model) if _python_generators() == python else model
    drawn += [_run(call, tensors, model) for _ in range(runs - 1)]
    results: dict[str, Any] = {
        f"output/{index}": np.stack(arrays) for index, arrays in enumerate(zip(*drawn, strict=True))
    }
    np.savez(out_path, **results)
    return {"outputs": len(results)}


def _run(call: Any, tensors: list[Any], model: Any = None) -> list[np.ndarray]:
    outputs = call(pack(model or call, list(tensors)), training=True)
    return [np.array(keras.ops.convert_to_numpy(output)) for output in keras.tree.flatten(outputs)]


def _python_generators() -> tuple[Any, ...]:
    """What Python and NumPy draw from next."""
    return random.getstate(), *map(str, np.random.get_state())


def _compiled(model: Any) -> Callable[..., Any]:
    """The model as a graph where Keras runs on TensorFlow: the same draws of the layers' own generators, sooner."""
    if keras.backend.backend() != "tensorflow":
        return model
    import tensorflow as tf

    return tf.function(model)
