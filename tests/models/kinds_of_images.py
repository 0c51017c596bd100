"""Models of images, each the kind that people have, as small as shows what is theirs."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops


def _norm_relu(x: Any, name: str) -> Any:
    return layers.ReLU(name=f"{name}_relu")(layers.BatchNormalization(name=f"{name}_norm")(x))


def u_net() -> Any:
    """Segmentation: down and up again, what was on the way down beside what comes up, dropout at the bottom."""
    image = keras.Input((20, 28, 3), name="image")
    skipped, x = [], image
    for filters in (4, 6):
        x = _norm_relu(layers.Conv2D(filters, 3, padding="same", use_bias=False)(x), f"down_{filters}")
        skipped.append(x)
        x = layers.MaxPooling2D(name=f"pool_{filters}")(x)
    x = layers.SpatialDropout2D(0.25, name="dropped")(layers.Conv2D(8, 3, padding="same", activation="relu")(x))
    for filters, side in ((6, skipped[1]), (4, skipped[0])):
        x = layers.Conv2DTranspose(filters, 2, strides=2, name=f"up_{filters}")(x)
        x = layers.Concatenate(name=f"beside_{filters}")([side, x])
        x = layers.Conv2D(filters, 3, padding="same", activation="relu", name=f"after_{filters}")(x)
    return keras.Model(image, layers.Conv2D(5, 1, activation="softmax", name="classes")(x), name="u_net")


def augmented() -> Any:
    """Augmentation and normalisation inside the model, behind them a frozen base that is called in inference."""
    inside = keras.Input((16, 12, 3))
    base = keras.Model(inside, _norm_relu(layers.Conv2D(6, 3, strides=2)(inside), "base"), name="base")
    base.trainable = False
    image = keras.Input((16, 12, 3), name="image")
    chain = [
        layers.RandomFlip("horizontal", seed=1),
        layers.RandomRotation(0.125, seed=2),
        layers.RandomContrast(0.25, seed=3),
    ]
    x = keras.Sequential([keras.Input((16, 12, 3)), *chain], name="augmentation")(image)
    x = layers.Rescaling(2.0**-7, offset=-1.0)(x)
    x = layers.Normalization(mean=[0.5, 0.25, -0.5], variance=[0.25, 1.0, 4.0], name="standardised")(x)
    x = layers.GlobalAveragePooling2D()(base(x, training=False))
    return keras.Model(image, layers.Dense(4, activation="softmax", name="classes")(x), name="augmented")


def feature_pyramid() -> Any:
    """Detection: bilinear upsampling and lateral convolutions, the same heads on every level."""
    image = keras.Input((32, 48, 3), name="image")
    levels, x = [], image
    for filters in (4, 6, 8):
        x = _norm_relu(layers.Conv2D(filters, 3, strides=2, padding="same")(x), f"c_{filters}")
        levels.append(layers.Conv2D(5, 1, name=f"lateral_{filters}")(x))
    top = levels.pop()
    pyramid = [top]
    while levels:
        above = layers.UpSampling2D(2, interpolation="bilinear")(pyramid[0])
        pyramid.insert(0, layers.Add()([levels.pop(), above]))
    boxes = layers.Conv2D(4, 3, padding="same", name="boxes")
    scores = layers.Conv2D(2, 3, padding="same", activation="sigmoid", name="scores")
    outputs = {
        f"p{index}": ops.concatenate([boxes(level), scores(level)], axis=-1) for index, level in enumerate(pyramid)
    }
    return keras.Model(image, outputs, name="feature_pyramid")


def pixel_shuffle() -> Any:
    """Super-resolution: channels become pixels by reshaping, and the enlarged image is added."""
    image = keras.Input((6, 5, 3), name="image")
    x = layers.Conv2D(8, 3, padding="same", activation="relu")(image)
    x = layers.Conv2D(3 * 4, 3, padding="same")(layers.PReLU(shared_axes=[1, 2])(x))
    x = ops.transpose(ops.reshape(x, (-1, 6, 5, 2, 2, 3)), (0, 1, 3, 2, 4, 5))
    x = ops.reshape(x, (-1, 12, 10, 3))
    enlarged = layers.UpSampling2D(2, interpolation="nearest")(image)
    return keras.Model(image, ops.clip(layers.Add()([x, enlarged]), 0.0, 1.0), name="pixel_shuffle")


def squeeze_and_excite() -> Any:
    """A mobile block: widened, depthwise, gated by its own mean, narrowed, added."""
    image = keras.Input((12, 10, 4), name="image")
    x = layers.Conv2D(12, 1, use_bias=False)(image)
    x = layers.Activation("hard_silu")(layers.BatchNormalization()(x))
    x = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(layers.ZeroPadding2D(1)(x))
    x = layers.ReLU(max_value=6.0)(layers.Cropping2D(1)(x))
    gate = layers.Reshape((1, 1, 12))(layers.GlobalAveragePooling2D()(x))
    gate = layers.Conv2D(12, 1, activation="hard_sigmoid")(layers.Conv2D(3, 1, activation="relu")(gate))
    x = layers.Conv2D(4, 1)(layers.Multiply()([x, gate]))
    return keras.Model(image, layers.Add()([image, x]), name="squeeze_and_excite")


def generator() -> Any:
    """A generator of images: a vector unfolded, enlarged by transposed convolutions."""
    noise = keras.Input((9,), name="noise")
    x = layers.Reshape((3, 2, 8))(layers.Dense(48, use_bias=False)(noise))
    for filters in (6, 5):
        x = layers.BatchNormalization(momentum=0.75)(layers.LeakyReLU(negative_slope=0.25)(x))
        x = layers.Conv2DTranspose(filters, 4, strides=2, padding="same", use_bias=False)(x)
    return keras.Model(noise, layers.Conv2D(3, 3, padding="same", activation="tanh")(x), name="generator")


def siamese() -> Any:
    """Two images through one encoder, and how far apart they are."""
    inside = keras.Input((11, 9, 1))
    x = layers.MaxPooling2D()(layers.Conv2D(4, 3, activation="relu")(inside))
    x = layers.UnitNormalization(name="unit")(layers.Dense(6, name="embedding")(layers.Flatten()(x)))
    encoder = keras.Model(inside, x, name="encoder")
    left, right = keras.Input((11, 9, 1), name="left"), keras.Input((11, 9, 1), name="right")
    apart = ops.abs(layers.Subtract(name="apart")([encoder(left), encoder(right)]))
    return keras.Model([left, right], layers.Dense(1, activation="sigmoid", name="alike")(apart), name="siamese")


def monte_carlo() -> Any:
    """Uncertainty by dropout that stays on, a mean and a log variance as outputs by name."""
    image = keras.Input((10, 8, 3), name="image")
    x = layers.Flatten()(layers.Conv2D(4, 3, activation="relu")(image))
    x = layers.Dropout(0.25, name="drawn")(layers.Dense(8, activation="relu")(x), training=True)
    outputs = {"mean": layers.Dense(1, name="mean")(x), "log_variance": layers.Dense(1, name="log_variance")(x)}
    return keras.Model(image, outputs, name="monte_carlo")


def normalised_in_groups() -> Any:
    """A residual block of another normalisation, strided and projected, with dropped paths."""
    image = keras.Input((None, None, 6), name="image")
    x = layers.GroupNormalization(3, epsilon=2.0**-10)(layers.Conv2D(6, 3, padding="same")(image))
    x = layers.Conv2D(8, 3, strides=2, padding="same")(layers.Activation("silu")(x))
    x = layers.LayerNormalization(epsilon=2.0**-10)(x)
    short = layers.AveragePooling2D(2, padding="same")(layers.Conv2D(8, 1)(image))
    x = layers.Add()([layers.GaussianDropout(0.125)(x), short])
    return keras.Model(image, layers.GlobalMaxPooling2D()(x), name="normalised_in_groups")


def next_frame() -> Any:
    """What comes next of a film: a convolutional LSTM over frames of one size."""
    frames = keras.Input((4, 8, 6, 2), name="frames")
    x = layers.ConvLSTM2D(4, 3, padding="same", return_sequences=True, name="first")(frames)
    x = layers.LayerNormalization(epsilon=2.0**-10)(x)
    x = layers.ConvLSTM2D(3, 3, padding="same", name="second")(x)
    return keras.Model(frames, layers.Conv2D(2, 3, padding="same", activation="sigmoid")(x), name="next_frame")


def film() -> Any:
    """A film: one network of images on each frame, recurrence over what it finds."""
    inside = keras.Input((10, 8, 3))
    x = _norm_relu(layers.Conv2D(5, 3, strides=2, name="conv")(inside), "conv")
    looked_at = keras.Model(inside, layers.GlobalAveragePooling2D(name="pooled")(x), name="looked_at")
    frames = keras.Input((6, 10, 8, 3), name="frames")
    x = layers.TimeDistributed(looked_at, name="each")(frames)
    x = layers.GRU(4, name="over_time")(layers.TimeDistributed(layers.Dense(7, activation="relu"))(x))
    return keras.Model(frames, layers.Dense(3, activation="softmax", name="classes")(x), name="film")


def volume() -> Any:
    """A scan: convolutions of volumes, pooled, enlarged again."""
    scan = keras.Input((8, 6, 10, 1), name="scan")
    x = _norm_relu(layers.Conv3D(4, 3, padding="same")(scan), "first")
    x = layers.Conv3D(5, (1, 3, 3), padding="same", activation="elu")(layers.MaxPooling3D()(x))
    x = layers.Concatenate()([scan, layers.UpSampling3D()(x)])
    return keras.Model(scan, layers.Conv3D(2, 1, activation="softmax")(x), name="volume")


IMAGES = (
    u_net, augmented, feature_pyramid, pixel_shuffle, squeeze_and_excite, generator, siamese, monte_carlo,
    normalised_in_groups, next_frame, film, volume,
)  # fmt: skip
