"""Masks through merging and elementwise layers: they change what Keras computes behind them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import pytest
from keras import layers

from equivalence import Ported, formats
from equivalence.emit.emitter import emit
from equivalence.emit.file_text import render_file
from equivalence.torch_side.oracle import TorchOracle


@pytest.fixture
def ids() -> list[Any]:
    return [keras.Input((7,), dtype="int32", name=name) for name in ("first", "second")]


def embedded(ids: Any, masked: bool = True) -> Any:
    return layers.Embedding(3, 4, mask_zero=masked)(ids)


@pytest.mark.parametrize("name", ["Add", "Subtract", "Average", "Multiply", "Maximum", "Minimum"])
def test_a_merge_of_masked_sequences(name: str, ported: Callable[..., Ported], ids: list[Any]) -> None:
    """With both inputs masked, and with either; the pooling behind shows the mask that comes out."""
    merge = getattr(layers, name)
    first, second, plain = embedded(ids[0]), embedded(ids[1]), embedded(ids[1], masked=False)
    merged = [merge()(pair) for pair in ([first, second], [first, plain], [plain, second])]
    ported(ids, [*merged, *(layers.GlobalAveragePooling1D()(value) for value in merged)])


@pytest.mark.parametrize("axis", [1, 2])
def test_a_concatenated_mask(axis: int, ported: Callable[..., Ported], ids: list[Any]) -> None:
    """Multiply heeds the masks of what it is given, and so shows those of the concatenations."""
    first, second, plain = embedded(ids[0]), embedded(ids[1]), embedded(ids[1], masked=False)
    pairs = [first, plain], [first, second], [plain, second]
    joined = [layers.Concatenate(axis=axis)(pair) for pair in pairs]
    ported(ids, [layers.Multiply()(joined[:2]), layers.Minimum()(joined[1:])])


def test_elementwise_layers_pass_the_mask_on(ported: Callable[..., Ported]) -> None:
    steps = keras.Input((9,), dtype="int32", name="steps")
    x = layers.Masking(mask_value=0.0)(layers.Embedding(2, 4, mask_zero=True)(steps))
    for layer in (layers.Activation("elu"), layers.PReLU(shared_axes=[1]), layers.Dense(3), layers.Identity()):
        x = layer(x)
    port = ported(steps, layers.GlobalAveragePooling1D()(x))
    assert "masked_fill" in port.source


@pytest.mark.parametrize(
    ("name", "version", "heeded"),
    [("Maximum", "3.3.3", False), ("Multiply", "2.15.0", False), ("Maximum", "3.4.0", True), ("Multiply", "", True)],
)
def test_masked_elements_count_in_files_before_keras_3_4(
    name: str, version: str, heeded: bool, tmp_path: Path, ids: list[Any]
) -> None:
    outputs = getattr(layers, name)()([embedded(ids[0]), embedded(ids[1])])
    keras.Model(ids, outputs).save(tmp_path / "model.keras")
    model = formats.read(tmp_path / "model.keras")
    model.keras_version = version
    source = render_file(emit(model, TorchOracle(), "Model"))
    model.close()
    assert ("unsqueeze" in source) is heeded
