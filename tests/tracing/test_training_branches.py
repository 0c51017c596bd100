"""Own layers whose `call` does other things in training: both are in the emitted class, which asks self.training."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import torch
from keras import layers, ops
from test_written_models import randomised

from equivalence import Ported, port


class Halved(layers.Layer):
    """The common form, with the default that most give it."""

    def call(self, x: Any, training: bool = False) -> Any:
        if training:
            return ops.tanh(x) * 0.5
        return x


class Left(layers.Layer):
    """An early way out, and weights that training alone uses."""

    def __init__(self) -> None:
        super().__init__()
        self.mixed, self.norm = layers.Dense(5), layers.LayerNormalization()

    def call(self, x: Any, training: bool | None = None) -> Any:
        if not training:
            return self.norm(x)
        return self.norm(self.mixed(x)) + x


class Resized(layers.Layer):
    """A size that is read from the tensor."""

    def call(self, x: Any, training: Any = None) -> Any:
        if training:
            n = ops.shape(x)[1]
            return x - ops.cast(ops.arange(n), x.dtype)[None, :, None] / ops.cast(n, x.dtype)
        return ops.flip(x, axis=1)


class Around(layers.Layer):
    """One in another, and a layer that is called in its own mode in both."""

    def __init__(self) -> None:
        super().__init__()
        self.inner, self.hidden = Left(), layers.Dense(5)
        self.frozen = layers.BatchNormalization()

    def call(self, x: Any, training: bool = False) -> Any:
        x = self.frozen(self.inner(x, training=training), training=False)
        if training:
            x = ops.abs(x)
        return self.hidden(x)


class Masked(layers.Layer):
    """A mask that one of the two alone looks at, and that goes on."""

    supports_masking = True

    def call(self, x: Any, mask: Any = None, training: bool = False) -> Any:
        if training:
            return x * ops.cast(mask, x.dtype)[..., None]
        return x * 2.0


class Whole(keras.Model):
    """The model itself does."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = layers.Dense(5), layers.Dense(5)

    def call(self, x: Any, training: bool = False) -> Any:
        x = self.first(x)
        return self.second(x) if training else x


def images() -> keras.Model:
    image = keras.Input((6, 5, 3))
    x = Halved()(layers.Conv2D(4, 3)(image))
    return keras.Model(image, layers.Conv2D(2, 2)(x))


def sequences() -> keras.Model:
    words = keras.Input((None, 5))
    return keras.Model(words, Around()(Resized()(words)))


def twice() -> keras.Model:
    words = keras.Input((4, 5))
    return keras.Model(words, Left()(Halved()(Halved()(Left()(words)))))


def masked() -> keras.Model:
    ids = keras.Input((6,), dtype="int32")
    x = Masked()(layers.Embedding(7, 5, mask_zero=True)(ids))
    return keras.Model(ids, layers.GlobalAveragePooling1D()(x))


def whole() -> keras.Model:
    model = Whole()
    model(np.zeros((1, 5), np.float32))
    return model


def in_training(made: Ported, model: keras.Model, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What both compute of an input in training, in float32."""
    made.module.train()
    try:
        found = made.predict(x)
    finally:
        made.module.eval()
    return np.asarray(found), ops.convert_to_numpy(model(x, training=True))


MODELS = {
    images: (2, 6, 5, 3), sequences: (2, 7, 5), twice: (2, 4, 5), masked: (2, 6), whole: (3, 5),
}  # fmt: skip


@pytest.mark.parametrize("make", MODELS, ids=lambda make: make.__name__)
def test_both_modes_are_keras_s(make: Any) -> None:
    model = randomised(make())
    made = port(model)
    assert made.report.verified, made.report.because
    assert not any("in training" in note and "does other things" in note for note in made.report.notes)
    shape = MODELS[make]
    draws = np.random.default_rng(3)
    x = draws.integers(0, 7, shape) if len(shape) == 2 and make is masked else draws.normal(size=shape)
    x = x.astype("int32" if make is masked else "float32")
    found, expected = in_training(made, model, x)
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= 1e-5 * np.abs(expected).max()
    assert np.abs(made.predict(x) - expected).max() > 1e-2  # it is not the same that it does in inference


def test_the_class_asks_its_mode() -> None:
    words = keras.Input((4, 5))
    source = port(randomised(keras.Model(words, Halved()(words))), verify=False).source
    assert "        if self.training:\n            return self.forward_in_training(" in source
    assert source.count("def forward_in_training(self, ") == 1


class Pooled(layers.Layer):
    def call(self, x: Any, training: bool = False) -> Any:
        return x[:, :2] if training else x


@pytest.mark.parametrize(
    ("layer", "said"), [(Pooled, "its call does other things in training; the port does as in inference")]
)
def test_what_cannot_be_had_in_training_is_said(layer: Any, said: str) -> None:
    words = keras.Input((4, 5))
    made = port(randomised(keras.Model(words, layer()(words))))
    assert made.report.verified
    assert [note for note in made.report.notes if said in note]
    x = torch.ones(2, 4, 5)
    assert torch.equal(made.module.train()(x), made.module.eval()(x))


class Assigned(layers.Layer):
    """Keeps a moving average of its own, and reads it after it has changed it."""

    def build(self, shape: Any) -> None:
        self.mean = self.add_weight(shape=(shape[-1],), trainable=False, name="mean")
        self.seen = self.add_weight(shape=(), trainable=False, name="seen")

    def call(self, x: Any, training: bool = False) -> Any:
        if training:
            self.seen.assign_add(1.0)
            self.mean.assign(0.5 * self.mean + 0.5 * ops.mean(x, axis=(0, 1)))
        return x * self.seen - self.mean


def test_a_weight_that_a_call_changes_in_training_is_read_as_changed_and_told() -> None:
    words = keras.Input((4, 5))
    model = randomised(keras.Model(words, Assigned()(words)))
    made = port(model)
    assert made.report.verified
    assert [note for note in made.report.notes if "changes the weight" in note]
    x = np.random.default_rng(0).normal(size=(2, 4, 5)).astype("float32")
    found = made.module.train()(torch.from_numpy(x)).detach().numpy()
    np.testing.assert_allclose(found, model(x, training=True), rtol=1e-5, atol=1e-5)


class Arithmetic(layers.Layer):
    """Asks for its mode without a branch."""

    def call(self, x: Any, training: bool = False) -> Any:
        return x * (1.0 + 2.0 * ops.cast(training, "float32")) + (0.5 if training else 0.25)


def test_a_mode_that_is_only_computed_with() -> None:
    words = keras.Input((4, 5))
    model = keras.Model(words, Arithmetic()(words))
    made = port(model)
    assert made.report.verified
    x = np.random.default_rng(0).normal(size=(2, 4, 5)).astype("float32")
    for training in (True, False):
        found = made.module.train(training)(torch.from_numpy(x))
        np.testing.assert_allclose(found, model(x, training=training), rtol=1e-6)
