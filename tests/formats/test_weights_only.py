"""Weights in a file of their own, beside the JSON of their model, and `.keras` files that were never zipped."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from equivalence.errors import Refused
from equivalence.formats import read
from equivalence.translation.graph import Graph, ModelFile

KERAS2 = Path(__file__).with_name("keras2")


def arrays(graph: Graph, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every array of a graph, with the path of its layer and its place there."""
    for layer in graph.layers:
        if layer.graph is not None:
            yield from arrays(layer.graph, f"{path}{layer.name}/")
        for at, stored in layer.stored.items():
            for position, array in enumerate(stored):
                yield f"{path}{layer.name}:{at}:{position}", array.read()


def same(found: ModelFile, expected: ModelFile) -> int:
    """Asserts that two files hold the same arrays; returns how many."""
    one, other = dict(arrays(found.graph)), dict(arrays(expected.graph))
    assert list(one) == list(other)
    for name, array in one.items():
        np.testing.assert_array_equal(array, other[name], err_msg=name)
    found.close()
    expected.close()
    return len(one)


def architecture(model: Any, folder: Path) -> Path:
    path = folder / "model.json"
    path.write_text(model.to_json())
    return path


@pytest.mark.parametrize("name", ["two_heads", "chain", "recurrent"])
def test_weights_of_keras_3(name: str, models: dict[str, Any], files: Path, tmp_path: Path) -> None:
    models[name].save_weights(tmp_path / "w.weights.h5")
    config = architecture(models[name], tmp_path)
    assert same(read(tmp_path / "w.weights.h5", config=config), read(files / f"{name}.keras")) >= 10


def test_weights_in_shards(models: dict[str, Any], files: Path, tmp_path: Path) -> None:
    """The arrays of one layer lie in two files."""
    models["two_heads"].save_weights(tmp_path / "w.weights.json", max_shard_size=5e-7)
    index = json.loads((tmp_path / "w.weights.json").read_text())
    assert any(len(listed) > 1 for listed in index["weight_map"].values())
    config = architecture(models["two_heads"], tmp_path)
    assert same(read(tmp_path / "w.weights.json", config=config), read(files / "two_heads.keras")) >= 10


def test_a_folder_that_is_an_unpacked_keras_file(models: dict[str, Any], files: Path, tmp_path: Path) -> None:
    models["chain"].save(tmp_path / "chain", zipped=False)
    folder = read(tmp_path / "chain")
    assert folder.keras_version.startswith("3.")
    assert same(folder, read(files / "chain.keras")) >= 10


def weights_of_keras_2(name: str, folder: Path, rename: Callable[[str], str] = str) -> tuple[Path, Path]:
    """What `save_weights` and `to_json` of Keras 2 write, out of a whole file: the same groups, at the root."""
    with h5py.File(KERAS2 / name) as whole, h5py.File(folder / "w.h5", "w") as file:
        weights = whole["model_weights"]
        for key, group in weights.items():
            weights.copy(group, file, name=rename(key))
        for key, value in weights.attrs.items():
            file.attrs[key] = value
        file.attrs["layer_names"] = [
            rename(key.decode() if isinstance(key, bytes) else key) for key in weights.attrs["layer_names"]
        ]
        config = json.loads(whole.attrs["model_config"])
        version = whole.attrs["keras_version"]
    (folder / "w.json").write_text(json.dumps({**config, "keras_version": version, "backend": "tensorflow"}))
    return folder / "w.h5", folder / "w.json"


@pytest.mark.parametrize("name", ["nested.h5", "text.h5", "image.h5"])
def test_weights_of_keras_2(name: str, tmp_path: Path) -> None:
    weights, config = weights_of_keras_2(name, tmp_path)
    found = read(weights, config=config)
    assert found.keras_version == "2.21.0"
    assert same(found, read(KERAS2 / name)) >= 10


def test_layers_of_other_names_go_by_their_order(tmp_path: Path) -> None:
    weights, config = weights_of_keras_2("image.h5", tmp_path, lambda name: f"{name}_of_1")
    assert same(read(weights, config=config), read(KERAS2 / "image.h5")) >= 10
    with h5py.File(weights, "a") as file:
        file["norm_of_1"].attrs["weight_names"] = []
    with pytest.raises(
        Refused, match=r"w\.h5: the file has arrays of 5 layers, and 6 layers of the model have weights"
    ):
        read(weights, config=config)


def test_the_version_is_that_of_the_weights_where_the_configuration_has_none(tmp_path: Path) -> None:
    weights, config = weights_of_keras_2("image.h5", tmp_path)
    stated = json.loads(config.read_text())
    for item in [stated, *stated["config"]["layers"]]:
        item.pop("module", None)
    stated.pop("keras_version")
    config.write_text(json.dumps(stated))
    found = read(weights, config=config)
    assert found.keras_version == "2.21.0" and found.format == ".h5"
    found.close()
    with h5py.File(weights, "a") as file:
        del file.attrs["keras_version"]
    with pytest.raises(Refused, match=r"w\.h5 was written by Keras 1"):
        read(weights, config=config)


@pytest.fixture
def alone(models: dict[str, Any], tmp_path: Path) -> tuple[Path, Path]:
    models["chain"].save_weights(tmp_path / "w.weights.h5")
    return tmp_path / "w.weights.h5", architecture(models["chain"], tmp_path)


def test_weights_want_their_architecture(alone: tuple[Path, Path], tmp_path: Path) -> None:
    weights, config = alone
    with pytest.raises(
        Refused, match=r"w\.weights\.h5 holds weights alone .* pass the JSON of its model with --config"
    ):
        read(weights)
    with pytest.raises(
        Refused, match=r"model\.json is JSON .* port the file of the weights, and pass .* with --config"
    ):
        read(config)
    (tmp_path / "odd.json").write_text('{"layers": []}')
    with pytest.raises(
        Refused, match=r"odd\.json holds no model's class_name and config; write it with model\.to_json"
    ):
        read(weights, config=tmp_path / "odd.json")
    with pytest.raises(Refused, match=r"missing\.json cannot be opened"):
        read(weights, config=tmp_path / "missing.json")
    with pytest.raises(Refused, match=r"w\.weights\.h5 is not a readable"):
        read(weights, config=weights)


def test_a_whole_model_wants_no_architecture(alone: tuple[Path, Path], files: Path) -> None:
    for name in ("chain.keras", "chain.h5"):
        with pytest.raises(Refused, match=rf"{name} holds a model of its own: leave --config out"):
            read(files / name, config=alone[1])


def test_weights_of_another_model(alone: tuple[Path, Path], models: dict[str, Any], tmp_path: Path) -> None:
    models["two_heads"].save_weights(tmp_path / "other.weights.h5")
    with pytest.raises(Refused, match=r"other\.weights\.h5: "):
        read(tmp_path / "other.weights.h5", config=alone[1])


@pytest.mark.parametrize(
    ("weight_map", "said"),
    [
        ({"/layers/dense/vars": "../w.weights.h5"}, "'../w.weights.h5' is no plain name of a file beside it"),
        ({"/layers/dense/vars": ["/etc/passwd"]}, "'/etc/passwd' is no plain name"),
        ({"/layers/dense/vars": [3]}, "3 is no plain name"),
        ({"/layers/dense/vars": "missing.h5"}, "its part 'missing.h5' cannot be opened"),
        ({"/a": "w.weights.h5", "/b": "copy.h5"}, "is in two of its files"),
        ({}, "lists 0 files"),
        (None, "is no index of weights"),
    ],
)
def test_an_index_of_shards_that_is_none(weight_map: Any, said: str, alone: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "copy.h5").write_bytes(alone[0].read_bytes())
    (tmp_path / "s.weights.json").write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))
    with pytest.raises(Refused, match=r"s\.weights\.json") as refused:
        read(tmp_path / "s.weights.json", config=alone[1])
    assert said in str(refused.value)
