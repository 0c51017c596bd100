"""A Keras optimizer, run step by step on given gradients."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np

from equivalence.keras_side.keras_trials.keras_schedule import at


def run(make: Callable[[], Any], trial: Mapping[str, Any], arrays: Mapping[str, Any], dtype: str) -> dict[str, Any]:
    """`variable/i`: the i-th variable after each step, stacked along a new first axis.

    `arrays` holds `start/i` and `gradient/i`, whose first axis is the step. `trial`: see
    `equivalence.proofs.trials.optimizer_trial`.
    """
    count = sum(name.startswith("start/") for name in arrays)
    starts, gradients = ([arrays[f"{what}/{index}"] for index in range(count)] for what in ("start", "gradient"))
    variables = [keras.Variable(start, dtype=dtype, name=f"v{index}") for index, start in enumerate(starts)]
    optimizer = make()
    at(optimizer._learning_rate, dtype)
    if "excluded" in trial:
        optimizer.exclude_from_weight_decay(var_list=[variables[index] for index in trial["excluded"]])
    optimizer.build(variables)
    apply = _compiled(lambda given: optimizer.apply(given, variables))
    history: list[list[Any]] = [[] for _ in variables]
    for step in range(len(gradients[0])):
        if step == trial.get("rate_drops_at"):
            optimizer.learning_rate = float(keras.ops.convert_to_numpy(optimizer.learning_rate)) / 4
        scale = float(keras.ops.convert_to_numpy(optimizer.scale_loss(keras.ops.ones(()))))
        missing = step in trial.get("without_gradient", [])
        apply([None if missing and not i else each[step] * scale for i, each in enumerate(gradients)])
        _keep(history, variables)
    if trial.get("finalize"):
        optimizer.finalize_variable_values(variables)
        _keep(history, variables)
    return {f"variable/{index}": np.stack(seen) for index, seen in enumerate(history)}


def _keep(history: list[list[Any]], variables: list[Any]) -> None:
    for seen, variable in zip(history, variables, strict=True):
        seen.append(np.array(keras.ops.convert_to_numpy(variable)))


def _compiled(step: Callable[[list[Any]], None]) -> Callable[[list[Any]], Any]:
    """A step on gradients, as `fit` compiles it on TensorFlow: a third of the time for a hundred of them."""
    if keras.backend.backend() != "tensorflow":
        return lambda given: step([None if each is None else keras.ops.convert_to_tensor(each) for each in given])
    import tensorflow as tf

    made = tf.function(step)
    return lambda given: made([None if each is None else tf.constant(each) for each in given])
