"""Vectors that may be flattened images, but were not followed, or of images that lie otherwise in Keras."""

from __future__ import annotations

import re
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops
from torch import nn

from equivalence import transfer
from tests.flattening_models import IMAGE, conv, dense, randomised, refusal, sequential


class Own(keras.Model):
    """A model with a call of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.flatten, self.dense = conv(), layers.Flatten(), dense()

    def call(self, x: Any) -> Any:
        return self.dense(self.flatten(self.conv(x)))


def own() -> keras.Model:
    model = Own()
    model(np.zeros((1, *IMAGE)))
    return model


class OwnReshape(keras.Model):
    """No layer of it tells that there are images."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = dense()

    def call(self, given: Any) -> Any:
        return self.dense(ops.reshape(given["image"], (-1, 90)))


def own_reshape() -> keras.Model:
    model = OwnReshape()
    model({"image": np.zeros((1, *IMAGE))})
    return model


class OwnBackbone(keras.Model):
    def __init__(self) -> None:
        super().__init__(name="backbone")
        self.conv, self.flatten = layers.Conv2D(4, 2, name="conv"), layers.Flatten()

    def call(self, x: Any) -> Any:
        return self.flatten(self.conv(x))


def behind_own() -> keras.Model:
    image = layers.Input(IMAGE)
    return keras.Model(image, dense()(OwnBackbone()(image)))


class OwnDecoder(keras.Model):
    def __init__(self) -> None:
        super().__init__(name="decoder")
        self.image, self.conv = layers.Reshape((2, 3, 3)), layers.Conv2D(4, 2, name="conv")

    def call(self, x: Any) -> Any:
        return self.conv(self.image(x))


def before_own() -> keras.Model:
    vector = layers.Input((9,))
    return keras.Model(vector, OwnDecoder()(layers.Dense(18, name="dense")(vector)))


def gated() -> keras.Model:
    vector, image = layers.Input((9,)), layers.Input((2, 3, 3))
    gate = layers.Dense(18, name="dense")(vector)
    return keras.Model([vector, image], layers.Multiply()([layers.Flatten()(image), gate]))


def joined() -> keras.Model:
    image = layers.Input(IMAGE)
    x = conv()(image)
    return keras.Model(image, dense()(layers.Concatenate()([layers.Flatten()(x), layers.Flatten()(ops.relu(x))])))


def rolled() -> keras.Model:
    image = layers.Input(IMAGE)
    return keras.Model(image, dense()(ops.flip(layers.Flatten()(conv()(image)), axis=1)))


def in_rows() -> keras.Model:
    return sequential(conv(), layers.Reshape((5, 16)), dense())


def partly_shared() -> keras.Model:
    image, vector, shared = layers.Input(IMAGE), layers.Input((80,)), dense()
    return keras.Model([image, vector], layers.Add()([shared(layers.Flatten()(conv()(image))), shared(vector)]))


def image_and_vector() -> keras.Model:
    vector = layers.Input((9,))
    x = layers.Dense(18, name="dense")(vector)
    return keras.Model(vector, [layers.Conv2D(4, 2, name="conv")(layers.Reshape((2, 3, 3))(x)), x])


NOT_FOLLOWED = {
    "a call of one's own": (own, (80, 7)),
    "a call of one's own, by operations alone": (own_reshape, (90, 7)),
    "behind a call of one's own": (behind_own, (80, 7)),
    "before a call of one's own": (before_own, (9, 18)),
    "beside a vector that was an image": (gated, (9, 18)),
    "two vectors joined": (joined, (160, 7)),
    "a vector turned round": (rolled, (80, 7)),
    "rows with their channels": (in_rows, (16, 7)),
    "a vector that is an output as well": (image_and_vector, (9, 18)),
    "one layer on a vector of another kind as well": (partly_shared, (80, 7)),
}


@pytest.mark.parametrize(("model", "shape"), NOT_FOLLOWED.values(), ids=NOT_FOLLOWED)
def test_what_was_not_followed_is_carried_in_keras_s_order_alone(model: Any, shape: tuple[int, int]) -> None:
    source, made = randomised(model()), nn.ModuleDict({"dense": nn.Linear(*shape)})
    if len(source.weights) > 2:
        nested = {"behind_own": "backbone", "before_own": "decoder"}.get(model.__name__)
        made[nested or "conv"] = nn.ModuleDict({"conv": nn.Conv2d(3, 4, 2)}) if nested else nn.Conv2d(3, 4, 2)
    assert "layer 'dense', weight 'kernel'" in refusal(source, made)
    assert re.search("not followed.*channels_last.*port the model", refusal(source, made, flatten="channels_first"))
    transfer(source, made, flatten="channels_last")
    kernel = next(weight for weight in source.weights if tuple(weight.shape) == shape)
    assert np.array_equal(made["dense"].weight.detach(), keras.ops.convert_to_numpy(kernel).T)


def permuted() -> keras.Model:
    return sequential(conv(), layers.Permute((3, 1, 2)), layers.Flatten(), dense())


def channels_first() -> keras.Model:
    return sequential(layers.ZeroPadding2D(1, data_format="channels_first"), layers.Flatten(), dense(), shape=(3, 4, 5))


def one_column() -> keras.Model:
    return sequential(layers.Flatten(data_format="channels_first"), dense(), shape=(3, 4, 1))


@pytest.mark.parametrize("order", [None, "channels_first", "channels_last"])
@pytest.mark.parametrize(
    ("model", "parts"),
    [
        (permuted, {"conv": nn.Conv2d(3, 4, 2), "dense": nn.Linear(80, 7)}),
        (channels_first, {"dense": nn.Linear(126, 7)}),
        (one_column, {"dense": nn.Linear(12, 7)}),
    ],
)
def test_an_image_that_lies_otherwise_in_keras(model: Any, parts: dict[str, nn.Module], order: str | None) -> None:
    assert re.search(
        "layer 'dense'.*not its last axis.*port the model", refusal(model(), nn.ModuleDict(parts), flatten=order)
    )


class OwnVectors(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.dense, self.norm = dense(), layers.LayerNormalization(epsilon=1e-5, name="norm")

    def call(self, x: Any) -> Any:
        return self.norm(self.dense(x))


def test_a_call_of_one_s_own_on_vectors_is_not_asked_for_an_order() -> None:
    source, made = OwnVectors(), nn.ModuleDict({"dense": nn.Linear(3, 7), "norm": nn.LayerNorm(7)})
    source(np.zeros((1, 3)))
    transfer(randomised(source), made)
    assert np.array_equal(made["dense"].weight.detach(), source.get_weights()[0].T)
