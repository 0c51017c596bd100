"""Functions of `tf.nn` in Keras's operations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import ops

from equivalence.errors import Refused


def _last(name: str, data_format: Any) -> None:
    if data_format not in (None, "NWC", "NHWC", "NDHWC"):
        raise Refused(f"tf.nn.{name} with data_format={data_format!r:.20} is not known; use ops.{name}")


def _inner(sizes: Any, axes: int) -> tuple[int, ...]:
    """The sizes of the axes between batch and channels: one for all of them, one each, or all axes'."""
    if isinstance(sizes, int):
        return (sizes,) * axes
    given = [int(size) for size in sizes]
    return tuple(given * axes if len(given) == 1 else given if len(given) == axes else given[1:-1])


def _conv(axes: int) -> Callable[..., Any]:
    def conv(
        input: Any, filters: Any, strides: Any = 1, padding: str = "VALID", data_format: Any = None,
        dilations: Any = None, stride: Any = None,
    ) -> Any:  # fmt: skip
        _last("conv", data_format)
        if not isinstance(padding, str):
            raise Refused("tf.nn.conv2d with a list of paddings is not known; use ops.pad before it")
        return ops.conv(
            input, filters, strides=_inner(strides if stride is None else stride, axes), padding=padding.lower(),
            data_format="channels_last", dilation_rate=_inner(dilations or 1, axes),
        )  # fmt: skip

    return conv


def _conv_transpose(axes: int) -> Callable[..., Any]:
    def conv_transpose(
        input: Any, filters: Any, output_shape: Any, strides: Any, padding: str = "SAME", data_format: Any = None,
        dilations: Any = None,
    ) -> Any:  # fmt: skip
        _last("conv_transpose", data_format)
        steps = _inner(strides, axes)
        made = ops.conv_transpose(input, filters, strides=steps, padding=padding.lower(), data_format="channels_last")
        if dilations not in (None, 1) or tuple(made.shape[1:]) != tuple(int(n) for n in output_shape[1:]):
            raise Refused("tf.nn.conv2d_transpose is known to the shape that ops.conv_transpose gives alone")
        return made

    return conv_transpose


def _depthwise(
    input: Any, filter: Any, strides: Any, padding: str, data_format: Any = None, dilations: Any = None
) -> Any:
    _last("depthwise_conv", data_format)
    return ops.depthwise_conv(
        input, filter, strides=_inner(strides, 2), padding=padding.lower(), data_format="channels_last",
        dilation_rate=_inner(dilations or 1, 2),
    )  # fmt: skip


def _separable(
    input: Any, depthwise_filter: Any, pointwise_filter: Any, strides: Any, padding: str, data_format: Any = None,
    dilations: Any = None,
) -> Any:  # fmt: skip
    made = _depthwise(input, depthwise_filter, strides, padding, data_format, dilations)
    return ops.conv(made, pointwise_filter, padding="valid", data_format="channels_last")


def _pool(operation: Callable[..., Any]) -> Callable[..., Any]:
    def pool(input: Any, ksize: Any, strides: Any, padding: str, data_format: Any = None) -> Any:
        _last("pool", data_format)
        axes = len(input.shape) - 2
        return operation(
            input, _inner(ksize, axes), strides=_inner(strides, axes), padding=padding.lower(),
            data_format="channels_last",
        )  # fmt: skip

    return pool


def _normalized(x: Any, mean: Any, variance: Any, offset: Any, scale: Any, variance_epsilon: Any) -> Any:
    factor = ops.rsqrt(variance + variance_epsilon)
    made = (x - mean) * (factor if scale is None else factor * scale)
    return made if offset is None else made + offset


def _biased(value: Any, bias: Any, data_format: Any = None) -> Any:
    _last("bias_add", data_format)
    return value + bias


def _crossed(labels: Any, logits: Any, axis: int = -1) -> Any:
    return 0 - ops.sum(ops.cast(labels, logits.dtype) * ops.log_softmax(logits, axis=axis), axis=axis)


def _sparsely_crossed(labels: Any, logits: Any) -> Any:
    picked = ops.take_along_axis(ops.log_softmax(logits, axis=-1), ops.expand_dims(labels, -1), axis=-1)
    return 0 - ops.squeeze(picked, -1)


def _binary_crossed(labels: Any, logits: Any) -> Any:
    return ops.relu(logits) - logits * ops.cast(labels, logits.dtype) + ops.log1p(ops.exp(0 - ops.abs(logits)))


def _response_normalized(
    input: Any, depth_radius: int = 5, bias: float = 1, alpha: float = 1, beta: float = 0.5
) -> Any:
    width, channels = int(depth_radius), input.shape[-1]
    squares = ops.pad(ops.square(input), [(0, 0)] * (len(input.shape) - 1) + [(width, width)])
    total = sum(squares[..., first : first + channels] for first in range(2 * width + 1))
    return input / ops.power(bias + alpha * total, beta)


def _embedded(params: Any, ids: Any, max_norm: Any = None) -> Any:
    if max_norm is not None or isinstance(params, (list, tuple)):
        raise Refused("tf.nn.embedding_lookup is known with one table and without max_norm alone; use ops.take")
    return ops.take(params, ids, axis=0)


def _moments(x: Any, axes: Sequence[int], shift: Any = None, keepdims: bool = False) -> Any:
    return ops.moments(x, axes=axes, keepdims=keepdims)


#: By their names; of their arguments the first comes as a positional one, the others by name.
NETWORKS: dict[str, Callable[..., Any]] = {
    "nn.avg_pool": _pool(ops.average_pool),
    "nn.avg_pool1d": _pool(ops.average_pool),
    "nn.avg_pool2d": _pool(ops.average_pool),
    "nn.avg_pool3d": _pool(ops.average_pool),
    "nn.batch_normalization": _normalized,
    "nn.bias_add": _biased,
    "nn.conv1d": _conv(1),
    "nn.conv1d_transpose": _conv_transpose(1),
    "nn.conv2d": _conv(2),
    "nn.conv2d_transpose": _conv_transpose(2),
    "nn.conv3d": _conv(3),
    "nn.convolution": lambda input, filters, **kwargs: _conv(len(input.shape) - 2)(input, filters, **kwargs),
    "nn.crelu": lambda features, axis=-1: ops.relu(ops.concatenate([features, 0 - features], axis=axis)),
    "nn.depthwise_conv2d": _depthwise,
    "nn.dropout": lambda x, rate, noise_shape=None, seed=None: keras.random.dropout(x, rate, noise_shape),
    "nn.elu": lambda features: ops.elu(features),
    "nn.embedding_lookup": _embedded,
    "nn.gelu": lambda features, approximate=False: ops.gelu(features, approximate),
    "nn.l2_loss": lambda t: ops.sum(ops.square(t)) / 2,
    "nn.leaky_relu": lambda features, alpha=0.2: ops.leaky_relu(features, alpha),
    "nn.local_response_normalization": _response_normalized,
    "nn.log_softmax": lambda logits, axis=-1: ops.log_softmax(logits, axis=-1 if axis is None else axis),
    "nn.max_pool": _pool(ops.max_pool),
    "nn.max_pool1d": _pool(ops.max_pool),
    "nn.max_pool2d": _pool(ops.max_pool),
    "nn.max_pool3d": _pool(ops.max_pool),
    "nn.moments": _moments,
    "nn.relu6": lambda features: ops.relu6(features),
    "nn.selu": lambda features: ops.selu(features),
    "nn.separable_conv2d": _separable,
    "nn.sigmoid_cross_entropy_with_logits": _binary_crossed,
    "nn.softmax_cross_entropy_with_logits": _crossed,
    "nn.softmax_cross_entropy_with_logits_v2": _crossed,
    "nn.softsign": lambda features: ops.softsign(features),
    "nn.sparse_softmax_cross_entropy_with_logits": _sparsely_crossed,
}
