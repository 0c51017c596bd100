"""The heads: equal in both frameworks with the same weights, and plain about a feature map they can't take."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import keras
import pytest
import torch
from networks import NETWORKS, images, to_torch

import keras_impl.heads
import torch_impl.heads
from equivalence import transfer
from equivalence.verification.compare import compare

SHAPE = (5, 7, 6)  # no multiple of 2 or 3, so that the regions of adaptive pooling overlap
HEADS = {
    "global average pooling": ("GlobalAveragePoolingHead", (6, 4)),
    "flatten": ("FlattenHead", (5, 7, 6, 4)),
    "adaptive pooling to 2 x 2": ("AdaptivePoolingHead", (2, 6, 4)),
    "adaptive pooling to 3 x 3": ("AdaptivePoolingHead", (3, 6, 4)),
}


def both(head: str, arguments: tuple[Any, ...], shape: tuple[int | None, ...]) -> tuple[keras.Model, torch.nn.Module]:
    inputs = keras.Input(shape)
    model = keras.Model(inputs, getattr(keras_impl.heads, head)(*arguments, name="predictions")(inputs))
    module = torch.nn.ModuleDict({"predictions": getattr(torch_impl.heads, head)(*arguments).double()})
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.normal_()
    transfer(module, model, flatten="channels_last")
    return model, module["predictions"]


@pytest.mark.parametrize("activation", [None, "softmax", "sigmoid"])
@pytest.mark.parametrize(("head", "arguments"), HEADS.values(), ids=HEADS)
def test_both_frameworks_agree(head: str, arguments: tuple[int, ...], activation: str | None) -> None:
    model, module = both(head, (*arguments, activation), SHAPE)
    x = images(SHAPE, batch=3)
    expected = keras.ops.convert_to_numpy(model(x))
    actual = module(to_torch(x)).detach().numpy()
    assert expected.shape == (3, 4)
    result = compare(actual, expected)
    assert result.equal, result.message


def test_flattening_channels_first_would_give_other_numbers() -> None:
    model, module = both("FlattenHead", (5, 7, 6, 4), SHAPE)
    x = images(SHAPE)
    naive = torch.nn.functional.linear(to_torch(x).flatten(1), module.weight, module.bias)
    assert not compare(naive.detach().numpy(), keras.ops.convert_to_numpy(model(x))).equal


def test_pooling_heads_take_any_size() -> None:
    model, module = both("AdaptivePoolingHead", (2, 6, 4), (None, None, 6))
    for shape in [(5, 7, 6), (4, 3, 6)]:
        x = images(shape)
        assert compare(module(to_torch(x)).detach().numpy(), keras.ops.convert_to_numpy(model(x))).equal


WRONG = {
    "another number of channels": ("GlobalAveragePoolingHead", (6, 4), (5, 7, 8), "H, W"),
    "channels in the wrong place": ("GlobalAveragePoolingHead", (6, 4), (6, 5, 7), "H, W"),
    "rank 2": ("GlobalAveragePoolingHead", (6, 4), (6,), "H, W"),
    "another size": ("FlattenHead", (5, 7, 6, 4), (7, 5, 6), "5, 7"),
    "rank 2 to flatten": ("FlattenHead", (5, 7, 6, 4), (210,), "5, 7"),
    "another number of channels to pool": ("AdaptivePoolingHead", (2, 6, 4), (5, 7, 8), "H, W"),
}


def refused(call: Callable[[], Any], *parts: str) -> None:
    with pytest.raises(ValueError, match=".*".join(re.escape(part) for part in parts)):
        call()


@pytest.mark.parametrize(("head", "arguments", "shape", "sizes"), WRONG.values(), ids=WRONG)
def test_keras_names_shape_and_expectation(
    head: str, arguments: tuple[int, ...], shape: tuple[int, ...], sizes: str
) -> None:
    inputs = keras.Input(shape)
    refused(lambda: getattr(keras_impl.heads, head)(*arguments)(inputs), f"(N, {sizes}, 6)", f"not {(None, *shape)}")


@pytest.mark.parametrize(("head", "arguments", "shape", "sizes"), WRONG.values(), ids=WRONG)
def test_torch_names_shape_and_expectation(
    head: str, arguments: tuple[int, ...], shape: tuple[int, ...], sizes: str
) -> None:
    first = (2, *shape[-1:], *shape[:-1])
    module = getattr(torch_impl.heads, head)(*arguments)
    refused(lambda: module(torch.zeros(first)), f"(N, 6, {sizes})", f"not {first}")


def test_channels_in_the_other_framework_s_place_are_said_to_be_so() -> None:
    refused(lambda: keras_impl.heads.GlobalAveragePoolingHead(6, 4)(keras.Input((6, 5, 7))), "come first")
    refused(lambda: torch_impl.heads.GlobalAveragePoolingHead(6, 4)(torch.zeros(2, 5, 7, 6)), "permute(0, 3, 1, 2)")


def test_unknown_activation() -> None:
    refused(lambda: torch_impl.heads.FlattenHead(5, 7, 6, 4, "tanhh"), "'tanhh'")


@pytest.mark.parametrize(
    ("name", "pooling"),
    [
        ("mini_xception", "avg"),
        ("mini_xception", "max"),
        ("xception", "max"),
        ("inception_v3", "avg"),
        ("inception_resnet_v2", "max"),
    ],
)
def test_pooling_without_top(name: str, pooling: str) -> None:
    network = NETWORKS[name]
    module = network.torch(False, network.shape[-1], pooling=pooling).double().eval()
    model = network.keras(False, network.shape, pooling=pooling)
    transfer(module, model)
    x = images(network.shape)
    expected = keras.ops.convert_to_numpy(model(x, training=False))
    result = compare(module(to_torch(x)).detach().numpy(), expected)
    assert result.equal, result.message
    assert expected.ndim == 2


@pytest.mark.parametrize("side", ["keras", "torch"])
def test_unknown_pooling(side: str) -> None:
    refused(lambda: getattr(NETWORKS["mini_xception"], side)(False, pooling="mean"), '"avg" or "max", not \'mean\'')
