"""Ports of weights that lie in a file of their own: Keras itself builds the model from the JSON and loads them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import keras_models
import pytest

from equivalence import dry_run, port
from equivalence.cli import main
from equivalence.keras_side import KerasProcess
from equivalence.verification.against_keras import Original, compare_with

KERAS2 = Path(__file__).parent.parent / "formats" / "keras2"


@pytest.fixture
def equal(keras_process: KerasProcess) -> Callable[[Path, Path], Any]:
    """Ports weights beside a configuration and holds every layer against Keras."""

    def check(weights: Path, config: Path) -> Any:
        ported = port(weights, config=config, verify=False)
        report = compare_with(keras_process, ported, Original(weights, config), lambda what: None)
        assert report.verified, report.because
        assert {row["path"] for row in report.layers} == {call.path for call in report.emitted}
        return ported

    return check


def split(path: Path, folder: Path, **options: Any) -> tuple[Path, Path]:
    """A saved model as `model.save_weights` and `model.to_json` write it."""
    model = keras.saving.load_model(path)
    weights, config = folder / f"split.weights.{'json' if options else 'h5'}", folder / "split.json"
    model.save_weights(weights, **options)
    config.write_text(model.to_json())
    return weights, config


def test_weights_of_keras_3(saved: Callable[..., Path], tmp_path: Path, equal: Callable[[Path, Path], Any]) -> None:
    path = saved(keras_models.nested)
    ported = equal(*split(path, tmp_path))
    assert ported.name == "split" and ported.report.source == "split.weights.h5"
    assert ported.source.partition('"""\n')[2] == port(path, verify=False, name="split").source.partition('"""\n')[2]


def test_weights_in_shards(saved: Callable[..., Path], tmp_path: Path, equal: Callable[[Path, Path], Any]) -> None:
    ported = equal(*split(saved(keras_models.functional), tmp_path, max_shard_size=3e-6))
    assert len(list(tmp_path.glob("split_0000*.weights.h5"))) > 1
    assert ported.name == "split"


def with_modules(value: Any) -> Any:
    """What the JSON of Keras 2 says of classes since 2.13, where `.h5` does not."""
    if isinstance(value, dict):
        made = {key: with_modules(part) for key, part in value.items()}
        return {"module": "keras.layers", "registered_name": None, **made} if "class_name" in made else made
    return [with_modules(part) for part in value] if isinstance(value, list) else value


@pytest.mark.parametrize("change", [with_modules, dict], ids=["2.13-and-later", "before"])
def test_weights_of_keras_2(change: Callable[[Any], Any], tmp_path: Path, equal: Callable[[Path, Path], Any]) -> None:
    weights, config = tmp_path / "w.h5", tmp_path / "w.json"
    with h5py.File(KERAS2 / "image.h5") as whole, h5py.File(weights, "w") as file:
        for key, group in whole["model_weights"].items():
            whole["model_weights"].copy(group, file, name=key)
        file.attrs.update(whole["model_weights"].attrs)
        stated, version = json.loads(whole.attrs["model_config"]), whole.attrs["keras_version"]
    config.write_text(json.dumps({**change(stated), "keras_version": version}))
    equal(weights, config)


def test_by_the_command_line(saved: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights, config = split(saved(keras_models.sequential), tmp_path)
    assert main(["port", str(weights), "--config", str(config), "-o", str(tmp_path / "out"), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["verified"] is True and report["source"] == "split.weights.h5"
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "split.py", "split.safetensors", "split.report.json"
    }  # fmt: skip
    assert main(["port", str(weights), "--config", str(config), "--dry-run"]) == 0
    assert not dry_run(weights, config=config).missing
