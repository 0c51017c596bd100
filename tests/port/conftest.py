"""Model files, and the Keras processes that say what they compute."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from equivalence import Ported, port
from equivalence.keras_side import KerasProcess
from equivalence.verification.against_keras import compare_with


@pytest.fixture(scope="session")
def keras_process() -> Iterator[KerasProcess]:
    with KerasProcess("tensorflow", threads=1) as process:
        yield process


@pytest.fixture(scope="session")
def keras_on_torch() -> Iterator[KerasProcess]:
    """What runs channels_first models on a CPU."""
    with KerasProcess("torch", threads=1) as process:
        yield process


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Saves the model that a function makes, its weights random, once for each function and kind of file."""
    from keras_models import randomised

    folder, files = tmp_path_factory.mktemp("models"), set[Path]()

    def save(make: Callable[[], Any], ending: str = ".keras") -> Path:
        path = folder / make.__module__ / f"{make.__name__}{ending}"
        if path not in files:
            path.parent.mkdir(exist_ok=True)
            randomised(make()).save(path)
            files.add(path)
        return path

    return save


@pytest.fixture
def verified(keras_process: KerasProcess) -> Callable[..., Ported]:
    """Ports a file and holds every layer against Keras."""

    def check(path: Path, process: KerasProcess = keras_process, **options: Any) -> Ported:
        ported = port(path, verify=False, **options)
        compare_with(process, ported, path, lambda what: None)
        return ported

    return check


@pytest.fixture
def truth(tmp_path: Path) -> Callable[..., Any]:
    """What Keras returns for a file, in float64 and in the model's own structure."""

    def run(process: KerasProcess, path: Path, *inputs: np.ndarray) -> Any:
        folder = tmp_path / f"{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        np.savez(folder / "inputs.npz", *inputs)
        answer = process.call("run_model", path=path, inputs=folder / "inputs.npz", dtype="float64", out_dir=folder)
        return loaded(answer["outputs"], folder)

    return run


def loaded(structure: Any, folder: Path) -> Any:
    if isinstance(structure, dict):
        return {key: loaded(part, folder) for key, part in structure.items()}
    if isinstance(structure, list):
        return [loaded(part, folder) for part in structure]
    return np.load(folder / structure)
