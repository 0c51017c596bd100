"""The child process: what it may do to the caller is to answer, or to fail with one sentence."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from equivalence.errors import Unavailable
from equivalence.keras_side import KerasFailed, KerasProcess, available_backends


def fake_keras(monkeypatch: pytest.MonkeyPatch, folder: Path, source: str) -> None:
    """Have the child import this as `keras`."""
    (folder / "keras.py").write_text(source)
    monkeypatch.setenv("PYTHONPATH", str(folder))


def test_without_keras_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert available_backends() == ()
    with pytest.raises(Unavailable, match=r"pip install 'keras-torch-equivalence\[keras\]'"):
        KerasProcess()


def test_a_backend_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="Keras cannot run on jax here"):
        KerasProcess("jax")


def test_a_broken_installation_is_unavailable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake_keras(monkeypatch, tmp_path, "raise OSError('libcudart.so is missing')")
    with KerasProcess() as process, pytest.raises(Unavailable, match=r"OSError: libcudart\.so is missing"):
        process.call("run_model")


def test_what_libraries_print_is_no_answer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    noise = "import os\nprint('hello {')\nos.write(1, b'{\"result\": 1}\\n')\n__version__ = '0'\n"
    config = "class config:\n    backend = staticmethod(lambda: 'numpy')\n"
    fake_keras(monkeypatch, tmp_path, noise + config)
    with KerasProcess() as process:
        assert process.versions["keras"] == "0"


def test_a_dying_child_is_reported_with_its_last_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake_keras(monkeypatch, tmp_path, "import os, sys\nprint('out of luck', file=sys.stderr)\nos.abort()")
    with KerasProcess("torch") as process, pytest.raises(KerasFailed) as failure:
        process.call("run_model")
    assert str(failure.value) == "Keras on torch was killed by SIGABRT (out of luck) in starting"


def test_an_error_in_the_child_is_one_sentence_and_the_child_lives(keras_process: KerasProcess) -> None:
    for _ in range(2):
        with pytest.raises(KerasFailed, match=r"^Keras on \w+ failed in run_model: .*no\.keras[^\n]*$"):
            keras_process.call("run_model", path="no.keras", inputs="x", dtype="float64", out_dir="x")


def test_after_its_time_the_child_is_killed_and_the_next_call_has_a_new_one(tmp_path: Path) -> None:
    case = {"keras": "keras.layers.ReLU", "kind": "layer", "config": {}, "seed": 0}
    case["inputs"] = [{"shape": [3], "dtype": "float32"}]
    with KerasProcess("tensorflow", threads=1) as process:
        assert process.versions["keras"]
        process.time_limit = 0.0
        with pytest.raises(KerasFailed, match="took more than 0 s in make_case"):
            process.call("make_case", case=case, out_path=tmp_path / "case.keras")
        process.time_limit = 300.0
        assert process.call("make_case", case=case, out_path=tmp_path / "case.keras")["weights"] == []


def test_memory_beyond_the_limit_is_a_failure(tmp_path: Path) -> None:
    case: dict[str, Any] = {"keras": "keras.layers.ZeroPadding1D", "kind": "layer", "seed": 0}
    case |= {"config": {"padding": 2**28}, "inputs": [{"shape": [None, 7], "dtype": "float32"}]}
    np.savez(tmp_path / "inputs.npz", np.zeros((1, 3, 7), np.float32))
    (tmp_path / "out").mkdir()
    with KerasProcess("torch", memory_limit=2 * 2**30, threads=1) as process:
        process.call("make_case", case=case, out_path=tmp_path / "case.keras")
        with pytest.raises(KerasFailed):
            process.call(
                "run_model",
                path=tmp_path / "case.keras",
                inputs=tmp_path / "inputs.npz",
                dtype="float32",
                out_dir=tmp_path / "out",
            )


def test_nothing_is_left_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake_keras(monkeypatch, tmp_path, "__version__ = '0'\nclass config:\n    backend = lambda: 'os.path'\n")
    with KerasProcess() as process:
        with pytest.raises(Unavailable):
            assert process.versions
        folder = process.folder
        assert folder.exists()
    assert not folder.exists()
    assert os.environ["PYTHONPATH"] == str(tmp_path)
