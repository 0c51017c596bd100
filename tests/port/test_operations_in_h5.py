"""keras.ops in `.h5` files of Keras 3, which name no modules: told from the layers of the same names.

Keras cannot load most of these files itself; the same model in a `.keras` file, which it can, gives the truth.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import keras_models
import numpy as np
import pytest
from keras import layers, ops

from equivalence import Ported, port
from equivalence.catalogue import find
from equivalence.errors import Refused
from equivalence.formats.document import Document, class_name
from equivalence.translation.graph import ClassName


def operations_and_layers() -> Any:
    """Every class name that is an operation here and a layer there; operations with arrays and slices."""
    first, second = keras.Input((4,), name="first"), keras.Input((4,), name="second")
    x = first * 2 + 1
    y = layers.Multiply()([x, second])
    z = layers.Add()([ops.multiply(y, second), x * np.array([0.5, 1.0, -1.0, 2.0], "float32")])
    joined = layers.Concatenate()([ops.softmax(z), layers.Softmax()(y)])
    deep = layers.Reshape((4, 2))(joined)
    wide = ops.concatenate([ops.reshape(joined, (-1, 4, 2)), layers.ReLU()(deep)], axis=-1)
    cut = keras.activations.relu(wide[:, 1:3], negative_slope=0.25)
    return keras.Model([first, second], [ops.maximum(z, layers.Maximum()([x, y])), ops.mean(cut, axis=1)])


def nested_operations() -> Any:
    """Operations in a nested model, whose arrays an .h5 file keeps as one list."""
    inner = keras.Input((4,), name="inner")
    encoder = keras.Model(inner, layers.Dense(2)(ops.tanh(layers.Dense(3)(inner * 3))) - 1.0, name="encoder")
    image = keras.Input((4,), name="image")
    return keras.Model(image, layers.Dense(2)(encoder(image) * 2) / 4)


@pytest.mark.parametrize("make", [operations_and_layers, nested_operations, keras_models.operators])
def test_operations_are_those_of_the_keras_file(
    make: Callable[[], Any], saved: Callable[..., Path], verified: Callable[..., Ported]
) -> None:
    truth = verified(saved(make))
    assert truth.report.verified, truth.report.because
    ported = port(saved(make, ".h5"), verify=False)
    random = np.random.default_rng(3)
    shapes = [value.shape[1:] for _, value, _ in truth.draft.classes[-1].inputs]
    inputs = [random.standard_normal((2, *shape)).astype(np.float32) for shape in shapes]
    for found, expected in zip(_all(ported.predict(*inputs)), _all(truth.predict(*inputs)), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_an_operation_without_an_entry_is_not_taken_for_the_layer(tmp_path: Path) -> None:
    """Every operation of this Keras has an entry: one of a later version is made by hand."""
    inputs = keras.Input((4,))
    path = tmp_path / "model.h5"
    keras.Model(inputs, ops.average(inputs, axis=1)).save(path)
    with h5py.File(path, "r+") as file:
        config = file.attrs["model_config"]
        assert config.count('"class_name": "Average"') == 1
        file.attrs["model_config"] = config.replace('"class_name": "Average"', '"class_name": "Masking"')
    with pytest.raises(  # Keras numbers the names of one process
        Refused, match=r"layer 'average\w*' \(Masking\): no entry translates its class 'keras\.ops\.Masking'"
    ):
        port(path, verify=False)


@pytest.mark.parametrize(
    ("item", "version", "module"),
    [
        ({"class_name": "Add", "config": {"name": "add"}}, "3.15.1", "keras.ops"),
        ({"class_name": "Add", "config": {"name": "add", "trainable": True}}, "3.15.1", ""),
        ({"class_name": "Add", "config": {"name": "add"}}, "2.15.0", ""),
        ({"class_name": "Add", "config": {"name": "add"}, "module": "keras.layers"}, "3.15.1", "keras.layers"),
        ({"class_name": "Sequential", "config": {"name": "a", "layers": []}}, "3.15.1", ""),
        ({"class_name": "my>Add", "config": {"name": "add"}}, "3.15.1", ""),
    ],
    ids=["operation", "layer", "keras-2", "module", "model", "registered"],
)
def test_what_tells_an_operation(item: dict[str, Any], version: str, module: str) -> None:
    cls = class_name(item, Document("model.h5", version))
    assert cls == ClassName(module, item["class_name"], "")
    if module == "keras.ops":
        entry = find(cls)
        assert entry is not None and entry.keras == "keras.ops.add"


def _all(outputs: Any) -> list[np.ndarray]:
    return list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]


def test_several_axes_are_those_that_were_written(tmp_path: Path) -> None:
    """Keras 3 itself drops an axis that is a list when it reads an .h5 (keras/src/legacy/saving/saving_utils.py)."""
    x = keras.Input((7, 3))
    model = keras.Model(x, keras.layers.Softmax(axis=[1, 2])(x), name="axes")
    model.save(tmp_path / "axes.h5")
    ported = port(tmp_path / "axes.h5")
    assert ported.report.verified is None and "axis=[1, 2] is several axes" in ported.report.because
    inputs = np.random.default_rng(0).normal(size=(2, 7, 3)).astype(np.float32)
    assert np.abs(ported.predict(inputs) - model.predict(inputs, verbose=0)).max() < 1e-6
