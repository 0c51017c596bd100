"""What is said once in an emitted file is what Keras computes: models in which every rule applies, layer by layer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import diverse_models
import keras
import pytest
import torch
from keras import layers, ops

import equivalence
from equivalence import Ported
from equivalence.emit import emission
from equivalence.translation.order import to_torch_shape
from equivalence.translation.structure import leaves_of


def squeezed() -> Any:
    """Squeeze and excitation; a pooling that keeps its dimensions and is flattened; one that is used as both."""
    image = keras.Input((9, 8, 6), name="image")
    x = layers.Reshape((1, 1, 6), name="spread")(layers.GlobalAveragePooling2D(name="average")(image))
    x = layers.Multiply(name="scaled")([image, layers.Conv2D(6, 1, activation="sigmoid", name="excited")(x)])
    flat = layers.Flatten(name="flat")(layers.GlobalMaxPooling2D(keepdims=True, name="largest")(x))
    both = layers.GlobalAveragePooling2D(name="both")(x)
    beside = layers.Conv2D(4, 1, name="beside")(layers.Reshape((1, 1, 6), name="again")(both))
    steps = keras.Input((7, 6), name="steps")
    one = layers.Reshape((1, 6), name="one")(layers.GlobalAveragePooling1D(name="mean")(steps))
    return keras.Model([image, steps], [flat, both, beside, layers.Conv1D(3, 1, name="last")(one)], name="squeezed")


def padded() -> Any:
    """Zeros before what pads them itself, and before what must not."""
    image = keras.Input((9, 11, 3), name="image")
    x = layers.Conv2D(5, 5, strides=2, name="conv")(layers.ZeroPadding2D((2, 1), name="even")(image))
    y = layers.Conv2D(5, 3, name="uneven_conv")(layers.ZeroPadding2D(((0, 1), (1, 0)), name="uneven")(x))
    z = layers.AveragePooling2D(3, strides=1, name="average")(layers.ZeroPadding2D(1, name="counted")(y))
    z = layers.MaxPooling2D(3, strides=1, name="largest")(layers.ZeroPadding2D(1, name="never_largest")(z))
    shared = layers.ZeroPadding2D(1, name="shared")(z)
    a, b = layers.Conv2D(4, 3, name="a")(shared), layers.DepthwiseConv2D(3, name="b")(shared)
    c = layers.SeparableConv2D(4, 3, name="c")(layers.ZeroPadding2D(1, name="for_c")(a))
    twice = layers.Conv2D(4, 3, name="twice")
    c = twice(layers.ZeroPadding2D(1, name="first")(twice(layers.ZeroPadding2D(1, name="second")(c))))
    return keras.Model(image, [b, c], name="padded")


def padded_before_one_call() -> Any:
    """A layer that is called on what is padded, and on what is not."""
    image = keras.Input((9, 11, 3), name="image")
    twice = layers.Conv2D(3, 3, name="twice")
    return keras.Model(image, twice(twice(layers.ZeroPadding2D(1, name="pad")(image))), name="padded_before_one_call")


def padded_by_length() -> Any:
    steps, volume = keras.Input((9, 3), name="steps"), keras.Input((5, 6, 7, 2), name="volume")
    x = layers.Conv1D(4, 3, name="conv1d")(layers.ZeroPadding1D(2, name="pad1d")(steps))
    y = layers.Conv3D(3, 2, name="conv3d")(layers.ZeroPadding3D((1, 0, 2), name="pad3d")(volume))
    return keras.Model([steps, volume], [x, y], name="padded_by_length")


def turned() -> Any:
    """Keras's Permute, and what the port has to turn itself."""
    steps, image = keras.Input((10, 4), name="steps"), keras.Input((6, 7, 3), name="image")
    x = layers.Conv1D(3, 2, name="conv")(layers.Permute((2, 1), name="turn")(steps))
    x = layers.Dense(5, name="dense")(layers.Permute((2, 1), name="back")(x))
    y = layers.Permute((2, 1), name="there")(layers.Permute((2, 1), name="and_back")(steps))
    z = layers.Permute((2, 3, 1), name="four")(layers.Permute((3, 1, 2), name="three")(image))
    z = layers.Permute((2, 1, 3), name="two")(layers.Permute((3, 2, 1), name="one")(z))
    return keras.Model([steps, image], [x, y, z, layers.Flatten(name="flat")(z)], name="turned")


def states() -> Any:
    """Every state of every kind of recurrent layer, into the next one and out."""
    steps = keras.Input((7, 3), name="steps")
    x, h, c = layers.LSTM(4, return_sequences=True, return_state=True, name="lstm")(steps)
    y, c_too, h_too = layers.LSTM(4, return_state=True, name="turned_lstm")(x, initial_state=[c, h])
    z, s = layers.GRU(4, return_sequences=True, return_state=True, name="gru")(x, initial_state=h_too)
    both = layers.Bidirectional(layers.LSTM(4, return_state=True), name="both")(z, initial_state=[h, c, s, c_too])
    last = layers.SimpleRNN(4, name="simple")(z, initial_state=both[1])
    return keras.Model(steps, [y, last, both[0], both[4], ops.split(x, 2, axis=-1)[1]], name="states")


MODELS = [squeezed, padded, padded_before_one_call, padded_by_length, turned, states]


@pytest.mark.parametrize("make", MODELS, ids=lambda make: make.__name__)
def test_every_layer_is_what_it_was(
    make: Callable[[], Any], saved: Callable[..., Path], verified: Callable[..., Ported]
) -> None:
    ported = verified(saved(make))
    assert ported.report.verified, ported.report.because
    names = {layer.name for layer in ported.graph.layers}
    assert {row["path"] for row in ported.report.layers} | set(ported.report.unobserved) == names - {
        spec.name for spec in ported.graph.specs.values()
    }


@pytest.mark.parametrize("make", MODELS, ids=lambda make: make.__name__)
def test_simpler_forms_have_the_weights_and_gradients_of_the_longer_ones(
    make: Callable[[], Any], saved: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    simpler = equivalence.port(saved(make), verify=False)
    monkeypatch.setattr(emission, "simplify", lambda part, helpers: None)
    longer = equivalence.port(saved(make), verify=False)
    assert (simpler.source == longer.source) is (make is padded_before_one_call)  # where nothing is simpler
    one, other = simpler.module.state_dict(), longer.module.state_dict()
    assert [*one] == [*other] and all(torch.equal(one[name], other[name]) for name in one)
    for batch in (1, 5):
        given = [
            torch.randn(to_torch_shape(value.order, (batch, *value.shape[1:])))
            for _, value, _ in simpler.draft.classes[-1].inputs
        ]
        for mine, theirs in zip(_gradients(simpler, given), _gradients(longer, given), strict=True):
            torch.testing.assert_close(mine, theirs, rtol=1e-12, atol=1e-12)


def _gradients(ported: Ported, given: list[torch.Tensor]) -> list[torch.Tensor]:
    """The outputs, and the gradients of their weighted sum to inputs and parameters, in float64."""
    module = ported.module.double()
    inputs = [tensor.double().requires_grad_() for tensor in given]
    outputs = leaves_of(torch.Tensor, module(*inputs))
    weighted = sum((output * torch.arange(output.numel()).reshape(output.shape).cos()).sum() for output in outputs)
    trained = [parameter for parameter in module.parameters() if parameter.requires_grad]
    return [*outputs, *torch.autograd.grad(weighted, [*inputs, *trained], materialize_grads=True)]


def test_what_they_say(saved: Callable[..., Path], verified: Callable[..., Ported]) -> None:
    """Which rules apply where."""
    source = {make.__name__: verified(saved(make)).source for make in MODELS}
    assert source["squeezed"].count("keepdim=True") == 1 and source["squeezed"].count("[:, :, None") == 1
    assert source["padded"].count("F.pad(") == 3  # uneven, never_largest, shared
    assert source["padded_before_one_call"].count("F.pad(") == 1
    assert "F.pad(" not in source["padded_by_length"]
    assert "permute" not in source["turned"].partition("flat")[0]
    assert "[1][0]" not in source["states"] and "[1][1]" not in source["states"]


@pytest.mark.parametrize(
    "make",
    [diverse_models.translating, diverse_models.both_ways, diverse_models.films, diverse_models.down_and_up],
    ids=lambda make: make.__name__,
)
def test_models_that_are_read_are_equal(
    make: Callable[[], Any], saved: Callable[..., Path], verified: Callable[..., Ported]
) -> None:
    ported = verified(saved(make))
    assert ported.report.verified, ported.report.because


def test_an_activation_does_not_lend_its_name(saved: Callable[..., Path], verified: Callable[..., Ported]) -> None:
    """What a convolution and its activation give, and is used twice, is called as the convolution."""

    def activated() -> Any:
        image = keras.Input((9, 8, 3), name="image")
        x = layers.BatchNormalization(name="norm")(layers.Conv2D(4, 3, name="conv")(image))
        x = layers.Activation("relu", name="activation_7")(x)
        y = layers.LeakyReLU(negative_slope=0.25, name="leaky")(layers.Conv2D(4, 3, padding="same", name="other")(x))
        return keras.Model(image, layers.Add(name="sum")([layers.Add(name="add")([x, y]), y]), name="activated")

    ported = verified(saved(activated))
    assert ported.report.verified, ported.report.because
    assert "conv = F.relu(self.norm(self.conv(image)))" in ported.source
    assert "other = F.leaky_relu(self.other(conv), negative_slope=0.25)" in ported.source
    assert not any(name in ported.source for name in ("activation_7", "leaky ="))


def test_weights_of_a_padded_convolution_are_trained(
    saved: Callable[..., Path], verified: Callable[..., Ported]
) -> None:
    module = verified(saved(padded)).module.train()
    sum(output.square().mean() for output in module(torch.randn(2, 3, 9, 11))).backward()
    assert all(parameter.grad is not None and parameter.grad.abs().sum() > 0 for parameter in module.parameters())
