"""What tests of trainings that go on share: small models, batches, and the comparison of the next fifty steps."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import keras
import numpy as np
import torch

import equivalence

BEFORE, STEPS, BATCH = 7, 50, 8  # steps in Keras, steps in both, samples in each
#: Settings of Adam that are the same in float32, through which Keras takes them.
DYADIC = {"learning_rate": 2.0**-7, "beta_1": 0.875, "beta_2": 1 - 2.0**-7, "epsilon": 2.0**-10}


def dense() -> keras.Model:
    inputs = keras.Input((6,), name="x")
    hidden = keras.layers.Dense(5, activation="tanh", name="hidden")(inputs)
    return keras.Model(inputs, keras.layers.Dense(3, name="out")(hidden))


def optimizer_of(name: str, **config: Any) -> Any:
    return getattr(keras.optimizers, name).from_config(config)


def batches(model: keras.Model, targets: Callable[[np.random.Generator], Any]) -> list[tuple[np.ndarray, Any]]:
    random = np.random.default_rng(5)
    shape = (BATCH, *model.inputs[0].shape[1:])
    return [(random.standard_normal(shape), targets(random)) for _ in range(BEFORE + STEPS)]


def numbers(random: np.random.Generator) -> np.ndarray:
    return random.standard_normal((BATCH, 3))


def classes(random: np.random.Generator) -> np.ndarray:
    return random.integers(0, 3, (BATCH,))


def in_keras(model: keras.Model, data: list[tuple[np.ndarray, Any]], folder: Path, ending: str) -> list[float]:
    """The losses of the later steps; the model is saved before them and behind them."""
    for x, y in data[:BEFORE]:
        model.train_on_batch(x, y)
    model.save(folder / f"net{ending}")
    losses = []
    for x, y in data[BEFORE:]:
        model.reset_metrics()
        losses.append(float(model.train_on_batch(x, y, return_dict=True)["loss"]))
    model.save(folder / f"end{ending}")
    return losses


def script(folder: Path, name: str) -> ModuleType:
    """The script as a user runs it, beside the port that it imports."""
    sys.path.insert(0, str(folder))
    try:
        sys.modules.pop(name, None)
        spec = importlib.util.spec_from_file_location(f"{name}_train", folder / f"{name}_train.py")
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
    finally:
        sys.path.remove(str(folder))


def goes_on(
    model: keras.Model, data: list[tuple[np.ndarray, Any]], folder: Path, ending: str = ".keras", bound: float = 1e-9
) -> Any:
    """Trains in both; holds losses, weights and what the optimizers kept against each other. Returns the Training."""
    expected = in_keras(model, data, folder, ending)
    settings: dict[str, Any] = {"verify": False, "exact_training": True, "training": True}
    equivalence.port(folder / f"net{ending}", **settings).save(folder)
    training = script(folder, "net").Training()
    found = [training.step(torch.from_numpy(as_port(x)), as_tensors(y)).item() for x, y in data[BEFORE:]]
    np.testing.assert_allclose(found, expected, rtol=bound, atol=0)
    end = equivalence.port(folder / f"end{ending}", **settings)
    state = training.model.state_dict()
    for name, weight in end.module.state_dict().items():
        if not name.endswith("num_batches_tracked"):
            check(state[name], weight, name, bound)
    named = dict(training.model.named_parameters())
    for key, kept in end.training[1].items():
        name, _, parameter = key.partition("/")
        if parameter:
            check(training.optimizer.state[named[parameter]][name], torch.from_numpy(kept), key, bound)
        elif name in ("scale", "_growth_tracker"):
            assert training.scaler.state_dict()[name] == kept
        elif name != "step":
            check(torch.tensor(training.optimizer.param_groups[0][name]), torch.from_numpy(kept), key, bound)
    return training


def check(found: torch.Tensor, expected: torch.Tensor, name: str, bound: float) -> None:
    largest = expected.abs().max().clamp(min=1e-4)  # a bias before a norm has no gradient but rounding
    assert ((found - expected).abs().max() / largest).item() <= bound, name


def as_port(x: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(np.moveaxis(x, -1, 1)) if x.ndim == 4 else x


def as_tensors(y: Any) -> Any:
    return tuple(map(torch.from_numpy, y)) if isinstance(y, tuple) else torch.from_numpy(y)
