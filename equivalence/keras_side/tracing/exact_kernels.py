"""What TensorFlow computes in float32 whatever it is given, computed in float64 for as long as a model runs in that."""

from __future__ import annotations

import importlib
from contextlib import ExitStack
from typing import Any
from unittest import mock

import keras
import numpy as np
from keras.src import backend


def put_exact_kernels(stack: ExitStack) -> None:
    """Exchanges them until `stack` closes: casts of numbers, slopes, images resized, contrasts, signs."""
    if keras.config.backend() != "tensorflow":
        return
    tensorflow = importlib.import_module("tensorflow")
    resize, by_keras, cast = tensorflow.image.resize, backend.image.resize, tensorflow.cast
    by_bits = backend.numpy.signbit

    def exact_cast(x: Any, dtype: Any, name: Any = None) -> Any:
        kind = tensorflow.as_dtype(dtype)
        if kind == "complex64" and getattr(x, "dtype", None) in ("float64", "complex128"):
            return cast(x, "complex128", name)
        exact = isinstance(x, float) and kind.is_floating
        return tensorflow.constant(x, dtype) if exact else cast(x, dtype, name)

    def leaky_relu(features: Any, alpha: float = 0.2, name: Any = None) -> Any:
        features = tensorflow.convert_to_tensor(features)
        return tensorflow.where(features < 0, features * tensorflow.constant(alpha, features.dtype), features)

    def resized(images: Any, size: Any, method: Any = "bilinear", antialias: bool = False, **others: Any) -> Any:
        exact = _is_exact(images, method, antialias) and not others
        return _bilinear(images, size) if exact else resize(images, size, method=method, antialias=antialias, **others)

    def resized_by_keras(
        images: Any, size: Any, interpolation: str = "bilinear", antialias: bool = False, **others: Any
    ) -> Any:
        first = others.get("data_format") == "channels_first"
        aspect = others.get("crop_to_aspect_ratio") or others.get("pad_to_aspect_ratio")
        if not _is_exact(images, interpolation, antialias) or aspect:
            return by_keras(images, size, interpolation, antialias, **others)
        made = _bilinear(tensorflow.transpose(images, (0, 2, 3, 1)) if first else images, size)
        return tensorflow.transpose(made, (0, 3, 1, 2)) if first else made

    def signbit(x: Any) -> Any:
        """Keras looks at the bits of a float32, which the number is not; argmin and argmax ask for it."""
        x = backend.convert_to_tensor(x)
        exact = x.dtype == tensorflow.float64
        return tensorflow.less(tensorflow.bitcast(x, tensorflow.int64), 0) if exact else by_bits(x)

    def contrast(images: Any, contrast_factor: Any) -> Any:
        mean = tensorflow.reduce_mean(images, axis=(-3, -2), keepdims=True)
        return (images - mean) * contrast_factor + mean

    def standardized(image: Any) -> Any:
        axes = (-3, -2, -1)
        least = 1.0 / float(np.prod(image.shape[-3:])) ** 0.5
        deviation = tensorflow.math.reduce_std(image, axis=axes, keepdims=True)
        mean = tensorflow.reduce_mean(image, axis=axes, keepdims=True)
        return (image - mean) / tensorflow.maximum(deviation, tensorflow.constant(least, image.dtype))

    stack.enter_context(mock.patch.object(backend.numpy, "signbit", signbit))
    stack.enter_context(mock.patch.object(tensorflow.image, "adjust_brightness", lambda image, delta: image + delta))
    stack.enter_context(mock.patch.object(tensorflow.image, "adjust_contrast", contrast))
    stack.enter_context(mock.patch.object(tensorflow.image, "per_image_standardization", standardized))
    stack.enter_context(mock.patch.object(tensorflow, "cast", exact_cast))
    # beneath tf.nn.leaky_relu, which a layer may hold in a partial or as its activation
    kernels = importlib.import_module("tensorflow.python.ops.gen_nn_ops")
    stack.enter_context(mock.patch.object(kernels, "leaky_relu", leaky_relu))
    stack.enter_context(mock.patch.object(tensorflow.image, "resize", resized))
    stack.enter_context(mock.patch.object(backend.image, "resize", resized_by_keras))


def _is_exact(images: Any, method: Any, antialias: bool) -> bool:
    return bool(method == "bilinear" and not antialias and images.dtype == "float64" and len(images.shape) == 4)


def _bilinear(images: Any, size: Any) -> Any:
    height, width = (int(n) for n in size)
    pixels = np.asarray(images)
    rows, columns = _between(pixels.shape[1], height), _between(pixels.shape[2], width)
    return keras.ops.convert_to_tensor(np.einsum("hr,wc,nrcd->nhwd", rows, columns, pixels, optimize=True))


def _between(old: int, new: int) -> np.ndarray:
    """How much of each of the old pixels is in each of the new ones: of the two whose centres it lies between."""
    places = np.clip((np.arange(new) + 0.5) * (old / new) - 0.5, 0, old - 1)
    lower = np.floor(places).astype(int)
    upper = np.minimum(lower + 1, old - 1)
    made = np.zeros((new, old))
    np.add.at(made, (np.arange(new), lower), 1 - (places - lower))
    np.add.at(made, (np.arange(new), upper), places - lower)
    return made
