"""Keras's padding="same" by torch's pooling modules, at every size, window and stride."""

from __future__ import annotations

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from itertools import product
from pathlib import Path

import keras
import numpy as np
import pytest
import torch
from torch import nn

from equivalence import formats
from equivalence.catalogue.pooling.pooling_padding import WindowPadding, window_padding
from equivalence.catalogue.pooling.windows import AveragePooling3D
from equivalence.proofs.emitted import Emitted
from equivalence.translation.same_padding import same

SIZES = range(1, 14)
WINDOWS = range(1, 7)


def pooled(module: type[nn.Module], x: np.ndarray, window: int, stride: int, fit: WindowPadding) -> np.ndarray:
    """(N, T, C) through a torch pooling module with the arguments found."""
    options = {"count_include_pad": False} if module is nn.AvgPool1d else {}
    pool = module(window, stride, padding=fit.before[0], ceil_mode=fit.ceil_mode, **options)
    y = pool(torch.from_numpy(np.moveaxis(x, -1, 1).copy()))
    if fit.crop:
        assert fit.crop == "[:, :, 1:]"
        y = y[:, :, 1:]
    return np.moveaxis(y.numpy(), 1, -1)


@pytest.mark.parametrize("stride", range(1, 6))
@pytest.mark.parametrize("window", WINDOWS)
def test_windows_are_those_of_keras(window: int, stride: int) -> None:
    draw = np.random.default_rng([window, stride])
    open_sizes = window_padding((None,), (window,), (stride,))
    for size in SIZES:
        x = draw.standard_normal((2, size, 3))
        known = window_padding((size,), (window,), (stride,))
        assert known is not None
        for fit in filter(None, (known, open_sizes)):
            for module, operation in ((nn.MaxPool1d, keras.ops.max_pool), (nn.AvgPool1d, keras.ops.average_pool)):
                expected = keras.ops.convert_to_numpy(operation(x, window, stride, padding="same"))
                actual = pooled(module, x, window, stride, fit)
                assert actual.shape == expected.shape, (size, fit)
                np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-12, err_msg=f"size {size}, {fit}")


def test_padding_before_that_depends_on_the_size_is_left_to_the_forward() -> None:
    assert window_padding((None,), (3,), (2,)) is None
    assert window_padding((7,), (3,), (2,)) == WindowPadding((1,), False, "")
    assert window_padding((8,), (3,), (2,)) == WindowPadding((0,), True, "")


@pytest.mark.parametrize("sizes", [(4, 7, 5), (6, 5, 8)], ids=str)
@pytest.mark.parametrize(("window", "strides"), [((2, 3, 4), (1, 2, 3)), ((4, 2, 3), (1, 1, 2))], ids=str)
def test_the_mean_over_a_volume_counts_no_padding(
    sizes: tuple[int, ...], window: tuple[int, ...], strides: tuple[int, ...]
) -> None:
    """By its definition: TensorFlow has no float64 kernel for it, and Keras on torch repeats the edge."""
    x = np.random.default_rng(len(sizes)).standard_normal(sizes)
    starts = [
        [(i * s - same(n, k, s)[0], k) for i in range(-(-n // s))]
        for n, k, s in zip(sizes, window, strides, strict=True)
    ]
    expected = [x[tuple(slice(max(start, 0), start + k) for start, k in corner)].mean() for corner in product(*starts)]
    fit = window_padding(sizes, window, strides)
    assert fit is not None
    pool = nn.AvgPool3d(window, strides, padding=fit.before, ceil_mode=fit.ceil_mode, count_include_pad=False)
    y = pool(torch.from_numpy(x)[None, None])
    cut = tuple(slice(1, None) if part == "1:" else slice(None) for part in fit.crop.strip("[]").split(", ") if part)
    np.testing.assert_allclose(y[cut].numpy().ravel(), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("sizes", "window", "strides"), [((2, 3, 4), (3, 5, 3), (1, 1, 1)), ((1, 4, 2), (2, 3, 4), (2, 1, 3))], ids=str
)
def test_a_mean_over_windows_larger_than_the_volume(
    sizes: tuple[int, ...], window: tuple[int, ...], strides: tuple[int, ...], tmp_path: Path
) -> None:
    """By its definition: nn.AvgPool3d takes no such window, and so Keras on torch neither."""
    inputs = keras.Input((*sizes, 1))
    pooling = keras.layers.AveragePooling3D(window, strides, padding="same")
    keras.Model(inputs, pooling(inputs)).save(tmp_path / "model.keras")
    x = np.random.default_rng(len(sizes)).standard_normal((2, *sizes, 1))
    model = formats.read(tmp_path / "model.keras")
    found = Emitted(AveragePooling3D, model).run([x]).results.outputs[0]
    model.close()
    starts = [
        [(i * s - same(n, k, s)[0], k) for i in range(-(-n // s))]
        for n, k, s in zip(sizes, window, strides, strict=True)
    ]
    corners = [tuple(slice(max(start, 0), start + k) for start, k in corner) for corner in product(*starts)]
    expected = np.stack([x[(slice(None), *corner)].mean((1, 2, 3, 4)) for corner in corners], axis=1)
    np.testing.assert_allclose(found.reshape(2, -1), expected, rtol=0, atol=1e-12)
