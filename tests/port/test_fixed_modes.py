"""Layers and models called with `training=`: in that mode always, whatever the model's is."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import torch
from keras import layers

from equivalence import Refused, port

IMAGES = (6, 8, 8, 3)


def images(seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(IMAGES).astype(np.float32)


def frozen() -> keras.Model:
    """Transfer learning as tutorials write it: a base in inference mode, a head that trains."""
    inside = [layers.Conv2D(4, 3, padding="same"), layers.BatchNormalization(), layers.Dropout(0.3)]
    base = keras.Sequential([keras.Input(IMAGES[1:]), *inside], name="base")
    x = keras.Input(IMAGES[1:])
    y = layers.BatchNormalization(name="still")(base(x, training=False), training=False)
    y = layers.BatchNormalization(name="moving")(y)
    model = keras.Model(x, layers.Dense(3)(layers.GlobalAveragePooling2D()(y)))
    rng = np.random.default_rng(0)
    model.set_weights([rng.uniform(0.5, 1.5, w.shape) for w in model.get_weights()])
    return model


def in_training(model: keras.Model, x: np.ndarray) -> np.ndarray:
    """What was written: the base and `still` in inference, the rest in training (Keras 3's fit has all in training)."""
    y = model.get_layer("still")(model.get_layer("base")(x, training=False), training=False)
    y = model.get_layer("moving")(y, training=True)
    return np.asarray(model.layers[-1](model.layers[-2](y)))


def in_torch(module: torch.nn.Module, x: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        return module(torch.from_numpy(x).permute(0, 3, 1, 2)).numpy()


def test_what_is_called_in_inference_stays_in_it() -> None:
    model, x = frozen(), images()
    ported = port(model)
    assert ported.report.verified
    module = ported.module
    still = {name: value.clone() for name, value in module.state_dict().items() if "moving." not in name}
    module.train()
    found = in_torch(module, x)
    np.testing.assert_allclose(found, in_training(model, x), rtol=1e-4, atol=1e-5)
    assert not np.allclose(found, in_torch(module.eval(), x), atol=1e-3)
    for name, value in still.items():
        assert torch.equal(module.state_dict()[name], value), name
    assert "self.base.eval()  # training=False always" in ported.source


def test_dropout_that_stays_on() -> None:
    x = keras.Input((40,))
    y = layers.Dropout(0.5, name="mc")(x, training=True)
    y = layers.GaussianNoise(0.1, name="noise")(y, training=True)
    ported = port(keras.Model(x, layers.Dense(2, name="head")(y)))
    assert ported.report.verified
    assert [note for note in ported.report.notes if "mc, noise: random in inference too" in note]
    module, given = ported.module.eval(), torch.ones(3, 40)
    with torch.no_grad():
        drawn = torch.stack([module.mc(given) for _ in range(400)])
        assert not torch.equal(module(given), module(given))
    assert set(drawn.unique().tolist()) == {0.0, 2.0}
    assert abs(drawn.mean().item() - 1) < 5 / np.sqrt(drawn.numel())


def test_batch_statistics_that_stay_on() -> None:
    x = keras.Input((5,))
    model = keras.Model(x, layers.BatchNormalization(name="norm")(x, training=True))
    ported = port(model)
    assert ported.report.verified
    given = np.random.default_rng(2).standard_normal((7, 5)).astype(np.float32) * 3 + 2
    with torch.no_grad():
        found = ported.module.eval()(torch.from_numpy(given)).numpy()
    np.testing.assert_allclose(found, model(given), rtol=1e-4, atol=1e-5)
    assert any("Keras 3's fit and predict override it" in note for note in ported.report.notes)


@pytest.mark.parametrize("first", [layers.RandomFlip(seed=1), layers.Dropout(0.5, seed=1)], ids=lambda one: one.name)
def test_a_mode_ends_with_its_call(first: Any) -> None:
    """In Keras, a mode that one call states goes over to all that follow: normalisation would see batch statistics."""
    image = keras.Input((5, 4, 3))
    x = first(image, training=True)
    x = layers.BatchNormalization(name="norm")(layers.Conv2D(4, 2)(x))
    model = keras.Model(image, layers.GlobalAveragePooling2D()(x))
    random = np.random.default_rng(4)
    for weight in model.weights:
        if "seed" not in weight.name:
            weight.assign(random.uniform(0.5, 1.5, weight.shape))
    ported = port(model)
    assert ported.report.verified, ported.report.because
    given = random.standard_normal((6, 5, 4, 3)).astype(np.float32)
    if isinstance(first, layers.RandomFlip):  # off in inference, where Keras is asked with training=False
        np.testing.assert_allclose(ported.predict(given), model(given, training=False), rtol=1e-4, atol=1e-5)


def shared_in_two_modes() -> Any:
    x = keras.Input((4,))
    layer = layers.Dropout(0.5, name="drop")
    return keras.Model(x, layers.Add()([layer(x), layer(x, training=True)]))


def a_model_in_training() -> Any:
    inner = keras.Sequential([keras.Input((4,)), layers.Dropout(0.5)], name="inner")
    x = keras.Input((4,))
    return keras.Model(x, layers.Dense(2)(inner(x, training=True)))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (shared_in_two_modes, "layer 'drop' .Dropout.: is called with training=True and with training=None"),
        (a_model_in_training, "layer 'inner' .Sequential.: is called with training=True"),
    ],
)
def test_what_is_refused(make: Any, message: str) -> None:
    with pytest.raises(Refused, match=message):
        port(make(), verify=False)
