"""Models that are large: what a port holds in memory at once, and files written tensor by tensor."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import keras_models
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from equivalence import port
from equivalence.formats.tensors_file import LazyTensor, write_tensors
from equivalence.porting import port_to
from scripts import large_model

#: Peak memory in bytes of a process that ports a file without verification, and of its imports.
MEASURED = """
import resource, sys
import einops, equivalence.porting, safetensors.torch
def peak(): return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
imports = peak()
equivalence.porting.port_to(sys.argv[2], sys.argv[1], verify=False)
print(imports, peak())
"""
#: Of an emitted file that loads its weights, and looks at one number of each: how much of it is memory of its own.
LOADED = """
import importlib.util, re, sys
from pathlib import Path
spec = importlib.util.spec_from_file_location("emitted", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
def own(): return 1024 * int(re.search(r"RssAnon:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
before = own()
model = module.load()
print(before, own(), sum(float(parameter.flatten()[0]) for parameter in model.parameters()))
"""
LAYERS, WIDTH = 32, 1024
LARGEST = 4 * WIDTH**2  # bytes
SLACK = 40 * 2**20  # bytes: for the graph, the text, and what Python keeps


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of 134 MB of which no array is larger than 4 MB."""
    path = tmp_path_factory.mktemp("large") / "large.h5"
    large_model.wide(path, LAYERS, WIDTH)
    return path


def numbers(script: str, *arguments: Path) -> list[float]:
    done = subprocess.run([sys.executable, "-c", script, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [*map(float, done.stdout.split())]


def test_a_port_holds_its_tensors_one_at_a_time_and_load_maps_them(large: Path) -> None:
    imports, peak = numbers(MEASURED, large, large.parent / "out")
    assert peak - imports <= 2 * LARGEST + SLACK < LAYERS * LARGEST
    before, after, total = numbers(LOADED, large.parent / "out" / "large.py")
    assert after - before <= SLACK and total == 0


def test_a_model_may_be_deeper_than_python_recurses(tmp_path: Path) -> None:
    path = tmp_path / "deep.h5"
    large_model.plain(path, 480)
    port(path, verify=False)  # what is imported is, and that recurses
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + 200)
    try:
        ported = port(path, verify=False)
    finally:
        sys.setrecursionlimit(before)
    assert len(ported.report.emitted) == 480


def test_without_verification_the_files_are_those_of_the_module(saved: Callable[..., Path], tmp_path: Path) -> None:
    for make in (keras_models.functional, keras_models.nested):
        path = saved(make)
        _, paths = port_to(tmp_path / "file", path, verify=False)
        for streamed, module in zip(paths, port(path, verify=False).save(tmp_path / "module"), strict=True):
            assert streamed.read_bytes() == module.read_bytes()


def test_the_bytes_are_those_that_the_library_writes(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    arrays = {
        f"{letter}.{dtype}": random.integers(0, 2, shape).astype(dtype)
        for dtype in "float64 float32 float16 int64 int32 int16 int8 uint64 uint32 uint16 uint8 bool".split()
        for letter, shape in (("b", (2, 3)), ("a", ()), ("é", (0, 4)), ("C", (5,)))
    }
    save_file(arrays, tmp_path / "theirs", metadata={"format": "pt"})
    write_tensors(
        tmp_path / "ours",
        [LazyTensor(name, array.dtype.name, array.shape, lambda array=array: array) for name, array in arrays.items()],
    )
    assert (tmp_path / "ours").read_bytes() == (tmp_path / "theirs").read_bytes()
    assert load_file(tmp_path / "ours").keys() == arrays.keys()


@pytest.mark.parametrize("piece", [1, 100, 1 << 20], ids=["rows", "parts", "whole"])
def test_an_array_may_lie_in_any_order(piece: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("equivalence.formats.tensors_file._PIECE", piece)
    array = np.random.default_rng(0).normal(size=(3, 5, 7)).astype(np.float32)
    views = {"t": array.T, "s": array[:, ::2], "w": array.swapaxes(0, 1), "plain": array}
    tensors = [LazyTensor(name, "float32", view.shape, lambda view=view: view) for name, view in views.items()]
    write_tensors(tmp_path / "x", tensors)
    for name, found in load_file(tmp_path / "x").items():
        assert np.array_equal(found, views[name])


@pytest.mark.parametrize("array", [np.zeros((2, 3), np.float64), np.zeros((3, 2), np.float32)], ids=["dtype", "shape"])
def test_what_is_read_is_what_was_said(array: np.ndarray, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not float32"):
        write_tensors(tmp_path / "x", [LazyTensor("x", "float32", (2, 3), lambda: array)])


def test_a_module_that_its_weights_do_not_fit_is_not_written(
    saved: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("equivalence.verification.written_port.empty_state", lambda text, name: {"conv.weight": (1, 2)})
    with pytest.raises(RuntimeError, match="do not agree on"):
        port_to(tmp_path / "out", saved(keras_models.sequential), verify=False)
    assert not (tmp_path / "out").exists()
