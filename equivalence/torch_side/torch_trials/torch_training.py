"""Emitted loops, on the model and the rows of equivalence.keras_side.keras_trials.keras_training."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from equivalence.torch_side.written_object import Make

Arrays = Mapping[str, np.ndarray]
Found = dict[str, np.ndarray]
_LEARNING_RATE = 0.125


def run(make: Make, trial: Mapping[str, Any], arrays: Arrays, dtype: str) -> Found:
    """What came of the emitted text, by what `as` says is done, under the names of the Keras side."""
    given = {name: torch.from_numpy(array) for name, array in arrays.items() if "/" not in name}
    done = {"order": _order, "losses": _losses, "policy": _policy}.get(trial["as"], _loop)
    return done(make, trial, arrays, given)


def _model(arrays: Arrays, dropout: float) -> nn.Sequential:
    layers: list[nn.Module] = []
    for index, after in enumerate((nn.Tanh(), nn.Identity())):
        inside, outside = arrays[f"kernel/{index}"].shape
        dense = nn.Linear(inside, outside, dtype=torch.from_numpy(arrays["x"]).dtype)
        with torch.no_grad():
            dense.weight.copy_(torch.from_numpy(arrays[f"kernel/{index}"].T))
            dense.bias.copy_(torch.from_numpy(arrays[f"bias/{index}"]))
        layers += [dense, after, nn.Dropout(dropout if index == 0 else 0.0)]
    return nn.Sequential(*layers)


def _loss(predictions: Tensor, targets: Tensor) -> Tensor:
    return functional.cross_entropy(predictions, targets, reduction="none")


def _accuracy(predictions: Tensor, targets: Tensor) -> Tensor:
    classes = targets.argmax(-1) if targets.dim() > 1 else targets
    return (predictions.argmax(-1) == classes).double()


class _Hooks:
    """As the Keras side's: in which order the loop calls it, and with what loss."""

    NAMES = (
        "on_train_begin", "on_epoch_begin", "on_train_batch_begin", "on_train_batch_end", "on_test_begin",
        "on_test_end", "on_epoch_end", "on_train_end",
    )  # fmt: skip
    stop_training = False

    def __init__(self) -> None:
        self.seen: list[list[float]] = []
        for number, name in enumerate(self.NAMES):
            setattr(self, name, partial(self._note, number))

    def _note(self, number: int, *args: Any) -> None:
        told = next((each for each in args if isinstance(each, dict)), {})
        at = next((each for each in args if isinstance(each, int)), -1)
        self.seen.append([number, at, float(told.get("loss", -1.0))])


def _loop(make: Make, trial: Mapping[str, Any], arrays: Arrays, given: Mapping[str, Tensor]) -> Found:
    """fit, evaluate, predict or a step: whatever the text calls."""
    torch.manual_seed(3)
    done = trial["as"]
    model = _model(arrays, 0.5 if done in ("evaluate", "predict", "test_on_batch") else 0.0)
    optimizer, hooks = torch.optim.SGD(model.parameters(), lr=_LEARNING_RATE), _Hooks()
    about = {"model": model, "optimizer": optimizer, "loss": _loss, "metrics": {"accuracy": _accuracy}, **given}
    told = [make(callbacks=[hooks], **about) for _ in range(3 if done == "train_on_batch" else 1)]
    steps, told = told, told[0]
    if done == "predict":
        return {"output": told.detach().numpy()}
    if done in ("evaluate", "test_on_batch"):
        return {name: np.array(value) for name, value in (told if done == "evaluate" else {"loss": told}).items()}
    history = {"loss": steps} if done == "train_on_batch" else told
    found = {name: np.array(values, np.float64) for name, values in history.items()}
    found["kernel"], found["bias"] = (model[0].weight.detach().numpy().T, model[3].bias.detach().numpy())
    return {**found, "hooks": np.array(hooks.seen)} if hooks.seen else found


def _order(make: Make, trial: Mapping[str, Any], arrays: Arrays, given: Mapping[str, Tensor]) -> Found:
    torch.manual_seed(5)
    seen: list[np.ndarray] = []

    class Watching(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(()))

        def forward(self, x: Tensor) -> Tensor:
            seen.append(x.numpy())
            return x * self.weight

    model = Watching()
    optimizer = torch.optim.SGD(model.parameters(), lr=_LEARNING_RATE)
    numbers = torch.arange(len(given["x"]))
    make(model=model, optimizer=optimizer, loss=lambda a, b: a * 0.0, metrics={}, x=numbers, y=numbers)
    epochs = np.concatenate(seen).reshape(-1, len(numbers))
    sizes = np.array([len(each) for each in seen])
    return {"rows": np.sort(epochs), "sizes": sizes, "moved": (epochs - numbers.numpy()).astype(np.float64)}


def _losses(make: Make, trial: Mapping[str, Any], arrays: Arrays, given: Mapping[str, Tensor]) -> Found:
    x = given["x"]
    losses = {"a": x.square().mean(), "b": x.square().square().mean()}
    return {"loss": np.array(make(losses=losses).item())}


def _policy(make: Make, trial: Mapping[str, Any], arrays: Arrays, given: Mapping[str, Tensor]) -> Found:
    model = _model(arrays, 0.0).float()
    return {"output": make(model=model, x=given["x"].float()).detach().double().numpy()}
