"""Callbacks decide as Keras's do, over histories and settings that hypothesis makes up."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equivalence import catalogue
from equivalence.catalogue.callbacks.callback_parts import FALLING, RISING
from equivalence.emit.written_text import emit_written
from equivalence.errors import Refused
from equivalence.keras_side.keras_trials import keras_callback
from equivalence.keras_side.rebuild import float_dtype
from equivalence.keras_side.symbols import build
from equivalence.torch_side.oracle import TorchOracle
from equivalence.torch_side.torch_trials import torch_callback
from equivalence.torch_side.written_object import maker
from equivalence.verification.compare import compare

EPOCHS = 10
#: Few values, so that they tie, and everything that a metric may be; differences are float32 numbers, as Keras takes.
VALUES = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0, -0.25, math.nan, math.inf, -math.inf]) | st.integers(0, 64).map(
    lambda number: number / 64
)
FINITE = VALUES.filter(math.isfinite)
Draw = Callable[[st.DataObject], dict[str, Any]]


def histories(first: st.SearchStrategy[float]) -> st.SearchStrategy[list[list[float]]]:
    one = st.tuples(first, st.lists(VALUES, min_size=EPOCHS - 1, max_size=EPOCHS - 1)).map(lambda x: [x[0], *x[1]])
    return st.lists(one, min_size=8, max_size=8)


def agree(name: str, config: dict[str, Any], logs: dict[str, list[list[float]]], trial: dict[str, Any]) -> None:
    """Both sides decide alike in every history."""
    entry = catalogue.named(f"keras.callbacks.{name}")
    text = emit_written(entry, config, TorchOracle())
    arrays = {f"logs/{key}": np.array(values) for key, values in logs.items()}
    shape = next(iter(arrays.values())).shape
    arrays |= {"batches/loss": np.zeros((*shape, 1)), "rates": np.ones(EPOCHS)}
    case = {"keras": entry.keras, "kind": "callback", "config": config}
    with float_dtype("float64"):
        expected = keras_callback.run(lambda: build(case), trial, arrays, "float64")
    found = torch_callback.run(maker(text), trial, arrays, "float64")
    same = compare(found, expected)
    assert same.equal, f"{config}: {same.message}"


#: Metrics that need a setting.
SPECIAL: dict[str, Callable[[], Any]] = {
    "MeanIoU": lambda: keras.metrics.MeanIoU(3),
    "OneHotMeanIoU": lambda: keras.metrics.OneHotMeanIoU(3),
    "PrecisionAtRecall": lambda: keras.metrics.PrecisionAtRecall(0.5),
    "RecallAtPrecision": lambda: keras.metrics.RecallAtPrecision(0.5),
    "SensitivityAtSpecificity": lambda: keras.metrics.SensitivityAtSpecificity(0.5),
    "SpecificityAtSensitivity": lambda: keras.metrics.SpecificityAtSensitivity(0.5),
}

directions = st.sampled_from([("val_loss", "auto"), ("val_accuracy", "auto"), ("val_loss", "max"), ("loss", "min")])


@settings(max_examples=15, deadline=None, derandomize=True)
@given(data=st.data())
def test_early_stopping(data: st.DataObject) -> None:
    monitor, mode = data.draw(directions)
    config = {
        "monitor": monitor,
        "mode": mode,
        "min_delta": data.draw(st.sampled_from([0.0, 0.25, -0.5])),
        "patience": data.draw(st.integers(0, 4)),
        "baseline": data.draw(st.none() | st.sampled_from([0.25, 0.5])),
        "restore_best_weights": data.draw(st.booleans()),
        "start_from_epoch": data.draw(st.integers(0, 5)),
    }
    agree("EarlyStopping", config, {monitor: data.draw(histories(VALUES))}, {})


@settings(max_examples=15, deadline=None, derandomize=True)
@given(data=st.data())
def test_reduce_on_plateau(data: st.DataObject) -> None:
    monitor, mode = data.draw(directions)
    config = {
        "monitor": monitor,
        "mode": mode,
        "factor": data.draw(st.sampled_from([0.5, 0.125, 2.0**-10])),
        "min_delta": data.draw(st.sampled_from([0.0, 0.25, -0.5])),
        "patience": data.draw(st.integers(0, 4)),
        "cooldown": data.draw(st.integers(0, 4)),
        "min_lr": data.draw(st.sampled_from([0.0, 0.25])),
    }
    agree("ReduceLROnPlateau", config, {monitor: data.draw(histories(FINITE))}, {"step": monitor})


@pytest.mark.parametrize("first", [math.nan, math.inf], ids=["nan", "inf"])
def test_a_first_metric_that_is_not_finite_is_where_the_scheduler_of_torch_differs(first: float) -> None:
    """As its entry says: what Keras keeps as the best, torch never takes for it."""
    config = {"patience": 2, "factor": 0.5, "min_delta": 0.0}
    falling = [first, *np.linspace(1, 0.1, EPOCHS - 1)]
    with pytest.raises(AssertionError, match="rate"):
        agree("ReduceLROnPlateau", config, {"val_loss": [falling if math.isnan(first) else [first] * EPOCHS]}, {
            "step": "val_loss"
        })  # fmt: skip


def test_keras_compares_float32_numbers() -> None:
    """As the entry says: what is better by 1e-9 alone is no better there."""
    falling = list(0.5 - 1e-9 * np.arange(EPOCHS))
    with pytest.raises(AssertionError, match="stopped"):
        agree("EarlyStopping", {"patience": 2}, {"val_loss": [falling]}, {})
    agree("EarlyStopping", {"patience": 2}, {"val_loss": [list(0.5 - 1e-3 * np.arange(EPOCHS))]}, {})


@settings(max_examples=8, deadline=None, derandomize=True)
@given(data=st.data())
def test_model_checkpoint(data: st.DataObject) -> None:
    monitor, mode = data.draw(directions)
    config = {
        "filepath": "{epoch}.weights.h5",
        "monitor": monitor,
        "mode": mode,
        "save_best_only": True,
        "save_weights_only": True,
        "initial_value_threshold": data.draw(st.none() | st.sampled_from([0.25, 0.5])),
    }
    agree("ModelCheckpoint", config, {monitor: data.draw(histories(VALUES))[:1]}, {"as": "files"})


def test_a_mode_that_neither_side_can_tell_is_refused() -> None:
    with pytest.raises(Refused, match="does not tell whether val_progress should rise or fall; say min or max"):
        emit_written(catalogue.named("keras.callbacks.EarlyStopping"), {"monitor": "val_progress"}, TorchOracle())


def test_the_directions_of_metrics_are_those_that_keras_states() -> None:
    """By the class, under the name that it gives itself; counts and plain means have none."""
    told: dict[str | None, set[str]] = {"up": set(), "down": set(), None: set()}
    for name, cls in vars(keras.metrics).items():
        if inspect.isclass(cls) and name not in ("IoU", "OneHotIoU", "MeanMetricWrapper"):
            metric = SPECIAL.get(name, cls)()
            told[getattr(metric, "_direction", None)].add(metric.name)
    assert {re.sub(r"_\d+$", "", name) for name in told["up"]} == RISING - {"acc"}
    assert {re.sub(r"_\d+$", "", name) for name in told["down"]} == FALLING - {"loss", "mae", "mape", "mse", "msle"}
