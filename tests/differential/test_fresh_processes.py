"""A saved port is loaded where neither this package nor Keras is, and what goes wrong there is said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from differential.fresh import FreshProcesses

#: An emitted file in small.
FILE = """
{begins}
import torch

class Twice(torch.nn.Module):
    def forward(self, x):
        {runs}
        return {{"b": x, "a": [2 * x]}}

def load():
    return Twice()
"""
TROUBLE = {
    "imports-the-package": ("import equivalence", "pass", "ModuleNotFoundError: import of equivalence"),
    "imports-keras": ("import keras.layers", "pass", "ModuleNotFoundError"),
    "raises": ("", "raise ValueError('no such shape')", "ValueError: no such shape"),
    "leaves": ("", "raise SystemExit('at once')", "SystemExit: at once"),
    "dies": ("import os", "os.kill(os.getpid(), 9)", "killed by SIGKILL"),
}


@pytest.fixture(scope="module")
def fresh() -> Iterator[FreshProcesses]:
    made = FreshProcesses()
    yield made
    made.close()


def said(fresh: FreshProcesses, folder: Path, begins: str, runs: str) -> str:
    source, inputs = folder / "twice.py", folder / "inputs.npz"
    source.write_text(FILE.format(begins=begins, runs=runs), "utf-8")
    np.savez(inputs, np.arange(3.0))
    return fresh.load(source=source, inputs=inputs, outputs=folder / "outputs.npz")


def test_outputs_come_back_flattened_as_keras_does(fresh: FreshProcesses, tmp_path: Path) -> None:
    assert said(fresh, tmp_path, "", "pass") == ""
    with np.load(tmp_path / "outputs.npz") as found:
        assert [found[name].tolist() for name in found.files] == [[0.0, 2.0, 4.0], [0.0, 1.0, 2.0]]


@pytest.mark.parametrize("what", TROUBLE)
def test_what_goes_wrong_is_said(what: str, fresh: FreshProcesses, tmp_path: Path) -> None:
    begins, runs, expected = TROUBLE[what]
    assert said(fresh, tmp_path, begins, runs).startswith(expected)


def test_no_file_finds_what_another_has_left(fresh: FreshProcesses, tmp_path: Path) -> None:
    assert said(fresh, tmp_path, "import builtins; builtins.left = 1", "torch.set_default_dtype(torch.float64)") == ""
    assert said(fresh, tmp_path, "", "assert torch.get_default_dtype() == torch.float32; left").startswith("NameError")
