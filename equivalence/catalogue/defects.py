"""What Keras computes wrongly on one of its backends, where several entries share it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from equivalence.schema import Case, Defect

#: Why another backend is asked where a sum is.
ADDS_A_BIAS = "Keras on TensorFlow takes one operand of the addition for a bias of another axis"


def operand_taken_for_a_bias() -> Defect:
    """Of what adds tensors (`add` in keras/src/backend/tensorflow/numpy.py)."""
    return Defect(
        "operand-taken-for-a-bias",
        "A second operand (or later one) in which one axis alone is longer than 1 is taken for a bias: it is added "
        "along the first one's last axis, or else its axis 1, if that is equally long, whatever its own axis is.",
        Case("operand-taken-for-a-bias", {}, x=[(5, 5, 3), (5, 1, 1)], oracle="torch", because=ADDS_A_BIAS),
    )


def bias_along_the_last_axis(config: Mapping[str, Any], x: tuple[int, ...]) -> Defect:
    """Of convolutions, by the same addition; `x` has as many positions along its last axis as there are biases."""
    return Defect(
        "bias-along-the-last-axis",
        "With channels_first, the bias is added along the last axis and not along the channels, where both have "
        "the same length.",
        Case(
            "bias-along-the-last-axis",
            {**config, "data_format": "channels_first"},
            x=x,
            oracle="torch",
            because=ADDS_A_BIAS,
        ),
    )


def zeros_at_other_steps(config: Mapping[str, Any]) -> Defect:
    """Of recurrent layers that go backwards (`rnn` in keras/src/backend/tensorflow/rnn.py)."""
    return Defect(
        "zeros-at-other-steps",
        "Unrolled and backwards over a masked sequence, with all outputs returned, those at masked steps should be "
        "zero and others are: the mask is not reversed there.",
        Case(
            "zeros-at-other-steps",
            config,
            x=[(4, 7, 3), (4, 7)],
            draw=["normal", "bool"],
            call={"mask": {"$input": 1}},
        ),
        instead={"unroll": False},
    )


def edge_in_the_mean(dims: int) -> Defect:
    """Of means over windows (`_apply_same_padding` in keras/src/backend/torch/nn.py)."""
    return Defect(
        "edge-in-the-mean",
        "Where padding='same' pads one side more than the other, the edge is repeated and counts in the mean.",
        Case("edge-in-the-mean", {"pool_size": 3, "strides": 2, "padding": "same"}, x=(2, *(8, 6, 10)[:dims], 3)),
        backend="torch",
    )
