"""Keras's padding="same" at every size, kernel, stride and dilation, against Keras's own operations."""

from __future__ import annotations

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
import torch
import torch.nn.functional as F

from equivalence.catalogue.convolution.convolution_parts import SAME_PAD, Window
from equivalence.catalogue.convolution.transposed import fitted
from equivalence.translation.same_padding import same

KERNELS = range(1, 7)
#: Keras has no dilation above 1 together with a stride above 1.
STEPS = [*((stride, 1) for stride in range(1, 5)), (1, 2), (1, 3)]


@pytest.fixture(scope="module")
def draw() -> np.random.Generator:
    return np.random.default_rng(3)


def keras_first(array: np.ndarray) -> torch.Tensor:
    """(N, T, C) as (N, C, T)."""
    return torch.from_numpy(np.moveaxis(array, -1, 1).copy())


def assert_equal(ours: torch.Tensor, keras_output: object) -> None:
    expected = keras_first(keras.ops.convert_to_numpy(keras_output))
    assert ours.shape == expected.shape
    torch.testing.assert_close(ours, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("stride", "dilation"), STEPS)
@pytest.mark.parametrize("kernel", KERNELS)
def test_padding_of_known_and_of_unknown_sizes_is_that_of_keras(
    kernel: int, stride: int, dilation: int, draw: np.random.Generator
) -> None:
    names = {"torch": torch, "F": F, "Tensor": torch.Tensor}
    exec(SAME_PAD, names)
    window = Window((kernel,), (stride,), (dilation,))
    weight = draw.standard_normal((kernel, 2, 3))
    for size in range(1, 10):
        x = draw.standard_normal((2, size, 2))
        expected = keras.ops.conv(x, weight, strides=stride, padding="same", dilation_rate=dilation)
        padded = names["same_pad"](keras_first(x), window.spans, (stride,))
        assert torch.equal(padded, F.pad(keras_first(x), same(size, kernel, stride, dilation)))
        ours = F.conv1d(padded, torch.from_numpy(weight.transpose(2, 1, 0).copy()), stride=stride, dilation=dilation)
        assert_equal(ours, expected)


def transposed_cases() -> list[tuple[int, int, str, int | None]]:
    """Kernel, stride, padding, output_padding. "same" with an even kernel and output_padding=0 is left out:
    TensorFlow refuses the size that Keras computes (a case of Conv2DTranspose has it, on Keras's torch backend)."""
    return [
        (kernel, stride, padding, extra)
        for kernel in KERNELS
        for stride in range(1, 5)
        for padding in ("valid", "same")
        for extra in (None, *range(stride))
        if not (padding == "same" and kernel % 2 == 0 and extra == 0)
    ]


@pytest.mark.parametrize(("kernel", "stride", "padding", "extra"), transposed_cases())
def test_transposed_convolution_is_that_of_keras(
    kernel: int, stride: int, padding: str, extra: int | None, draw: np.random.Generator
) -> None:
    weight = draw.standard_normal((kernel, 3, 2))
    before, output_padding, cut = fitted(kernel, stride, padding, extra)
    for size in (1, 2, 5):
        x = draw.standard_normal((2, size, 2))
        expected = keras.ops.conv_transpose(x, weight, strides=stride, padding=padding, output_padding=extra)
        full = F.conv_transpose1d(
            keras_first(x),
            torch.from_numpy(weight.transpose(2, 1, 0).copy()),
            stride=stride,
            padding=before,
            output_padding=output_padding,
        )
        assert_equal(full[:, :, : full.shape[2] - cut], expected)
