"""LoRA: `.keras` files hold the adapted weights, legacy `.h5` files the weights and what is added to them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from equivalence import Ported, port
from equivalence.errors import Refused


def adapted(nested: bool = False, frozen: bool = False, alpha: int | None = None) -> Any:
    """Every kind of layer that can be adapted, all its arrays random; `alpha` is that of Dense and Embedding."""
    ids, image = keras.Input((4,), dtype="int32", name="ids"), keras.Input((6, 5, 3), name="image")
    conv, einsum = layers.Conv2D(4, 3, name="conv"), layers.EinsumDense("abcd,de->abce", (4, 3, 5), bias_axes="e")
    table, dense = layers.Embedding(9, 3, name="table"), layers.Dense(7, name="dense")
    x = layers.Flatten()(einsum(conv(image)))
    outputs = dense(layers.Concatenate()([x, layers.Flatten()(table(ids))]))
    model = keras.Model([ids, image], outputs, name="adapted")
    conv.enable_lora(2, lora_alpha=3)
    einsum.enable_lora(2, lora_alpha=0.5)
    table.enable_lora(2, lora_alpha=alpha)
    dense.enable_lora(2, lora_alpha=alpha)
    conv.trainable = not frozen
    if nested:
        inputs = [keras.Input((4,), dtype="int32", name="ids"), keras.Input((6, 5, 3), name="image")]
        model = keras.Model(inputs, layers.Dense(2, name="out")(model(inputs)), name="outer")
    random = np.random.default_rng(3)
    model.set_weights([random.normal(0.0, 0.5, weight.shape) for weight in model.get_weights()])
    return model


@pytest.mark.parametrize("ending", [".keras", ".h5"])
@pytest.mark.parametrize("options", [{}, {"nested": True}, {"frozen": True}, {"nested": True, "frozen": True}], ids=str)
def test_every_kind_of_layer(
    options: dict[str, bool], ending: str, tmp_path: Path, verified: Callable[..., Ported]
) -> None:
    adapted(**options).save(tmp_path / f"adapted{ending}")
    ported = verified(tmp_path / f"adapted{ending}")
    assert ported.report.verified, ported.report.because
    assert not [name for name in ported.module.state_dict() if "lora" in name]
    assert {str(tensor.dtype) for tensor in ported.module.state_dict().values()} == {"torch.float32"}


def test_a_scale_that_keras_forgets(tmp_path: Path) -> None:
    """Keras loads the file with another scale; the port is what the model was."""
    model = adapted(alpha=5)
    model.save(tmp_path / "adapted.h5")
    ported = port(tmp_path / "adapted.h5")
    assert ported.report.verified is None
    assert "Keras 3 forgets lora_alpha=5 when it reads an .h5" in ported.report.because
    random = np.random.default_rng(4)
    inputs = [random.integers(0, 9, (2, 4)).astype(np.int32), random.normal(size=(2, 6, 5, 3)).astype(np.float32)]
    expected = model.predict(inputs, verbose=0)
    assert np.abs(ported.predict(*inputs) - expected).max() < 1e-5 * np.abs(expected).max()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda group: group.move("lora_kernel_b", "b"), "is missing"),
        (
            lambda group: replace(group, "lora_kernel_b", np.zeros((3, 7))),
            "and the factors have shapes (72, 2) and (3, 7)",
        ),
    ],
    ids=["missing", "rank"],
)
def test_factors_that_do_not_fit(change: Callable[[Any], None], said: str, tmp_path: Path) -> None:
    adapted().save(tmp_path / "adapted.h5")
    with h5py.File(tmp_path / "adapted.h5", "a") as file:
        change(file["model_weights/dense/dense"])
    with pytest.raises(Refused, match=r"adapted\.h5: .*dense") as refused:
        port(tmp_path / "adapted.h5", verify=False)
    assert said in str(refused.value)


def replace(group: Any, name: str, array: np.ndarray) -> None:
    del group[name]
    group[name] = array.astype(np.float32)
