"""An emitted callback, told of the training that Keras's is told of (keras_side/keras_trials/keras_callback.py)."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import nn

from equivalence.torch_side.written_object import Make

Arrays = Mapping[str, np.ndarray]
Found = dict[str, np.ndarray]


def run(make: Make, trial: Mapping[str, Any], arrays: Arrays, dtype: str) -> Found:
    """What the object did, by what `as` says is done with it, under the names of the Keras side."""
    done = {
        "epochs": _epochs, "batches": _batches, "history": _history, "files": _files, "table": _table,
        "resumed": _resumed, "swapped": _swapped,
    }[trial.get("as", "epochs")]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        return done(make, trial, arrays)


def _model(**settings: Any) -> tuple[nn.Module, torch.optim.Optimizer]:
    model = nn.Linear(1, 1, bias=False, dtype=torch.float64)
    nn.init.zeros_(model.weight)
    return model, torch.optim.SGD(model.parameters(), lr=1.0, **settings)


def _ready(make: Make, model: nn.Module, optimizer: torch.optim.Optimizer, arrays: Arrays, average: Any = None) -> Any:
    def schedule(epoch: int, rate: float) -> float:
        return float(arrays["rates"][epoch] * (1 + rate))

    epochs = len(arrays["rates"])
    return make(model=model, optimizer=optimizer, schedule=schedule, average=average, epochs=epochs)


def _call(callback: Any, hook: str, *args: Any) -> Any:
    """What a loop does: it calls the methods that the object has."""
    return getattr(callback, hook)(*args) if hasattr(callback, hook) else None


def _logs(arrays: Arrays, history: int, epoch: int, without: str = " ") -> dict[str, float]:
    found = {key.removeprefix("logs/"): array for key, array in arrays.items() if key.startswith("logs/")}
    return {name: float(each[history, epoch]) for name, each in found.items() if not name.startswith(without)}


def _set(model: nn.Module, weight: float) -> None:
    nn.init.constant_(model.weight, weight)


def _stops(callback: Any) -> bool:
    return bool(getattr(callback, "stop_training", False))


def _epochs(make: Make, trial: Mapping[str, Any], arrays: Arrays) -> Found:
    histories, epochs, _ = arrays["batches/loss"].shape
    model, optimizer = _model()
    rate, stopped, weight = np.zeros((histories, epochs)), np.zeros((histories, epochs), bool), np.zeros(histories)
    for history in range(histories):
        optimizer.param_groups[0]["lr"] = 1.0
        callback = _ready(make, model, optimizer, arrays)
        _call(callback, "on_train_begin")
        for epoch in range(epochs):
            _call(callback, "on_epoch_begin", epoch)
            _set(model, epoch + 1.0)
            logs = _logs(arrays, history, epoch)
            if "step" in trial:  # a scheduler of torch's own
                callback.step(logs[trial["step"]])
            else:
                _call(callback, "on_epoch_end", epoch, logs)
            rate[history, epoch] = optimizer.param_groups[0]["lr"]
            stopped[history, epoch] = _stops(callback)
            if _stops(callback):
                break
        _call(callback, "on_train_end")
        weight[history] = model.weight.item()
    return {"rate": np.log(rate, where=rate > 0, out=rate), "stopped": stopped, "weight": weight}


def _batches(make: Make, trial: Mapping[str, Any], arrays: Arrays) -> Found:
    histories, epochs, batches = arrays["batches/loss"].shape
    stopped, raised = (np.zeros((histories, epochs, batches), bool) for _ in range(2))
    for history in range(histories):
        callback = _ready(make, *_model(), arrays)
        for epoch in range(epochs):
            for batch in range(batches):
                try:
                    callback.on_train_batch_end(batch, {"loss": float(arrays["batches/loss"][history, epoch, batch])})
                except ValueError:
                    raised[history, epoch, batch] = True
                stopped[history, epoch, batch] = _stops(callback)
    return {"stopped": stopped, "raised": raised}


def _history(make: Make, trial: Mapping[str, Any], arrays: Arrays) -> Found:
    callback = _ready(make, *_model(), arrays)
    for epoch in range(arrays["batches/loss"].shape[1]):
        callback.on_epoch_end(epoch, _logs(arrays, 0, epoch))
    return {name: np.nan_to_num(np.array(values), nan=9.0) for name, values in callback.history.items()}


def _files(make: Make, trial: Mapping[str, Any], arrays: Arrays) -> Found:
    histories, epochs, batches = arrays["batches/loss"].shape
    model, optimizer = _model()
    found: dict[str, float] = {}
    for history in range(histories):
        Path(str(history)).mkdir()
        with contextlib.chdir(str(history)):
            callback = _ready(make, model, optimizer, arrays)
            for epoch in range(epochs):
                callback.on_epoch_begin(epoch)
                for batch in range(batches):
                    _set(model, epoch + batch / 8)
                    logs = {"loss": float(arrays["batches/loss"][history, epoch, batch])}
                    callback.on_train_batch_end(batch, logs)
                callback.on_epoch_end(epoch, _logs(arrays, history, epoch))
            for file in Path().iterdir():
                saved = torch.load(file)
                state = saved.get("model", saved)
                found[f"{history}/{file.name.removesuffix('.pt')}"] = state["weight"].item()
    return {
        "names": _as_codes("\n".join(sorted(found)).encode()),
        "weights": _padded([found[k] for k in sorted(found)]),
    }


def _as_codes(text: bytes) -> np.ndarray:
    return np.frombuffer(text.ljust(1 << 13), np.uint8).astype(np.int64)


def _padded(numbers: list[float]) -> np.ndarray:
    return np.pad(np.array(numbers), (0, 256 - len(numbers)))


def _table(make: Make, trial: Mapping[str, Any], arrays: Arrays) -> Found:
    histories, epochs, _ = arrays["batches/loss"].shape
    for history in range(histories):
        callback = _ready(make, *_model(), arrays)
        for epoch in range(epochs):
            callback.on_epoch_end(epoch, _logs(arrays, history, epoch, trial.get("without", " ")))
    return {"text": _as_codes(Path("log.csv").read_bytes())}


def _resumed(make: Make, trial: Mapping[str, Any], arrays: Arrays) -> Found:
    epochs = arrays["batches/loss"].shape[1]
    weight, began = np.zeros((2, epochs)), np.zeros(2, np.int64)
    for training, end in enumerate((5, epochs)):
        model, optimizer = _model(momentum=0.5)
        callback = _ready(make, model, optimizer, arrays)
        began[training] = callback.on_train_begin()
        for epoch in range(began[training], end):
            model.weight.grad = torch.full((1, 1), float(arrays["rates"][epoch]), dtype=torch.float64)
            optimizer.step()
            callback.on_epoch_end(epoch, {})
            weight[training, epoch] = model.weight.item()
    callback.on_train_end()
    return {"weight": weight, "began": began, "left": np.array(Path("backup").exists())}


def _swapped(make: Make, trial: Mapping[str, Any], arrays: Arrays) -> Found:
    model, optimizer = _model()
    mean, _ = _model()
    _set(mean, 100.0)
    callback = _ready(make, model, optimizer, arrays, SimpleNamespace(module=mean))
    seen = []
    for epoch in range(arrays["batches/loss"].shape[1]):
        callback.on_epoch_begin(epoch)
        _set(model, model.weight.item() + 1 / (1 + epoch))
        _set(mean, mean.weight.item() * 0.5 + model.weight.item() * 0.5)
        for hook in ("on_test_begin", "on_test_end"):
            getattr(callback, hook)()
            seen.append((model.weight.item(), mean.weight.item()))
        callback.on_epoch_end(epoch)
        seen.append((model.weight.item(), mean.weight.item()))
    return {"seen": np.array(seen)}
