"""Layers and models called with `training=`: in that mode always, whatever the model's is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import torch
from keras import layers
from keras_models import randomised

from equivalence import Ported, Refused, port

KERAS2 = Path(__file__).parent.parent / "formats" / "keras2"
IMAGES = (6, 8, 8, 3)


@pytest.fixture
def held(verified: Callable[..., Ported], tmp_path: Path) -> Callable[..., Ported]:
    """Saves a model, ports the file, and holds every layer against Keras."""

    def check(model: keras.Model, ending: str = ".keras") -> Ported:
        model.save(tmp_path / f"model{ending}")
        return verified(tmp_path / f"model{ending}")

    return check


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


def stochastic(stated: bool | None = None) -> keras.Model:
    """A model of batch statistics and random layers, one of which draws within attention; `stated`: of its first."""
    x = given = keras.Input((7, 6), name="given")
    x = layers.BatchNormalization(name="first")(x, training=stated)
    x = layers.MultiHeadAttention(2, 4, dropout=0.25, name="attention")(x, x)
    x = layers.Dropout(0.5, name="dropout")(layers.BatchNormalization(name="second")(x))
    return keras.Model(given, x, name="inner")


def around(inner: keras.Model, training: bool) -> keras.Model:
    """What follows the inner model says nothing of its mode."""
    given = keras.Input((7, 6), name="around")
    return randomised(
        keras.Model(given, layers.BatchNormalization(name="after")(inner(given, training=training)), name="outer")
    )


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_a_model_in_training(ending: str, held: Callable[..., Ported]) -> None:
    """Its batch statistics are those of the batch, its random layers draw; what comes after it is in inference."""
    ported = held(around(stochastic(), True), ending)
    report = ported.report
    assert report.verified and all(row["equal"] for row in report.layers), report.because
    assert {"inner/first", "inner/attention", "inner/second", "after"} <= {row["path"] for row in report.layers}
    assert any("inner.attention, inner.dropout: random in inference too" in note for note in report.notes)
    assert any("what runs after a call with training=True in that mode too" in note for note in report.notes)
    given = torch.randn(5, 6, 7)
    with torch.no_grad():
        assert not torch.equal(ported.module.eval().inner(given), ported.module.inner(given))
    assert not ported.module.after.training and ported.module.inner.second.training


def test_a_live_model_s_statistics_stay_what_they_are() -> None:
    model = around(stochastic(), True)
    ported = port(model)
    assert ported.report.verified, ported.report.because
    found, norm = ported.module.inner.second, model.get_layer("inner").get_layer("second")
    np.testing.assert_array_equal(found.running_mean, norm.moving_mean)
    np.testing.assert_array_equal(found.running_var, norm.moving_variance)


@pytest.mark.parametrize("outer", [True, False])
def test_keras_3_calls_all_within_in_the_mode_of_the_model(outer: bool, held: Callable[..., Ported]) -> None:
    """Whatever their calls say."""
    ported = held(around(stochastic(stated=not outer), outer))
    assert ported.report.verified, ported.report.because
    for mode in (True, False):
        assert ported.module.train(mode).inner.first.training == ported.module.inner.second.training == outer


def test_keras_2_goes_by_the_calls_within() -> None:
    """Against what Keras 2 computed, where two models and a layer in each are called in modes of their own."""
    ported = port(KERAS2 / "modes.h5", verify=False)
    with np.load(KERAS2 / "modes.npz") as expected:
        found = ported.predict(expected["features"])
        assert np.abs(found - expected["out"]).max() < 1e-6 * np.abs(expected["out"]).max()


@pytest.mark.parametrize("training", [True, False])
def test_a_wrapped_model(training: bool, held: Callable[..., Ported]) -> None:
    """In training, its batch statistics are those of each step."""
    inner = keras.Sequential([keras.Input((5,)), layers.Dense(4), layers.BatchNormalization(name="norm")], name="inner")
    steps = keras.Input((3, 5), name="steps")
    x = layers.TimeDistributed(inner, name="each")(steps, training=training)
    ported = held(randomised(keras.Model(steps, x)))
    assert ported.report.verified, ported.report.because
    assert ported.module.train(not training).inner.norm.training == training
    assert ported.source.count("self.inner(") == (3 if training else 1)


def test_statistics_after_dropout_that_stays_on_are_those_of_inference(held: Callable[..., Ported]) -> None:
    x = keras.Input((5,), name="x")
    y = layers.Dense(4, name="dense")(layers.Dropout(0.5, name="mc")(x, training=True))
    ported = held(randomised(keras.Model(x, layers.BatchNormalization(name="norm")(y))))
    assert ported.report.verified, ported.report.because
    assert not ported.module.norm.training


def shared_in_two_modes() -> Any:
    x = keras.Input((4,))
    layer = layers.Dropout(0.5, name="drop")
    return keras.Model(x, layers.Add()([layer(x), layer(x, training=True)]))


def a_model_in_two_modes() -> Any:
    inner = keras.Sequential([keras.Input((4,)), layers.Dropout(0.5)], name="inner")
    x = keras.Input((4,))
    return keras.Model(x, layers.Add()([inner(x, training=True), inner(x)]))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (shared_in_two_modes, "layer 'drop' .Dropout.: is called with training=True and with training=None"),
        (a_model_in_two_modes, "layer 'inner' .Sequential.: is called with training=.* and with training="),
    ],
)
def test_what_is_refused(make: Any, message: str) -> None:
    with pytest.raises(Refused, match=message):
        port(make(), verify=False)


@pytest.mark.parametrize("trainable", [True, False])
def test_statistics_in_a_model_that_is_called_in_training(held: Callable[..., Ported], trainable: bool) -> None:
    """Without the masked steps; of a layer that does not train, those that it keeps."""
    inner_input = keras.Input((5, 3))
    masked = layers.Masking()(inner_input)
    norm = layers.BatchNormalization(trainable=trainable)
    inner = keras.Model(inner_input, norm(masked))
    x = keras.Input((5, 3))
    model = randomised(keras.Model(x, inner(x, training=True)))
    steps = np.random.default_rng(3).standard_normal((4, 5, 3)).astype(np.float32)
    steps[:, 3:] = 0
    found = held(model).predict(steps)
    np.testing.assert_allclose(found, np.asarray(model(steps)), rtol=1e-5, atol=1e-6)
