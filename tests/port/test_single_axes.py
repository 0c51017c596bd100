"""Inputs of one axis or of sides of one, and arrays of the size of a batch: ported as Keras computes, or refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops
from keras_models import randomised

from equivalence import Refused, port


def reshaped_number() -> Any:
    number = keras.Input((), name="number")
    return keras.Model(number, layers.Dense(3)(layers.Reshape((1,))(number)), name="reshaped_number")


def segments_of_numbers() -> Any:
    numbers, ids = keras.Input((), name="numbers"), keras.Input((), dtype="int32", name="ids")
    found = [function(numbers, ids, num_segments=9) for function in (ops.segment_sum, ops.segment_max)]
    return keras.Model([numbers, ids], found, name="segments_of_numbers")


def film_of_channels() -> Any:
    """What comes out of a convolution is channels first in torch, whatever the film's own order of axes is."""
    frames = keras.Input((5, 8, 6, 3), name="frames")
    x = layers.TimeDistributed(layers.Conv2D(4, 3))(frames)
    x = layers.ConvLSTM2D(2, 2, data_format="channels_first", name="over_time")(layers.Permute((1, 4, 2, 3))(x))
    return keras.Model(frames, x, name="film_of_channels")


@pytest.mark.parametrize("make", [reshaped_number, segments_of_numbers, film_of_channels], ids=lambda m: m.__name__)
def test_it_is_equal(make: Callable[[], Any]) -> None:
    ported = port(randomised(make()))
    assert ported.report.verified, ported.report.because


def _sobel(sides: tuple[int, int]) -> Any:
    image = keras.Input((*sides, 3), name="image")
    return keras.Model(image, ops.image.sobel_edges(image))


def _met(rows: int) -> Any:
    x = keras.Input((5,), name="x")
    return keras.Model(x, x + np.linspace(-1.0, 1.0, rows * 5, dtype="float32").reshape(rows, 5))


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (lambda: _sobel((1, 6)), "no second row or column to mirror at the edge"),
        (lambda: _met(4), r"array constant of shape \(4, 5\) meets the batch .* make the array an input"),
    ],
    ids=["sobel-of-one-row", "an-array-of-the-batch"],
)
def test_it_is_refused(model: Callable[[], Any], says: str) -> None:
    with pytest.raises(Refused, match=says):
        port(model(), verify=False)


def test_the_same_with_a_second_row_and_an_array_for_all_samples_is_ported() -> None:
    for model in (_sobel((2, 6)), _met(1)):
        assert port(model).report.verified
