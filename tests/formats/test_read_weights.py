"""Every array of a file reaches its layer, once, with its values."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from equivalence.formats import read
from equivalence.translation.graph import Graph, Layer, Stored

NAMES = ("two_heads", "chain", "recurrent")
ENDINGS = (".keras", ".h5")


def every_layer(graph: Graph) -> Iterator[Layer]:
    for layer in graph.layers:
        yield layer
        if layer.graph is not None:
            yield from every_layer(layer.graph)


def every_array(graph: Graph) -> list[Stored]:
    return [array for layer in every_layer(graph) for arrays in layer.stored.values() for array in arrays]


def in_h5py(path: Path) -> dict[str, Any]:
    """All arrays of a file but optimizer and random states, by path, as h5py reads them."""
    source: Any = path
    if path.suffix == ".keras":
        source = io.BytesIO(zipfile.ZipFile(path).read("model.weights.h5"))
    found: dict[str, Any] = {}

    def keep(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and "optimizer" not in name and "seed_generator" not in name:
            found[name] = item[()]

    with h5py.File(source) as file:
        file.visititems(keep)
    return found


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("name", NAMES)
def test_every_array_is_attached_once_with_its_values(files: Path, name: str, ending: str) -> None:
    expected = in_h5py(files / (name + ending))
    model = read(files / (name + ending))
    arrays = every_array(model.graph)
    assert sorted(array.path for array in arrays) == sorted(expected)
    for array in arrays:
        values = array.read()
        assert values.shape == array.shape and values.dtype.name == array.dtype == "float32"
        np.testing.assert_array_equal(values, expected[array.path])
    model.close()


def of_keras(model: Any, into: dict[str, Any]) -> dict[str, Any]:
    """Keras's layers by name, those of nested models too."""
    for layer in model.layers:
        into[layer.name] = layer
        if hasattr(layer, "layers"):
            of_keras(layer, into)
    return into


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("name", NAMES)
def test_every_layer_gets_the_arrays_that_keras_gives_it(
    models: dict[str, Any], files: Path, name: str, ending: str
) -> None:
    layers = of_keras(models[name], {})
    model = read(files / (name + ending))
    compared = 0
    for layer in every_layer(model.graph):
        if layer.graph is None and layer.stored:
            ours = [array.read() for arrays in layer.stored.values() for array in arrays]
            theirs = layers[layer.name].get_weights()
            assert {a.tobytes() for a in ours} == {a.tobytes() for a in theirs}
            if len(layer.stored) == 1:  # else the order of the parts is a matter of the layer's entry
                for a, b in zip(ours, theirs, strict=True):
                    np.testing.assert_array_equal(a, b)
            compared += len(ours)
    assert compared == len(models[name].get_weights())
    model.close()


def test_the_parts_of_a_layer_are_told_apart(files: Path) -> None:
    model = read(files / "recurrent.keras")
    parts = {layer.name: set(layer.stored) for layer in model.graph.layers}
    assert parts["both_ways"] == {"forward_layer/cell", "backward_layer/cell"}
    assert parts["attention"] == {"query_dense", "key_dense", "value_dense", "output_dense"}
    assert parts["each"] == {"layer"}
    assert parts["gru"] == {"cell"}
    assert parts["embedding"] == {""}
    model.close()


def test_legacy_arrays_carry_their_names(files: Path) -> None:
    model = read(files / "two_heads.h5")
    norm = next(layer for layer in every_layer(model.graph) if layer.name == "norm_b")
    assert [array.name for array in norm.stored[None]] == ["gamma", "beta", "moving_mean", "moving_variance"]
    model.close()


def test_a_frozen_layer_in_a_nested_model_keeps_its_arrays(models: dict[str, Any], files: Path) -> None:
    model = read(files / "two_heads.h5")
    frozen = next(layer for layer in every_layer(model.graph) if layer.name == "conv_b")
    assert not frozen.trainable
    kernel = models["two_heads"].get_layer("encoder").get_layer("conv_b").kernel.numpy()
    np.testing.assert_array_equal(frozen.stored[None][0].read(), kernel)
    model.close()


def test_a_layer_shared_with_a_nested_model_is_one_layer(tmp_path: Path) -> None:
    import keras

    shared = keras.layers.Dense(3, name="shared")
    inner, x = keras.Input((4,)), keras.Input((4,))
    tower = keras.Model(inner, keras.layers.Dense(2, name="top")(shared(inner)), name="tower")
    keras.Model(x, [shared(x), tower(x)]).save(tmp_path / "shared.keras")
    model = read(tmp_path / "shared.keras")
    layers = [layer for layer in every_layer(model.graph) if layer.name == "shared"]
    assert len(layers) == 2 and layers[0] is layers[1]
    assert [array.shape for array in layers[0].stored[""]] == [(4, 3), (3,)]
    model.close()


def test_split_attributes_are_joined(tmp_path: Path) -> None:
    import keras

    layers = [keras.layers.Dense(2, name=f"{'long' * 200}_{index}") for index in range(90)]
    keras.Sequential([keras.Input((2,)), *layers]).save(tmp_path / "long.h5")
    with h5py.File(tmp_path / "long.h5") as file:
        assert "layer_names1" in file["model_weights"].attrs
    model = read(tmp_path / "long.h5")
    assert len(every_array(model.graph)) == 180
    model.close()


def test_bfloat16_comes_as_float32(tmp_path: Path) -> None:
    import keras

    dense = keras.layers.Dense(3, dtype="bfloat16", name="dense")
    source = keras.Sequential([keras.Input((4,)), dense])
    dense.set_weights([np.arange(12.0).reshape(4, 3) / 8, np.ones(3)])
    source.save(tmp_path / "short.keras")
    model = read(tmp_path / "short.keras")
    kernel, bias = (array for layer in model.graph.layers for array in layer.stored.get("", ()))
    assert (kernel.dtype, bias.shape) == ("bfloat16", (3,))
    np.testing.assert_array_equal(kernel.read(), np.arange(12, dtype=np.float32).reshape(4, 3) / 8)
    model.close()


def test_bytes_and_deflated_files_read_alike(files: Path) -> None:
    content = (files / "chain.keras").read_bytes()
    deflated = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(deflated, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    plain, packed = read(content, name="a"), read(deflated.getvalue(), name="b")
    for a, b in zip(every_array(plain.graph), every_array(packed.graph), strict=True):
        assert a.path == b.path
        np.testing.assert_array_equal(a.read(), b.read())
    plain.close()
    packed.close()


def test_chunked_arrays_are_read(files: Path, tmp_path: Path) -> None:
    path = tmp_path / "chunked.h5"
    path.write_bytes((files / "chain.h5").read_bytes())
    with h5py.File(path, "a") as file:
        group = next(item for name, item in file["model_weights"].items() if name.startswith("sequential"))
        names = list(group.attrs["weight_names"])
        values = group[names[0]][()]
        del group[names[0]]
        group.create_dataset(names[0], data=values, chunks=(2, 3))
    model = read(path)
    hidden = next(layer for layer in every_layer(model.graph) if layer.name == "hidden")
    np.testing.assert_array_equal(hidden.stored[None][0].read(), values)
    model.close()


def test_the_containers_of_keras_2_12_are_found(files: Path) -> None:
    """Keras 2.12 and 2.13 wrote `_layer_checkpoint_dependencies` for `layers`."""
    out = io.BytesIO()
    with zipfile.ZipFile(files / "chain.keras") as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            data = io.BytesIO(old.read(name))
            if name.endswith(".h5"):
                with h5py.File(data, "a") as file:
                    groups: list[str] = []
                    file.visit(groups.append)
                    for path in reversed([path for path in groups if path.endswith("layers")]):
                        file.move(path, path[: -len("layers")] + "_layer_checkpoint_dependencies")
            new.writestr(name, data.getvalue())
    model = read(out.getvalue())
    paths = [array.path for array in every_array(model.graph)]
    assert len(paths) == 10 and all(path.count("_layer_checkpoint_dependencies/") == 2 for path in paths)
    model.close()


def test_the_state_of_a_generator_is_no_weight(files: Path, tmp_path: Path) -> None:
    """Keras 2.6 to 2.8 listed it among the weights of random layers."""
    path = tmp_path / "state.h5"
    path.write_bytes((files / "chain.h5").read_bytes())
    with h5py.File(path, "a") as file:
        group = next(item for name, item in file["model_weights"].items() if name.startswith("dropout"))
        group["dropout/StateVar:0"] = np.arange(3)
        group.attrs["weight_names"] = ["dropout/StateVar:0"]
    model = read(path)
    assert len(every_array(model.graph)) == 10
    model.close()
