"""fit, evaluate, predict and what takes one batch, of a small Keras model with given weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import keras
import numpy as np

Arrays = Mapping[str, Any]


def run(make: Callable[[], Any], trial: Mapping[str, Any], arrays: Arrays, dtype: str) -> dict[str, Any]:
    """What came of the method that `make` gives with its settings, by what `as` says is done."""
    return {
        "fit": _fit, "compile": _compile, "weighted": _compile, "order": _order, "evaluate": _evaluate,
        "predict": _predict, "train_on_batch": _train_on_batch, "test_on_batch": _test_on_batch, "losses": _losses,
        "policy": _policy,
    }[trial["as"]](make(), trial, arrays, dtype)  # fmt: skip


def _model(trial: Mapping[str, Any], arrays: Arrays, dtype: str, dropout: float = 0.0) -> Any:
    layers = [keras.Input(arrays["x"].shape[1:], dtype=dtype)]
    for index, activation in enumerate(("tanh", None)):
        layers.append(keras.layers.Dense(len(arrays[f"bias/{index}"]), activation=activation, dtype=dtype))
        layers.append(keras.layers.Dropout(dropout, dtype=dtype))
    model = keras.Sequential(layers[:-1])
    model.set_weights([arrays[f"{what}/{index}"] for index in range(2) for what in ("kernel", "bias")])
    return model


def _settings(trial: Mapping[str, Any]) -> dict[str, Any]:
    kind = "CategoricalCrossentropy" if trial.get("labels") == "one-hot" else "SparseCategoricalCrossentropy"
    return {"optimizer": keras.optimizers.SGD(0.125), "loss": getattr(keras.losses, kind)(from_logits=True)}


def _given(method: Any, arrays: Arrays) -> dict[str, Any]:
    """The method's settings, with arrays in the place of their names."""
    made = dict(method.keywords)
    for key, value in made.items():
        if isinstance(value, str) and value in arrays:
            made[key] = arrays[value]
        elif isinstance(value, str) and "," in value:
            made[key] = tuple(arrays[name] for name in value.split(", "))
    if made.get("class_weight"):  # JSON has no whole numbers for keys
        made["class_weight"] = {int(which): weight for which, weight in made["class_weight"].items()}
    return made


def _told(model: Any, history: Mapping[str, list[float]]) -> dict[str, Any]:
    weights = model.get_weights()
    told = {name: np.array(values, np.float64) for name, values in history.items()}
    return {**told, "kernel": np.array(weights[0]), "bias": np.array(weights[-1])}


class _Hooks(keras.callbacks.Callback):
    """Notes in which order it is called, as numbers, and with what loss."""

    NAMES = (
        "on_train_begin", "on_epoch_begin", "on_train_batch_begin", "on_train_batch_end", "on_test_begin",
        "on_test_end", "on_epoch_end", "on_train_end",
    )  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[list[float]] = []
        for number, name in enumerate(self.NAMES):
            setattr(self, name, partial(self._note, number))

    def _note(self, number: int, *args: Any, logs: Any = None) -> None:
        told = next((each for each in (*args, logs) if isinstance(each, dict)), None) or {}
        at = next((each for each in args if isinstance(each, int)), -1)
        ends = number in (3, 5, 6)
        self.seen.append([number, at, float(told.get("loss", -1.0)) if ends else -1.0])


def _fit(method: Any, trial: Mapping[str, Any], arrays: Arrays, dtype: str) -> dict[str, Any]:
    """The history, weights, and `hooks` where callbacks are asked for."""
    model = _model(trial, arrays, dtype)
    model.compile(**_settings(trial), metrics=["accuracy"], run_eagerly=True)
    given, hooks = _given(method, arrays), _Hooks()
    if given.get("callbacks"):
        given["callbacks"] = [hooks]
    history = model.fit(arrays["x"], arrays["y"], **{"verbose": 0, **given}).history
    return {**_told(model, history), **({"hooks": np.array(hooks.seen)} if given.get("callbacks") else {})}


def _compile(method: Any, trial: Mapping[str, Any], arrays: Arrays, dtype: str) -> dict[str, Any]:
    model = _model(trial, arrays, dtype)
    model.compile(**{**_settings(trial), "run_eagerly": True, **method.keywords})
    weights = arrays["sample_weight"] if trial["as"] == "weighted" else None
    told = {"epochs": 3, "batch_size": 8, "shuffle": False, "verbose": 0}
    return _told(model, model.fit(arrays["x"], arrays["y"], sample_weight=weights, **told).history)


def _order(method: Any, trial: Mapping[str, Any], arrays: Arrays, dtype: str) -> dict[str, Any]:
    """`rows` of each epoch, sorted; `sizes` of the batches; `moved`, the place of each row less its number."""
    seen: list[Any] = []

    class Watching(keras.Model):
        def train_step(self, data: Any) -> dict[str, Any]:
            seen.append(keras.ops.convert_to_numpy(data[0])[:, 0].astype(np.int64))
            return {"loss": keras.ops.zeros(())}

    model = Watching()
    model.compile(run_eagerly=True)
    numbers = np.arange(len(arrays["x"]))
    for seed in range(method.keywords["epochs"]):  # a seed has all epochs of one fit in one order
        keras.utils.set_random_seed(seed)
        model.fit(np.stack([numbers] * 2, 1), numbers, **{"verbose": 0, **method.keywords, "epochs": 1})
    epochs = np.concatenate(seen).reshape(-1, len(numbers))
    sizes = np.array([len(each) for each in seen])
    return {"rows": np.sort(epochs), "sizes": sizes, "moved": (epochs - numbers).astype(np.float64)}


def _evaluate(method: Any, trial: Mapping[str, Any], arrays: Arrays, dtype: str) -> dict[str, Any]:
    model = _model(trial, arrays, dtype, dropout=0.5)
    model.compile(**_settings(trial), metrics=["accuracy"], run_eagerly=True)
    given = {"verbose": 0, "return_dict": True, **_given(method, arrays)}
    return {name: np.array(value) for name, value in model.evaluate(arrays["x"], arrays["y"], **given).items()}


def _predict(method: Any, trial: Mapping[str, Any], arrays: Arrays, dtype: str) -> dict[str, Any]:
    model = _model(trial, arrays, dtype, dropout=0.5)
    return {"output": np.array(method.func(model, arrays["x"], **method.keywords))}


def _train_on_batch(method: Any, trial: Mapping[str, Any], arrays: Arrays, dtype: str) -> dict[str, Any]:
    """Three steps: what they tell of, and weights."""
    model = _model(trial, arrays, dtype)
    model.compile(**_settings(trial), run_eagerly=True)
    told = [model.train_on_batch(arrays["x"], arrays["y"], **_given(method, arrays)) for _ in range(3)]
    return _told(model, {"loss": [float(np.ravel(each)[0]) for each in told]})


def _test_on_batch(method: Any, trial: Mapping[str, Any], arrays: Arrays, dtype: str) -> dict[str, Any]:
    model = _model(trial, arrays, dtype, dropout=0.5)
    model.compile(**_settings(trial), run_eagerly=True)
    return {"loss": np.array(np.ravel(model.test_on_batch(arrays["x"], arrays["y"]))[0])}


def _losses(method: Any, trial: Mapping[str, Any], arrays: Arrays, dtype: str) -> dict[str, Any]:
    """The loss of a model whose outputs `a` and `b` are its inputs and their squares, against zeros."""
    inputs = keras.Input(arrays["x"].shape[1:], dtype=dtype)
    model = keras.Model(inputs, {"a": inputs * 1.0, "b": inputs * inputs})
    model.compile(loss={"a": "mse", "b": "mse"}, run_eagerly=True, **method.keywords)
    zeros = {name: np.zeros_like(arrays["x"]) for name in ("a", "b")}
    told = model.evaluate(arrays["x"], zeros, batch_size=len(arrays["x"]), verbose=0, return_dict=True)
    return {"loss": np.array(told["loss"])}


def _policy(method: Any, trial: Mapping[str, Any], arrays: Arrays, dtype: str) -> dict[str, Any]:
    """What layers give that are made under a policy."""
    before = keras.config.dtype_policy()
    method()
    try:
        model = keras.Sequential(
            [keras.layers.Dense(len(arrays["bias/0"]), activation="tanh"), keras.layers.Dense(len(arrays["bias/1"]))]
        )
        inputs = keras.ops.cast(arrays["x"], "float32")
        model(inputs)
        model.set_weights([arrays[f"{what}/{index}"] for index in range(2) for what in ("kernel", "bias")])
        return {"output": keras.ops.convert_to_numpy(keras.ops.cast(model(inputs), "float64"))}
    finally:
        keras.config.set_dtype_policy(before)
