"""A Keras callback, told of a training that is made up: metrics are given, the weight counts batches."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import keras
import numpy as np

Arrays = Mapping[str, Any]
Make = Callable[[], Any]
_ENDINGS = (".weights.h5", ".keras", ".h5", ".csv")


def run(make: Make, trial: Mapping[str, Any], arrays: Arrays, dtype: str) -> dict[str, Any]:
    """What the callback did, by what `as` says is done with it."""
    done = {
        "epochs": _epochs, "batches": _batches, "history": _history, "files": _files, "table": _table,
        "resumed": _resumed, "swapped": _swapped,
    }[trial.get("as", "epochs")]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        return done(make, trial, arrays)


def _model(**settings: Any) -> Any:
    floats = keras.config.floatx()  # the policy is what floatx was when somebody first asked for it
    dense = keras.layers.Dense(1, use_bias=False, dtype=floats)
    model = keras.Sequential([keras.Input((1,), dtype=floats), dense])
    model.compile(keras.optimizers.SGD(1.0, **settings), "mse", metrics=["accuracy"], run_eagerly=True)
    model.train_on_batch(np.zeros((1, 1)), np.zeros((1, 1)))  # its metrics have names from now on
    model.set_weights([np.zeros((1, 1))])
    return model


@cache
def _held(floatx: str) -> Any:
    """One for all that only sets its weight and its rate: compiling takes longer than everything else."""
    return _model()


def _ready(make: Make, model: Any, arrays: Arrays) -> Any:
    callback = make()
    if getattr(callback, "schedule", None) == "schedule":
        callback.schedule = lambda epoch, rate: float(arrays["rates"][epoch] * (1 + rate))
    callback.set_model(model)
    callback.set_params({"epochs": len(arrays["rates"])})
    model.stop_training = False
    return callback


def _logs(arrays: Arrays, history: int, epoch: int, without: str = " ") -> dict[str, float]:
    found = {key.removeprefix("logs/"): array for key, array in arrays.items() if key.startswith("logs/")}
    return {name: float(each[history, epoch]) for name, each in found.items() if not name.startswith(without)}


def _shape(arrays: Arrays) -> tuple[int, int, int]:
    histories, epochs, batches = arrays["batches/loss"].shape
    return histories, epochs, batches


def _weight(model: Any) -> float:
    return float(model.get_weights()[0][0, 0])


def _epochs(make: Make, trial: Mapping[str, Any], arrays: Arrays) -> dict[str, Any]:
    """The logarithm of the `rate` and `stopped` after each epoch; `weight` at the end, which epochs set."""
    histories, epochs, _ = _shape(arrays)
    model = _held(keras.config.floatx())
    rate, stopped, weight = np.zeros((histories, epochs)), np.zeros((histories, epochs), bool), np.zeros(histories)
    for history in range(histories):
        model.optimizer.learning_rate = 1.0
        callback = _ready(make, model, arrays)
        callback.on_train_begin()
        for epoch in range(epochs):
            callback.on_epoch_begin(epoch)
            model.set_weights([np.full((1, 1), epoch + 1.0)])
            callback.on_epoch_end(epoch, _logs(arrays, history, epoch))
            rate[history, epoch] = float(model.optimizer.learning_rate)
            stopped[history, epoch] = model.stop_training
            if model.stop_training:
                break
        callback.on_train_end()
        weight[history] = _weight(model)
    return {"rate": np.log(rate, where=rate > 0, out=rate), "stopped": stopped, "weight": weight}


def _batches(make: Make, trial: Mapping[str, Any], arrays: Arrays) -> dict[str, Any]:
    """`stopped` and `raised` after each batch."""
    histories, epochs, batches = _shape(arrays)
    model = _held(keras.config.floatx())
    stopped, raised = (np.zeros((histories, epochs, batches), bool) for _ in range(2))
    for history in range(histories):
        callback = _ready(make, model, arrays)
        for epoch in range(epochs):
            for batch in range(batches):
                try:
                    callback.on_train_batch_end(batch, {"loss": float(arrays["batches/loss"][history, epoch, batch])})
                except RuntimeError:
                    raised[history, epoch, batch] = True
                stopped[history, epoch, batch] = model.stop_training
    return {"stopped": stopped, "raised": raised}


def _history(make: Make, trial: Mapping[str, Any], arrays: Arrays) -> dict[str, Any]:
    callback = _ready(make, _held(keras.config.floatx()), arrays)
    callback.on_train_begin()
    for epoch in range(_shape(arrays)[1]):
        callback.on_epoch_end(epoch, _logs(arrays, 0, epoch))
    return {name: np.nan_to_num(np.array(values), nan=9.0) for name, values in callback.history.items()}


def _files(make: Make, trial: Mapping[str, Any], arrays: Arrays) -> dict[str, Any]:
    """`names` of the files, below the number of the history, and the `weights` in them."""
    histories, epochs, batches = _shape(arrays)
    model = _held(keras.config.floatx())
    found: dict[str, float] = {}
    for history in range(histories):
        Path(str(history)).mkdir()
        with contextlib.chdir(str(history)):
            callback = _ready(make, model, arrays)
            callback.on_train_begin()
            for epoch in range(epochs):
                callback.on_epoch_begin(epoch)
                for batch in range(batches):
                    model.set_weights([np.full((1, 1), epoch + batch / 8)])
                    logs = {"loss": float(arrays["batches/loss"][history, epoch, batch])}
                    callback.on_train_batch_end(batch, logs)
                callback.on_epoch_end(epoch, _logs(arrays, history, epoch))
            for file in Path().iterdir():
                model.load_weights(file)
                found[f"{history}/{_stem(file)}"] = _weight(model)
    return {
        "names": _as_codes("\n".join(sorted(found)).encode()),
        "weights": _padded([found[k] for k in sorted(found)]),
    }


def _as_codes(text: bytes) -> np.ndarray:
    """A text as numbers, as long as any: what is another text is then seen in its letters, not in its length."""
    return np.frombuffer(text.ljust(1 << 13), np.uint8).astype(np.int64)


def _padded(numbers: list[float]) -> np.ndarray:
    return np.pad(np.array(numbers), (0, 256 - len(numbers)))


def _stem(file: Path) -> str:
    for ending in _ENDINGS:
        if file.name.endswith(ending):
            return file.name.removesuffix(ending)
    return file.name


def _table(make: Make, trial: Mapping[str, Any], arrays: Arrays) -> dict[str, Any]:
    """`text`: the file after two trainings."""
    histories, epochs, _ = _shape(arrays)
    for history in range(histories):
        callback = _ready(make, _held(keras.config.floatx()), arrays)
        callback.on_train_begin()
        for epoch in range(epochs):
            callback.on_epoch_end(epoch, _logs(arrays, history, epoch, trial.get("without", " ")))
        callback.on_train_end()
    return {"text": _as_codes(Path("log.csv").read_bytes())}


def _resumed(make: Make, trial: Mapping[str, Any], arrays: Arrays) -> dict[str, Any]:
    """A training that is cut off in its sixth epoch, and one that goes on: `weight` after each epoch, where it `began`,
    and whether the folder is `left`."""
    _, epochs, _ = _shape(arrays)
    weight, began = np.zeros((2, epochs)), np.zeros(2, np.int64)
    for training, end in enumerate((5, epochs)):
        model = _model(momentum=0.5)
        for variable in model.optimizer.variables[2:]:
            variable.assign(keras.ops.zeros_like(variable))
        callback = _ready(make, model, arrays)
        model._initial_epoch = None
        callback.on_train_begin()
        began[training] = model._initial_epoch or 0
        for epoch in range(began[training], end):
            model.optimizer.apply([keras.ops.convert_to_tensor([[float(arrays["rates"][epoch])]])])
            callback.on_epoch_end(epoch, {})
            weight[training, epoch] = _weight(model)
    callback.on_train_end()
    return {"weight": weight, "began": began, "left": np.array(Path("backup").exists())}


def _swapped(make: Make, trial: Mapping[str, Any], arrays: Arrays) -> dict[str, Any]:
    """`seen`: weight and mean during the evaluation, after it, and after the epoch."""
    model = _model(use_ema=True)
    (mean,) = model.optimizer._model_variables_moving_average
    mean.assign([[100.0]])
    callback = _ready(make, model, arrays)
    seen = []

    def look() -> None:
        seen.append((_weight(model), float(keras.ops.convert_to_numpy(mean)[0, 0])))

    for epoch in range(_shape(arrays)[1]):
        callback.on_epoch_begin(epoch)
        model.set_weights([np.array([[_weight(model) + 1 / (1 + epoch)]])])
        mean.assign(mean * 0.5 + model.trainable_variables[0] * 0.5)
        callback.on_test_begin()
        look()
        callback.on_test_end()
        look()
        callback.on_epoch_end(epoch)
        look()
    return {"seen": np.array(seen)}
