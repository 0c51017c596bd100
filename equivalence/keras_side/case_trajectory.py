"""Train a weight that Keras penalises or brings back: what a regularizer or a constraint does in `fit`."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from equivalence.keras_side.rebuild import float_dtype
from equivalence.keras_side.symbols import build


class _Weighing(keras.layers.Layer):
    """Its input times a weight."""

    def __init__(self, start: Any, asked: dict[str, Any], **settings: Any) -> None:
        super().__init__(**settings)
        self.weight = self.add_weight(shape=start.shape, initializer="zeros", name="weight", **asked)
        self.weight.assign(start)

    def call(self, x: Any) -> Any:
        return x * self.weight


def run_trajectory(
    case: dict[str, Any], inputs: str, dtype: str, learning_rate: float, out_path: str
) -> dict[str, Any]:
    """Train on the batches of an .npz, with the regularizer or constraint of a case on what its trial names.

    `inputs` holds `start`, the weight, and `x` and `y`, a batch for each step along the first axis; floats are cast to
    `dtype`. The loss is the mean squared error of x times the weight. `out_path` becomes an .npz with `weight`, as it
    is after each step. Returns the number of `steps`.
    """
    with float_dtype(dtype), np.load(inputs, allow_pickle=False) as given:
        start, batches, targets = (given[name].astype(dtype) for name in ("start", "x", "y"))
        asked, of_output = {case["kind"]: build(case)}, {}
        if case["trial"]["as"] == "activity":
            asked, of_output = {}, {"activity_regularizer": asked["regularizer"]}
        layer = _Weighing(start, asked, dtype=dtype, **of_output)
        model = keras.Sequential([keras.Input(batches.shape[2:], dtype=dtype), layer])
        model.compile(keras.optimizers.SGD(learning_rate), "mse")
        seen = []
        for x, y in zip(batches, targets, strict=True):
            model.train_on_batch(x, y)
            seen.append(np.array(keras.ops.convert_to_numpy(layer.weight)))
    np.savez(out_path, weight=np.stack(seen))
    return {"steps": len(seen)}
