"""Keras models of every structure a port must carry, with weights that hide nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers, ops


def randomised(model: Any, seed: int = 3) -> Any:
    """The model with every weight random; variances and gammas stay positive."""
    random = np.random.default_rng(seed)
    for weight in model.weights:
        positive = weight.name in ("gamma", "moving_variance")
        drawn = random.uniform(0.5, 1.5, weight.shape) if positive else random.normal(0.0, 0.3, weight.shape)
        weight.assign(drawn.astype(weight.dtype))
    return model


def _block(x: Any, filters: int, name: str, **options: Any) -> Any:
    x = layers.Conv2D(filters, 3, padding="same", use_bias=False, name=f"{name}_conv", **options)(x)
    x = layers.BatchNormalization(name=f"{name}_norm")(x)
    return layers.Activation("relu", name=f"{name}_relu")(x)


def functional() -> Any:
    """A residual network that is flattened: the layout must be right in Dense's weights too."""
    image = keras.Input((13, 10, 3), name="image")
    x = _block(image, 5, "stem", strides=2)
    y = layers.SeparableConv2D(5, 3, padding="same", name="separable")(x)
    x = layers.Add(name="sum")([x, y])
    x = layers.MaxPooling2D(3, strides=2, padding="same", name="pool")(x)
    x = layers.Flatten(name="flat")(x)
    x = layers.Dense(11, activation="tanh", name="hidden")(x)
    x = layers.Dropout(0.25, name="dropout")(x)
    return keras.Model(image, layers.Dense(4, activation="softmax", name="classes")(x), name="functional")


def sequential() -> Any:
    return keras.Sequential(
        [
            keras.Input((14, 9, 3)),
            layers.Rescaling(2.0**-7, offset=-1.0),
            layers.DepthwiseConv2D((2, 3), padding="same", depth_multiplier=2),
            layers.BatchNormalization(scale=False),
            layers.LeakyReLU(negative_slope=0.125),
            layers.AveragePooling2D(2, padding="same"),
            layers.Conv2D(7, 3, dilation_rate=2, padding="same", activation="elu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(5),
        ],
        name="sequential",
    )


def nested() -> Any:
    """A Sequential that holds a Functional, and a Functional that holds both, three deep."""
    inner = keras.Input((7, 6, 3), name="inner")
    body = keras.Model(inner, _block(inner, 4, "body"), name="body")
    tower = keras.Sequential([keras.Input((7, 6, 3)), body, layers.Conv2D(5, 2, name="after")], name="tower")
    image = keras.Input((7, 6, 3), name="image")
    x = layers.GlobalMaxPooling2D(name="pool")(tower(image))
    head = keras.Sequential([keras.Input((5,)), layers.Dense(8, name="hidden"), layers.Dense(2, name="out")])
    return keras.Model(image, head(x), name="nested")


def shared() -> Any:
    """A layer called twice, a model called twice, and a layer whose own output is its second input."""
    left, right = keras.Input((9, 8, 3), name="left"), keras.Input((9, 8, 3), name="right")
    inner = keras.Input((9, 8, 3), name="inner")
    encoder = keras.Model(inner, _block(inner, 6, "inside", strides=2), name="encoder")
    pool, twice = layers.GlobalAveragePooling2D(name="pool"), layers.Dense(6, activation="tanh", name="twice")
    a, b = pool(encoder(left)), pool(encoder(right))
    joined = layers.Concatenate(name="joined")([twice(twice(a)), twice(b)])
    return keras.Model([left, right], layers.Dense(3, name="out")(joined), name="shared")


def lists() -> Any:
    """Two inputs, and three outputs in a list: one from the middle, one that is an input's neighbour."""
    image, extra = keras.Input((6, 7, 2), name="image"), keras.Input((4,), name="extra")
    features = layers.Conv2D(5, 3, activation="relu", name="features")(image)
    pooled = layers.GlobalMaxPooling2D(name="pooled")(features)
    joined = layers.Concatenate(name="joined")([pooled, extra])
    return keras.Model([extra, image], [layers.Dense(3, name="out")(joined), features, pooled], name="lists")


def dictionaries() -> Any:
    """Inputs and outputs by name, in no alphabetical order; a nested model that takes and gives the same."""
    image, extra = keras.Input((6, 7, 2), name="image"), keras.Input((4,), name="extra")
    inner_b, inner_a = keras.Input((4,), name="b"), keras.Input((5,), name="a")
    inner = keras.Model(
        {"b": inner_b, "a": inner_a},
        {"z": layers.Dense(3, name="z")(inner_a), "y": layers.Dense(3, name="y")(inner_b)},
        name="inner",
    )
    features = layers.Conv2D(5, 3, name="features")(image)
    got = inner({"b": extra, "a": layers.GlobalAveragePooling2D(name="pooled")(features)})
    total = layers.Subtract(name="difference")([got["z"], got["y"]])
    return keras.Model({"image": image, "extra": extra}, {"total": total, "map": features}, name="dictionaries")


def sequences() -> Any:
    steps = keras.Input((17, 3), name="steps")
    x = layers.Conv1D(5, 4, padding="causal", dilation_rate=2, activation="relu", name="causal")(steps)
    x = layers.MaxPooling1D(2, padding="same", name="pool")(x)
    return keras.Model(steps, layers.Dense(4, name="each")(layers.Flatten(name="flat")(x)), name="sequences")


def volumes() -> Any:
    volume = keras.Input((7, 6, 5, 2), name="volume")
    x = layers.Conv3D(3, (2, 3, 2), strides=(1, 2, 1), padding="same", name="conv")(volume)
    x = layers.Flatten(name="flat")(layers.Cropping3D((1, 0, 1), name="crop")(x))
    return keras.Model(volume, layers.Dense(4, name="out")(x), name="volumes")


def operators() -> Any:
    """What `keras.ops` and Python's operators leave in a functional model."""
    image = keras.Input((8, 9, 3), name="image")
    x = layers.Conv2D(6, 3, name="conv")(image / 2.0 - 0.25)
    gate = ops.sigmoid(ops.mean(x, axis=(1, 2), keepdims=True))
    x = ops.concatenate([x * gate, x[:, :, :, 1:4]], axis=-1)
    return keras.Model(image, layers.Dense(3, name="out")(ops.max(x, axis=[1, 2])), name="operators")


def frozen() -> Any:
    """Frozen after the fact: the file keeps its arrays where they were made."""
    image = keras.Input((7, 8, 3), name="image")
    model = keras.Model(
        image, layers.Dense(4, name="head")(layers.Flatten()(_block(_block(image, 4, "a"), 5, "b"))), name="frozen"
    )
    for name in ("a_conv", "a_norm"):
        model.get_layer(name).trainable = False
    return model


#: Names that are Python, that nn.Module owns, that are no words, or that are nearly the same.
HOSTILE_NAMES = (
    "__import__('os')", '"""', "forward", "train", "x", "class", "self", "a-b", "a.b", "a b", "{token}", "_v3_", "\\",
    "été", "2nd",
)  # fmt: skip


def hostile_names() -> Any:
    x = image = keras.Input((5,), name="import os; os.abort()")
    for index, name in enumerate(HOSTILE_NAMES):
        x = layers.Dense(3 + index % 4, activation="tanh", name=name)(x)
    return keras.Model(image, x, name="forward")


def channels_first() -> Any:
    """A model that is in torch's layout already, asymmetric padding and flattening included."""
    image = keras.Input((3, 12, 9), name="image")
    first = {"data_format": "channels_first"}
    x = layers.Conv2D(5, 3, strides=2, padding="same", name="conv", **first)(image)
    x = layers.BatchNormalization(axis=1, name="norm")(x)
    x = layers.MaxPooling2D(2, padding="same", name="pool", **first)(layers.ReLU(name="relu")(x))
    x = layers.Flatten(name="flat", **first)(x)
    return keras.Model(image, layers.Dense(4, name="out")(x), name="channels_first")


def open_sizes() -> Any:
    """Any height and width: what `same` pads is known when the image comes."""
    image = keras.Input((None, None, 3), name="image")
    x = _block(image, 5, "a", strides=2)
    x = layers.SeparableConv2D(6, 4, strides=2, padding="same", name="even_kernel")(x)
    x = layers.MaxPooling2D(3, strides=2, padding="same", name="pool")(x)
    x = layers.AveragePooling2D(2, strides=2, padding="same", name="average")(x)
    x = layers.DepthwiseConv2D(3, dilation_rate=3, padding="same", name="dilated")(x)
    side = layers.GlobalAveragePooling2D(name="global")(x)
    return keras.Model(image, [layers.Dense(4, name="out")(side), x], name="open_sizes")


def down_and_up() -> Any:
    """A U-Net for any height and width that halve evenly, and a sequence that is cut to thirds beside it."""
    image, words = keras.Input((None, None, 3), name="image"), keras.Input((None, 4), name="words")
    skipped, x = [], image
    for filters in (4, 5, 6):
        x = _block(x, filters, f"down_{filters}")
        skipped.append(x)
        x = layers.MaxPooling2D(2, name=f"pool_{filters}")(x)
    x = layers.Conv2D(6, 3, padding="same", name="bottom")(x)
    x = layers.Add(name="halved")([layers.UpSampling2D(2, name="up")(x), skipped[2]])
    for filters, side in ((5, skipped[1]), (4, skipped[0])):
        x = layers.Conv2DTranspose(filters, 3, strides=2, padding="same", name=f"up_{filters}")(x)
        x = layers.Concatenate(name=f"beside_{filters}")([x, side])
    thirds = layers.AveragePooling1D(3, name="thirds")(words)
    whole = layers.Subtract(name="apart")([words, layers.UpSampling1D(3, name="whole")(thirds)])
    return keras.Model([image, words], [layers.Conv2D(2, 1, name="out")(x), whole], name="down_and_up")


MODELS: dict[str, Callable[[], Any]] = {
    made.__name__: made
    for made in (
        functional, sequential, nested, shared, lists, dictionaries, sequences, volumes, frozen, hostile_names,
        open_sizes,
    )
}  # fmt: skip
