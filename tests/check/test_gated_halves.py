"""A layer whose output is taken apart in the module, and in Keras, or is two layers there; and products by hand."""

from __future__ import annotations

from collections.abc import Callable

import keras
import pytest
import torch
from by_hand import randomised, verified
from keras import layers, ops
from torch import Tensor, nn

from equivalence import check, transfer


def _gated(x: keras.KerasTensor, whole: bool, dilation: int) -> keras.KerasTensor:
    if whole:
        value, gate = ops.split(
            layers.Conv1D(12, 3, padding="same", dilation_rate=dilation, name="both")(x), 2, axis=-1
        )
        return layers.Multiply(name="gated")([value, ops.sigmoid(gate)])
    value = layers.Conv1D(6, 3, padding="same", dilation_rate=dilation, name="value")(x)
    gate = layers.Conv1D(6, 3, padding="same", dilation_rate=dilation, activation="sigmoid", name="gate")(x)
    return layers.Multiply(name="gated")([value, gate])


def convolutions(whole: bool) -> keras.Model:
    """(9, 7) to (9, 3): a gated convolution, as one layer and a split of it, or as two."""
    series = keras.Input((9, 7), name="series")
    return keras.Model(series, layers.Dense(3, name="head")(_gated(series, whole, 2)))


def dense() -> keras.Model:
    """(5, 7) to (5, 3): one Dense layer and a split of it."""
    series = keras.Input((5, 7), name="series")
    value, gate = ops.split(layers.Dense(12, name="both")(series), 2, axis=-1)
    return keras.Model(series, layers.Dense(3, name="head")(value * ops.sigmoid(gate)))


class GatedConvolution(nn.Module):
    def __init__(self, dilation: int = 2) -> None:
        super().__init__()
        self.conv = nn.Conv1d(7, 12, 3, padding=dilation, dilation=dilation)
        self.out = nn.Linear(6, 3)

    def forward(self, x: Tensor) -> Tensor:
        value, gate = self.conv(x.transpose(1, 2)).chunk(2, dim=1)
        return self.out((value * gate.sigmoid()).transpose(1, 2))


class GatedDense(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lin, self.out = nn.Linear(7, 12), nn.Linear(6, 3)

    def forward(self, x: Tensor) -> Tensor:
        value, gate = self.lin(x).chunk(2, dim=-1)
        return self.out(value * gate.sigmoid())


@pytest.mark.parametrize(
    ("model", "module"),
    [
        pytest.param(lambda: convolutions(True), GatedConvolution, id="one convolution on both sides"),
        pytest.param(lambda: convolutions(False), GatedConvolution, id="two convolutions of Keras's"),
        pytest.param(dense, GatedDense, id="one Dense on both sides"),
    ],
)
def test_a_port_that_takes_a_layer_s_output_apart_is_equal(
    model: Callable[[], keras.Model], module: type[nn.Module]
) -> None:
    found = check(verified(randomised(model())), module())
    assert found.equal is True, str(found)
    assert not found.weights.left_over and not found.weights.ambiguous


@pytest.mark.parametrize(
    ("whole", "layer"), [(True, ["both"]), (False, ["value", "gate"])], ids=["one layer", "two layers"]
)
def test_a_mistake_in_it_is_told_at_its_layers(whole: bool, layer: list[str]) -> None:
    found = check(verified(randomised(convolutions(whole))), GatedConvolution(dilation=1))
    assert [fault.keras for fault in found.faults] == layer
    assert all(fault.cause and "dilation of conv1d is 1" in fault.cause.says for fault in found.faults)


class ByEinsum(nn.Module):
    """Attention with one head, its products by einsum; `exchanged`: keys ask and queries answer."""

    def __init__(self, exchanged: bool) -> None:
        super().__init__()
        self.q, self.k, self.v, self.out = nn.Linear(6, 4), nn.Linear(6, 4), nn.Linear(6, 4), nn.Linear(4, 6)
        self.scores = "bid,bjd->bji" if exchanged else "bid,bjd->bij"

    def forward(self, x: Tensor) -> Tensor:
        scores = torch.einsum(self.scores, self.q(x), self.k(x)) * 4**-0.5
        return self.out(torch.einsum("bij,bjd->bid", scores.softmax(-1), self.v(x)))


@pytest.mark.parametrize("exchanged", [False, True], ids=["as it is", "queries and keys exchanged"])
def test_a_product_by_einsum_is_no_mistake_for_one_by_matmul(exchanged: bool) -> None:
    series = keras.Input((5, 6), name="series")
    model = randomised(keras.Model(series, layers.MultiHeadAttention(1, 4, name="att")(series, series)))
    right, module = ByEinsum(False), ByEinsum(exchanged)
    transfer(model, right)
    module.load_state_dict(right.state_dict())
    found = check(verified(model), module.double(), weights="given", seed=1)
    assert found.equal is not exchanged, str(found)
    assert [fault.keras for fault in found.faults] == (["att"] if exchanged else [])
    assert all(fault.cause is None or "einsum stands" not in fault.cause.says for fault in found.faults)


class ByHand(nn.Module):
    """Two convolutional LSTMs by hand, one convolution for input and state; the normalisation between is forgotten."""

    def __init__(self, model: keras.Model) -> None:
        super().__init__()
        self.kernels, self.biases = nn.ParameterList(), nn.ParameterList()
        for name in ("first", "second"):
            kernel, recurrent, bias = (torch.tensor(weight.numpy()) for weight in model.get_layer(name).weights)
            self.kernels.append(nn.Parameter(torch.cat([kernel, recurrent], 2).permute(3, 2, 0, 1)))
            self.biases.append(nn.Parameter(bias))

    def forward(self, x: Tensor) -> Tensor:
        steps = x.unbind(2)  # (N, channels, steps, height, width), as torch has it
        for kernel, bias in zip(self.kernels, self.biases, strict=True):
            h = c = x.new_zeros(x.shape[0], len(bias) // 4, *x.shape[-2:])
            made = []
            for step in steps:
                i, f, g, o = nn.functional.conv2d(torch.cat([step, h], 1), kernel, bias, padding=1).chunk(4, 1)
                c = f.sigmoid() * c + i.sigmoid() * g.tanh()
                h = o.sigmoid() * c.tanh()
                made.append(h)
            steps = torch.stack(made, 2).unbind(2)
        return made[-1]


def test_a_layer_is_named_where_none_of_the_module_s_operations_is_its_own() -> None:
    video = keras.Input((3, 5, 6, 2), name="video")
    x = layers.ConvLSTM2D(4, 3, padding="same", return_sequences=True, name="first")(video)
    x = layers.BatchNormalization(name="norm")(x)
    model = randomised(keras.Model(video, layers.ConvLSTM2D(5, 3, padding="same", name="second")(x)))
    found = check(verified(model), ByHand(model), weights="given")
    assert found.equal is False
    assert [(fault.keras, fault.cause) for fault in found.faults] == [("norm", None)], str(found)
