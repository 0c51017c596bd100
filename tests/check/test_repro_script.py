"""The script that shows a fault without this package: it runs, and prints what was found."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from equivalence.diagnosis.repro_script import ReproCase, script, write_script
from equivalence.errors import Refused


def made(layer: Any, shape: tuple[int, ...], seed: int = 0) -> tuple[Any, np.ndarray]:
    """A layer with weights that are all random, and what it is called on."""
    random = np.random.default_rng(seed)
    x = random.standard_normal(shape)
    layer(x)
    layer.set_weights([random.uniform(0.5, 1.5, weight.shape) for weight in layer.weights])
    return layer, x


def norm(epsilon: float, channels: int = 3) -> ReproCase:
    """BatchNormalization over three images, against torch's at another epsilon."""
    layer, x = made(keras.layers.BatchNormalization(dtype="float64", name="norm"), (2, 5, 4, channels))
    gamma, beta, mean, variance = layer.get_weights()
    return ReproCase(
        "stage/norm", "eps is 1e-05, Keras has 0.001.", "keras.layers.BatchNormalization", layer.get_config(),
        layer.get_weights(), [x], [f"output = F.batch_norm(x, mean, variance, gamma, beta, False, 0.1, {epsilon!r})"],
        {"x": x.transpose(0, 3, 1, 2), "gamma": gamma, "beta": beta, "mean": mean, "variance": variance},
        axes=(0, 2, 3, 1),
    )  # fmt: skip


def dense(**options: Any) -> ReproCase:
    """Dense whose activation was forgotten, small enough that its numbers stand in the script."""
    layer, x = made(keras.layers.Dense(2, activation="relu", dtype="float64"), (3, 4))
    kernel, bias = layer.get_weights()
    case = ReproCase(
        "dense", "The activation relu is missing.", "keras.layers.Dense",
        layer.get_config(), layer.get_weights(), [x - 2],
        ["output = F.linear(x, weight, bias)"], {"x": x - 2, "weight": kernel.T, "bias": bias},
    )  # fmt: skip
    return replace(case, **options)


def held(module: str | None, cls: str) -> dict[str, Any]:
    return {"module": module, "class_name": cls, "config": {}}


def run(*paths: Path) -> list[str]:
    """What scripts print, one after the other in a process that cannot import this package."""
    hidden = "import sys, runpy; sys.modules['equivalence'] = None; [runpy.run_path(path) for path in sys.argv[1:]]"
    command = [sys.executable, "-c", hidden, *(path.name for path in paths)]
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow", "PYTHONPATH": ""}
    done = subprocess.run(command, cwd=paths[0].parent, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def off(printed: str) -> float:
    return float(re.match(r"off by (\S+) at ", printed)[1])  # type: ignore[index]


def bidirectional() -> ReproCase:
    """A layer within a layer, called with a mask; of its outputs the last; torch has its numbers and 1/4."""
    inner = keras.layers.GRU(3, return_state=True, return_sequences=True, dtype="float64")
    layer, x = made(keras.layers.Bidirectional(inner, dtype="float64"), (2, 5, 4))
    mask = np.array([[True, True, False, True, False], [True] * 5])
    state = np.asarray(keras.ops.convert_to_numpy(layer(x, mask=mask)[2]))
    return ReproCase(
        "both", "", "keras.layers.Bidirectional", layer.get_config(), layer.get_weights(), [x],
        ["output = state + 0.25"], {"state": state}, {"mask": mask}, output=2,
    )  # fmt: skip


def test_they_run_and_print_what_was_found(tmp_path: Path) -> None:
    one, other = np.array([[1.0, 2.0]]), np.array([[0.5, 4.0]])
    joined = ReproCase(
        "concat", "In the other order.", "keras.layers.Concatenate", {"axis": -1}, [], [one, other],
        ["output = torch.cat([a, b], dim)"], {"a": other, "b": one, "dim": 1},
    )  # fmt: skip
    cases = {
        "wrong": norm(1e-5),
        "right": norm(1e-3),
        "dense": dense(),
        "flat": dense(torch=["output = F.linear(x, weight, bias)", "output = output.flatten()"]),
        "nested": bidirectional(),
        "joined": joined,
        "function": replace(joined, keras="keras.ops.subtract", config={}, torch=["output = nn.Identity()(a - b)"]),
    }
    written = {name: write_script(case, tmp_path / f"{name}.py") for name, case in cases.items()}
    assert {name for name, paths in written.items() if len(paths) == 2} == {"wrong", "right", "nested"}
    printed = dict(zip(cases, run(*(paths[0] for paths in written.values())), strict=True))

    gamma, _, mean, variance = cases["wrong"].weights
    centred = gamma * (cases["wrong"].inputs[0] - mean)
    by_epsilon = np.abs(centred * ((variance + 1e-5) ** -0.5 - (variance + 1e-3) ** -0.5)).max()
    kernel, bias = cases["dense"].weights
    forgotten = -(cases["dense"].inputs[0] @ kernel + bias).min()
    assert forgotten > 0.1
    assert off(printed["wrong"]) == pytest.approx(by_epsilon, rel=1e-3)
    assert off(printed["right"]) < 1e-14
    assert off(printed["dense"]) == pytest.approx(forgotten, rel=1e-3)
    assert printed["flat"] == "shape (3, 2) in Keras, (6,) in torch"
    assert off(printed["nested"]) == 0.25
    assert off(printed["joined"]) == 2.0
    assert off(printed["function"]) == 4.0


def test_it_is_what_a_person_would_write() -> None:
    text = script(dense(), "dense.npz", {})
    assert text.startswith('"""dense (keras.layers.Dense) gives other numbers in torch than in Keras.\n')
    assert "layer = keras.layers.Dense(units=2, activation='relu')\n" in text
    assert "from torch.nn import functional as F\n" in text
    assert "npz" not in text and "Path" not in text and "import nn" not in text
    nested = script(bidirectional(), "both.npz", {})
    assert (
        "    layer=keras.layers.GRU(return_sequences=True, return_state=True, zero_output_for_mask=True, units=3),\n"
        in nested
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda case: replace(case, keras="os.system"), "os.system is no class or function that is known of Keras"),
        (lambda case: replace(case, keras="keras.Sequential"), "keras.Sequential is neither a layer nor a function"),
        (lambda case: replace(case, config={"units=print(1), x": 2}), "is no name of an argument"),
        (lambda case: replace(case, config={"inner": held("os.system('x');a", "B")}), "is no name"),
        (lambda case: replace(case, config={"inner": held(None, "Mine")}), "Mine in its configuration"),
        (lambda case: replace(case, config={"units": object()}), "invalid syntax"),
        (lambda case: replace(case, torch=["output = ("]), "is not Python"),
        (lambda case: replace(case, torch=["result = x"]), "assigns no output"),
        (lambda case: replace(case, arguments={"layer": 1}), "call something layer"),
        (lambda case: replace(case, arguments={"a b": 1}), "is no name of an argument"),
        (lambda case: replace(case, arguments={"x": object()}), "its argument x is"),
        (lambda case: replace(case, inputs=[np.array([1j])]), "its array input_0 is of complex128"),
    ],
)  # fmt: skip
def test_what_is_no_plain_call_is_refused(change: Callable[[ReproCase], ReproCase], says: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="layer dense cannot be written as a script") as refusal:
        write_script(change(dense()), tmp_path / "a.py")
    assert says in str(refusal.value)
    assert not list(tmp_path.iterdir())


def test_a_name_that_is_no_script_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"a\.txt is no name of a script"):
        write_script(dense(), tmp_path / "a.txt")


def test_hostile_names_stay_words(tmp_path: Path) -> None:
    hostile = '"""\nimport os; os.remove("x")\n"""\\'
    text = script(dense(layer=hostile, says=hostile), "a.npz", {})
    tree = ast.parse(text)
    assert isinstance(tree.body[0], ast.Expr) and isinstance(tree.body[1], ast.Import)
    assert not any(isinstance(node, ast.Name) and node.id == "os" for node in ast.walk(tree))
    assert "import os" in (ast.get_docstring(tree) or "")


def test_where_one_file_cannot_be_written_neither_is(tmp_path: Path) -> None:
    (tmp_path / "norm.npz").mkdir()
    with pytest.raises(Refused, match="is a folder"):
        write_script(norm(1e-5), tmp_path / "norm.py")
    assert [path.name for path in tmp_path.iterdir()] == ["norm.npz"]
