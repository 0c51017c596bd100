"""Functions of `tf.image` in Keras's operations. Images are (N, height, width, channels), or one without N."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import keras
from keras import ops

from equivalence.errors import Refused


def _extract_patches(images: Any, sizes: Sequence[int], strides: Sequence[int], rates: Any, padding: str) -> Any:
    if len(set(rates[1:3])) > 1:
        raise Refused(f"tf.image.extract_patches with rates={list(rates)} is known with equal ones alone")
    return ops.image.extract_patches(
        images, tuple(sizes[1:3]), strides=tuple(strides[1:3]), dilation_rate=int(rates[1]), padding=padding.lower(),
        data_format="channels_last",
    )  # fmt: skip


def _crop(image: Any, offset_height: int, offset_width: int, target_height: int, target_width: int) -> Any:
    rows = slice(offset_height, offset_height + target_height)
    return image[..., rows, offset_width : offset_width + target_width, :]


def _pad(image: Any, offset_height: int, offset_width: int, target_height: int, target_width: int) -> Any:
    height, width = ops.shape(image)[-3:-1]
    rows = (offset_height, target_height - height - offset_height)
    columns = (offset_width, target_width - width - offset_width)
    return ops.pad(image, [(0, 0)] * (len(image.shape) - 3) + [rows, columns, (0, 0)])


def _central_crop(image: Any, central_fraction: float) -> Any:
    height, width = image.shape[-3:-1]
    top, left = (int((size - size * central_fraction) / 2) for size in (height, width))
    return _crop(image, top, left, height - 2 * top, width - 2 * left)


def _crop_or_pad(image: Any, target_height: int, target_width: int) -> Any:
    height, width = ops.shape(image)[-3:-1]
    rows, columns = target_height - height, target_width - width
    image = _crop(
        image, max(-rows // 2, 0), max(-columns // 2, 0), min(target_height, height), min(target_width, width)
    )
    return _pad(image, max(rows // 2, 0), max(columns // 2, 0), target_height, target_width)


def _rot90(image: Any, k: int = 1) -> Any:
    return ops.rot90(image, k, axes=(len(image.shape) - 3, len(image.shape) - 2))


def _contrast(images: Any, contrast_factor: Any) -> Any:
    mean = ops.mean(images, axis=(-3, -2), keepdims=True)
    return (images - mean) * contrast_factor + mean


def _standardized(image: Any) -> Any:
    axes = (-3, -2, -1)
    least = 1.0 / prod(image.shape[-3:]) ** 0.5
    deviation = ops.maximum(ops.std(image, axis=axes, keepdims=True), least)
    return (image - ops.mean(image, axis=axes, keepdims=True)) / deviation


def _differences(image: Any) -> tuple[Any, Any]:
    return image[..., 1:, :, :] - image[..., :-1, :, :], image[..., :, 1:, :] - image[..., :, :-1, :]


def _gradients(image: Any) -> tuple[Any, Any]:
    rows, columns = _differences(image)
    return ops.pad(rows, [(0, 0), (0, 1), (0, 0), (0, 0)]), ops.pad(columns, [(0, 0), (0, 0), (0, 1), (0, 0)])


def _total_variation(images: Any) -> Any:
    return sum(ops.sum(ops.abs(change), axis=(-3, -2, -1)) for change in _differences(images))


def _as_dtype(image: Any, dtype: Any, saturate: bool = False) -> Any:
    known, wanted = image.dtype, keras.backend.standardize_dtype(dtype)
    if known == wanted:
        return image
    if "float" not in wanted or ("float" not in known and known != "uint8"):
        raise Refused(f"tf.image.convert_image_dtype from {known} to {wanted} is not known; use ops.cast")
    return ops.cast(image, wanted) / 255.0 if known == "uint8" else ops.cast(image, wanted)


#: By their names; of their arguments the first comes as a positional one, the others by name.
IMAGES: dict[str, Callable[..., Any]] = {
    "image.adjust_brightness": lambda image, delta: image + delta,
    "image.adjust_contrast": _contrast,
    "image.central_crop": _central_crop,
    "image.convert_image_dtype": _as_dtype,
    "image.crop_to_bounding_box": _crop,
    "image.extract_patches": _extract_patches,
    "image.flip_left_right": lambda image: ops.flip(image, axis=-2),
    "image.flip_up_down": lambda image: ops.flip(image, axis=-3),
    "image.grayscale_to_rgb": lambda images: ops.concatenate([images, images, images], axis=-1),
    "image.image_gradients": _gradients,
    "image.pad_to_bounding_box": _pad,
    "image.per_image_standardization": _standardized,
    "image.resize_with_crop_or_pad": _crop_or_pad,
    "image.rot90": _rot90,
    "image.total_variation": _total_variation,
    "image.transpose": lambda image: ops.swapaxes(image, -3, -2),
}
