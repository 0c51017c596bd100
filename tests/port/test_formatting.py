"""The text of emitted files is what `ruff format` makes of it, and `ruff check` has nothing to say."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import keras_models
import pytest
from diverse_models import DIVERSE
from keras import layers

from equivalence import catalogue, port
from equivalence.emit.line_breaking import WIDTH

#: The rules of this repository (pyproject.toml), for lines of emitted width.
CHECKED = ["--select=E,F,I,UP,B,SIM,RUF", "--ignore=RUF001,RUF002,RUF003,SIM905"]


def long_names() -> Any:
    """Names of which nothing fits on a line."""
    long = "a_name_that_goes_on_and_on_beyond_what_anybody_would_write_into_one_line"
    inputs = [keras.Input((5, 7), name=f"{long}_{index}") for index in range(3)]
    x = layers.Concatenate(name=f"{long}_joined")(inputs)
    outputs = [layers.Dense(3 + index, name=f"{long} ünd mehr, {'*' * 90} {index}")(x) for index in range(12)]
    return keras.Model(inputs, outputs, name=f"{long}_as_a_model")


#: Families whose helpers are looked up, or stand in training scripts; some of their docstrings are long.
BESIDE_PORTS = frozenset(
    {"callbacks", "datasets", "from_torch", "initializers", "losses", "metrics", "optimizers", "schedules", "training"}
)
MODELS = [*DIVERSE.values(), keras_models.hostile_names, keras_models.frozen, long_names]


@pytest.mark.parametrize("make", MODELS, ids=lambda make: make.__name__)
def test_ruff_leaves_a_port_as_it_is(make: Callable[[], Any], saved: Callable[..., Path], tmp_path: Path) -> None:
    source = port(saved(make), verify=False).source
    assert max(map(len, source.splitlines())) <= WIDTH
    (tmp_path / "ported.py").write_text(source)
    assert_left_as_it_is(tmp_path)


def assert_left_as_it_is(files: Path, *ignored: str) -> None:
    width = f"--line-length={WIDTH}"
    formatted = ruff("format", "--isolated", "--diff", width, str(files))
    checked = ruff("check", "--isolated", width, *CHECKED, *ignored, str(files))
    assert (formatted.stdout, formatted.returncode) == ("", 0)
    assert checked.returncode == 0, checked.stdout


def ruff(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ruff", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)


def averaged() -> Any:
    """What an optimizer does beside its update, and so many metrics that they have no room on a line."""
    inputs = keras.Input((6,))
    model = keras.Model(inputs, layers.Dense(3, kernel_constraint="max_norm", activity_regularizer="l1")(inputs))
    sgd = keras.optimizers.SGD(0.5, momentum=0.5, use_ema=True, clipnorm=1.0, gradient_accumulation_steps=2)
    model.compile(sgd, "mae", metrics=["mse", "mean_absolute_error", "cosine_similarity", keras.metrics.R2Score()])
    return model


def factored() -> Any:
    """The longest of the written optimizers, and a metric by the kind of the loss."""
    model = keras.Sequential([keras.Input((6,)), layers.Dense(3, kernel_regularizer="l2")])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adafactor(), loss, metrics=["accuracy"])
    return model


@pytest.mark.parametrize("make", [averaged, factored], ids=lambda make: make.__name__)
def test_ruff_leaves_a_training_script_as_it_is(
    make: Callable[[], Any], saved: Callable[..., Path], tmp_path: Path
) -> None:
    port(saved(make), verify=False, training=True).save(tmp_path / "out")
    width = f"--line-length={WIDTH}"
    formatted = ruff("format", "--isolated", "--diff", width, ".", cwd=tmp_path / "out")
    checked = ruff("check", "--isolated", width, *CHECKED, ".", cwd=tmp_path / "out")
    assert (formatted.stdout, formatted.returncode) == ("", 0)
    assert checked.returncode == 0, checked.stdout


class _Anything(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ", key: int = 0" if key == "key" else "2" if key == "dims" else key


def helpers() -> dict[str, str]:
    """Every constant of the catalogue that is the source of a function or class, by where it stands."""
    found = {}
    for module in pkgutil.walk_packages(catalogue.__path__, "equivalence.catalogue."):
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, str) and value.lstrip().startswith(("def ", "class ")):
                text = value if is_python(value) else value.format_map(_Anything())
                if is_python(text):  # no part of a class
                    found[f"{module.name.removeprefix('equivalence.catalogue.')}.{name}"] = text
    return found


def is_python(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def test_ruff_leaves_every_helper_as_it_is(tmp_path: Path) -> None:
    """Those of layers and operations, which stand in ports, are held to its rules too, the others to its format. What a
    helper calls stands elsewhere in the file (F821)."""
    found = helpers()
    assert len(found) > 90
    for name, text in found.items():
        folder = tmp_path / ("beside" if name.partition(".")[0] in BESIDE_PORTS else "in_ports")
        folder.mkdir(exist_ok=True)
        (folder / f"{name.replace('.', '_')}.py").write_text(text.strip("\n") + "\n")
    assert_left_as_it_is(tmp_path / "in_ports", "--extend-ignore=F821")
    formatted = ruff("format", "--isolated", "--diff", f"--line-length={WIDTH}", str(tmp_path / "beside"))
    assert (formatted.stdout, formatted.returncode) == ("", 0)
