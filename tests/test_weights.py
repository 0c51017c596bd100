"""The rules that carry weights: each way as stated, and back again bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from equivalence.schema import Weight
from equivalence.weights.rearranging import to_keras, to_torch
from equivalence.weights.vector_order import channels_first, channels_last

# Keras shape, rows of the one Keras array, sizes that the shape does not tell, shape of the first parameter
RULES: dict[str, Any] = {
    "as it is": ((5, 7), [Weight("embeddings", "weight")], {}, (5, 7)),
    "scalar": ((), [Weight("count", "count")], {}, ()),
    "dense": ((5, 7), [Weight("kernel", "weight", "i o -> o i")], {}, (7, 5)),
    "conv 1D": ((3, 5, 7), [Weight("kernel", "weight", "w i o -> o i w")], {}, (7, 5, 3)),
    "conv 2D": ((2, 3, 5, 7), [Weight("kernel", "weight", "h w i o -> o i h w")], {}, (7, 5, 2, 3)),
    "conv 3D": ((2, 3, 4, 5, 7), [Weight("kernel", "weight", "d h w i o -> o i d h w")], {}, (7, 5, 2, 3, 4)),
    "transposed conv 2D": ((2, 3, 7, 5), [Weight("kernel", "weight", "h w o i -> i o h w")], {}, (5, 7, 2, 3)),
    "depthwise": ((2, 3, 5, 4), [Weight("kernel", "weight", "h w c m -> (c m) 1 h w")], {}, (20, 1, 2, 3)),
    "dense behind flatten": (
        (30, 7),
        [Weight("kernel", "weight", "(h w c) u -> u (c h w)")],
        {"h": 2, "w": 3, "c": 5},
        (7, 30),
    ),
    "GRU kernel": (
        (5, 21),
        [Weight("kernel", "weight_ih", "i o -> o i", blocks=(1, 0, 2))],
        {},
        (21, 5),
    ),
    "GRU biases": (
        (2, 21),
        [
            Weight("bias", "bias_ih", pick=0, blocks=(1, 0, 2)),
            Weight("bias", "bias_hh", pick=1, blocks=(1, 0, 2)),
        ],
        {},
        (21,),
    ),
    "blocks in a cycle": ((12, 5), [Weight("kernel", "weight", blocks=(2, 0, 1))], {}, (12, 5)),
    "attention projection": ((6, 3, 5), [Weight("kernel", "weight", "d h k -> (h k) d")], {}, (15, 6)),
    "attention output": ((3, 5, 6), [Weight("kernel", "weight", "h k d -> d (h k)")], {}, (6, 15)),
    "attention bias": ((3, 5), [Weight("bias", "bias", "h k -> (h k)")], {}, (15,)),
    "one array, two parameters": ((5, 7), [Weight("kernel", "a", "i o -> o i"), Weight("kernel", "b")], {}, (7, 5)),
}


def numbered(shape: tuple[int, ...], dtype: str = "float64") -> np.ndarray:
    """Every element another value."""
    return np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8"])
@pytest.mark.parametrize(("shape", "rows", "sizes", "expected"), RULES.values(), ids=RULES)
def test_a_round_trip_keeps_every_bit(
    shape: tuple[int, ...], rows: list[Weight], sizes: dict[str, int], expected: tuple[int, ...], dtype: str
) -> None:
    bits = np.random.default_rng(7).bytes(int(np.prod(shape)) * np.dtype(dtype).itemsize)
    array = np.frombuffer(bits, dtype).reshape(shape)  # NaN, infinities and -0.0 included

    parameters = {row.torch: to_torch(row, array, **sizes) for row in rows}
    back = to_keras(rows, parameters, shape, **sizes)

    assert parameters[rows[0].torch].shape == expected
    assert all(made.flags.c_contiguous and made.dtype == array.dtype for made in parameters.values())
    assert (back.shape, back.dtype) == (array.shape, array.dtype)
    assert back.tobytes() == array.tobytes()


def test_a_convolution_kernel_lands_by_meaning() -> None:
    kernel = numbered((2, 3, 5, 7))
    made = to_torch(Weight("kernel", "weight", "h w i o -> o i h w"), kernel)
    assert made[6, 4, 1, 2] == kernel[1, 2, 4, 6]


def test_a_depthwise_kernel_keeps_the_multiples_of_a_channel_together() -> None:
    kernel = numbered((2, 3, 5, 4))
    made = to_torch(Weight("kernel", "weight", "h w c m -> (c m) 1 h w"), kernel)
    assert made[3 * 4 + 2, 0, 1, 2] == kernel[1, 2, 3, 2]


def test_a_flattened_map_is_permuted_by_channel() -> None:
    kernel = numbered((2 * 3 * 5, 7))
    made = to_torch(Weight("kernel", "weight", "(h w c) u -> u (c h w)"), kernel, h=2, w=3, c=5)
    row, column, channel = 1, 2, 4
    assert made[6, (channel * 2 + row) * 3 + column] == kernel[(row * 3 + column) * 5 + channel, 6]


def test_block_i_of_the_result_is_the_block_named() -> None:
    made = to_torch(Weight("bias", "bias", blocks=(2, 0, 1)), np.array([10, 11, 20, 21, 30, 31]))
    assert made.tolist() == [30, 31, 10, 11, 20, 21]


def test_pick_takes_one_bias_of_two() -> None:
    bias = numbered((2, 6))
    assert to_torch(Weight("bias", "bias_hh", pick=1), bias).tolist() == bias[1].tolist()


def test_what_has_not_to_move_is_not_copied() -> None:
    array = numbered((5, 7))
    assert to_torch(Weight("embeddings", "weight"), array) is array


WRONG_TO_TORCH: dict[str, Any] = {
    "rank": (Weight("kernel", "weight", "h w i o -> o i h w"), (3, 5, 7), {}, "kernel.*'h w i o.*3, 5, 7"),
    "sizes": (
        Weight("kernel", "weight", "(h w c) u -> u (c h w)"),
        (31, 7),
        {"h": 2, "w": 3, "c": 5},
        r"kernel.*\(31, 7\).*'c': 5",
    ),
    "blocks": (Weight("kernel", "weight", blocks=(1, 0, 2)), (20, 5), {}, r"kernel.*\(20, 5\).*3 equal blocks"),
    "part": (Weight("bias", "bias_hh", pick=1), (1, 21), {}, r"bias.*\(1, 21\) has no part 1"),
}


@pytest.mark.parametrize(("rule", "shape", "sizes", "message"), WRONG_TO_TORCH.values(), ids=WRONG_TO_TORCH)
def test_to_torch_names_weight_and_shape(
    rule: Weight, shape: tuple[int, ...], sizes: dict[str, int], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        to_torch(rule, numbered(shape), **sizes)


DENSE = Weight("kernel", "weight", "i o -> o i")
BIAS_IH, BIAS_HH = Weight("bias", "bias_ih", pick=0), Weight("bias", "bias_hh", pick=1)
WRONG_TO_KERAS: dict[str, Any] = {
    "shape": (
        [DENSE],
        {"weight": (5, 7)},
        (5, 7),
        r"kernel: 'o i -> i o' does not fit shape \(5, 7\) with {'i': 5, 'o': 7}",
    ),
    "rank": ([DENSE], {"weight": (5, 7)}, (5, 7, 1), r"kernel: 'i o -> o i' does not describe shape \(5, 7, 1\)"),
    "part without a source": ([BIAS_HH], {"bias_hh": (21,)}, (2, 21), r"bias: of its 2 parts, torch holds \[1\]"),
    "parts of other sizes": (
        [BIAS_IH, BIAS_HH],
        {"bias_ih": (21,), "bias_hh": (18,)},
        (2, 21),
        r"bias: bias_hh of shape \(18,\) becomes \(18,\), not \(21,\)",
    ),
}


@pytest.mark.parametrize(("rows", "shapes", "shape", "message"), WRONG_TO_KERAS.values(), ids=WRONG_TO_KERAS)
def test_to_keras_names_weight_and_shapes(
    rows: list[Weight], shapes: dict[str, tuple[int, ...]], shape: tuple[int, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        to_keras(rows, {name: numbered(size) for name, size in shapes.items()}, shape)


def test_two_parameters_of_one_array_must_agree() -> None:
    rows = [Weight("kernel", "a"), Weight("kernel", "b")]
    with pytest.raises(ValueError, match="kernel: b holds other values"):
        to_keras(rows, {"a": np.zeros(3), "b": -np.zeros(3)}, (3,))


def test_parts_of_one_array_must_be_of_one_dtype() -> None:
    parameters = {"bias_ih": np.zeros(21, "float32"), "bias_hh": np.zeros(21, "float64")}
    with pytest.raises(ValueError, match="bias: its parts are of different dtypes"):
        to_keras([BIAS_IH, BIAS_HH], parameters, (2, 21))


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_an_axis_counted_channels_first_and_back(axis: int) -> None:
    shape = [2, 3, 4]
    shape[axis] = 30
    array = numbered(tuple(shape))
    made = channels_first(array, axis, (2, 3, 5))
    row, column, channel = 1, 2, 4
    there, here = (channel * 2 + row) * 3 + column, (row * 3 + column) * 5 + channel
    assert np.array_equal(made.take(there, axis), array.take(here, axis))
    assert np.array_equal(channels_last(made, axis, (2, 3, 5)), array)
    assert not np.array_equal(made, array)
