"""Porting where Keras or TensorFlow is missing: the port is made, and the report says what could be checked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras_models

#: A process, and every Python it starts, in which these packages are not installed.
MISSING = """
import sys

class Without:
    def __init__(self, finder):
        self.finder = finder

    def find_spec(self, name, path=None, target=None):
        return None if name.partition(".")[0] in {names!r} else self.finder.find_spec(name, path, target)

    def __getattr__(self, name):
        return getattr(self.finder, name)

sys.meta_path[:] = [Without(finder) for finder in sys.meta_path]
"""


def port_without(names: list[str], model: Path, folder: Path) -> tuple[int, dict[str, Any], str]:
    """Exit code, report and standard error of the command where `names` cannot be imported."""
    (folder / "site").mkdir(parents=True)
    (folder / "site" / "sitecustomize.py").write_text(MISSING.format(names=names))
    python_path = os.pathsep.join(filter(None, [str(folder / "site"), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, "-m", "equivalence", "port", str(model), "-o", str(folder / "out"), "--json"],
        env={**os.environ, "PYTHONPATH": python_path},
        capture_output=True,
        text=True,
    )
    return done.returncode, json.loads(done.stdout), done.stderr


def test_without_keras_a_model_is_ported_and_one_warning_says_it_was_not_verified(
    saved: Callable[..., Path], tmp_path: Path
) -> None:
    code, report, said = port_without(["keras", "tensorflow", "h5py"], saved(keras_models.functional), tmp_path)
    assert code == 0
    assert report["verified"] is None and "Keras is not installed" in report["because"]
    assert said.count("\n") == 1 and "not verified: Keras is not installed" in said
    assert {path.suffix for path in (tmp_path / "out").iterdir()} == {".py", ".safetensors", ".json"}


def test_without_tensorflow_keras_on_torch_verifies(saved: Callable[..., Path], tmp_path: Path) -> None:
    code, report, said = port_without(["tensorflow"], saved(keras_models.functional), tmp_path)
    assert (code, report["verified"], said) == (0, True, "")
    assert "torch" in report["versions"] and "tensorflow" not in report["versions"]
    assert all(row["equal"] for row in report["layers"])
