"""Three ways from a feature map (N, H, W, channels) to (N, classes), each ending in a Dense layer.

    global average pooling    channels * classes weights              where a feature is does not count
    flatten                   H * W * channels * classes weights      every position has its own
    adaptive pooling to n x n n * n * channels * classes weights      between the two

`activation` is None for logits, or "softmax" or "sigmoid".
"""

from __future__ import annotations

from keras import layers

from keras_impl.layers import Block, Tensor


def GlobalAveragePoolingHead(
    channels: int, classes: int, activation: str | None = None, *, name: str = "predictions"
) -> Block:
    """Each channel's mean, then Dense.

    Raises:
        ValueError: the input is not (N, H, W, channels).
    """

    def apply(x: Tensor) -> Tensor:
        expect_feature_map(x, None, None, channels)
        x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
        return layers.Dense(classes, activation=activation, name=name)(x)

    return apply


def FlattenHead(
    height: int,
    width: int,
    channels: int,
    classes: int,
    activation: str | None = None,
    *,
    name: str = "predictions",
) -> Block:
    """Every number of the map in the order rows, columns, channels, then Dense.

    Raises:
        ValueError: the input is not (N, height, width, channels).
    """

    def apply(x: Tensor) -> Tensor:
        expect_feature_map(x, height, width, channels)
        x = layers.Flatten(name="flatten")(x)
        return layers.Dense(classes, activation=activation, name=name)(x)

    return apply


def AdaptivePoolingHead(
    n: int, channels: int, classes: int, activation: str | None = None, *, name: str = "predictions"
) -> Block:
    """Means over n x n regions of each channel, flattened as in `FlattenHead`, then Dense.

    Raises:
        ValueError: the input is not (N, H, W, channels).
    """

    def apply(x: Tensor) -> Tensor:
        expect_feature_map(x, None, None, channels)
        x = layers.AdaptiveAveragePooling2D(n, name="adaptive_pool")(x)
        x = layers.Flatten(name="flatten")(x)
        return layers.Dense(classes, activation=activation, name=name)(x)

    return apply


def expect_feature_map(x: Tensor, height: int | None, width: int | None, channels: int) -> None:
    """Raise a ValueError that names both shapes unless x is (N, height, width, channels); None is any size."""
    expected = (height, width, channels)
    actual = tuple(x.shape[1:])
    if len(actual) == 3 and all(size in (None, got) for size, got in zip(expected, actual, strict=True)):
        return
    wanted = f"(N, {height or 'H'}, {width or 'W'}, {channels})"
    message = f"the head expects a feature map {wanted}, not {tuple(x.shape)}"
    if len(actual) == 3 and actual[0] == channels != actual[2]:
        message += ": its channels come first, Keras's come last"
    raise ValueError(message)
