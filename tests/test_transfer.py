"""Weights between live models: which tensor is which, every one accounted for, nothing changed on refusal."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import torch
from keras import layers
from torch import nn

from equivalence import Refused, transfer


def keras_model() -> keras.Model:
    """A nested model: its inner layers are `encoder.conv` and `encoder.conv_bn`."""
    encoder = keras.Sequential(
        [
            layers.Input((9, 8, 3)),
            layers.Conv2D(5, (2, 3), name="conv"),
            layers.BatchNormalization(scale=False, name="conv_bn"),
        ],
        name="encoder",
    )
    inputs = layers.Input((9, 8, 3))
    x = layers.GlobalAveragePooling2D()(encoder(inputs))
    return keras.Model(inputs, layers.Dense(4, use_bias=False, name="head")(x))


class Encoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 5, (2, 3))
        self.conv_bn = nn.BatchNorm2d(5, eps=1e-3, momentum=0.01)


class TorchModule(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encoder = Encoder()
        self.head = nn.Linear(5, 4, bias=False)


class Blocks(nn.Module):
    """The same tensors in other blocks: `encoder_conv.weight`, `encoder.conv.bn.weight`."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder_conv = nn.Conv2d(3, 5, (2, 3))
        self.encoder = nn.ModuleDict({"conv": nn.ModuleDict({"bn": nn.BatchNorm2d(5, eps=1e-3, momentum=0.01)})})
        self.head = nn.Linear(5, 4, bias=False)


def randomised(model: keras.Model) -> keras.Model:
    random = np.random.default_rng(4)
    for weight in model.weights:
        weight.assign(random.uniform(0.5, 1.5, weight.shape))
    return model


def state(model: Any) -> list[bytes]:
    held = model.state_dict().values() if isinstance(model, nn.Module) else model.get_weights()
    return [np.asarray(array).tobytes() for array in held]


@pytest.mark.parametrize("module", [TorchModule, Blocks], ids=["nested as in Keras", "in other blocks"])
def test_there_and_back_by_name(module: Callable[[], nn.Module]) -> None:
    source, made, back = randomised(keras_model()), module(), keras_model()
    summary = transfer(source, made)
    assert transfer(made, back) == summary
    assert (summary.layers, summary.arrays, summary.parameters) == (3, 6, 5 * 3 * 6 + 5 + 3 * 5 + 20)
    assert str(summary) == "3 layers, 6 arrays, 130 parameters"
    assert state(back) == state(source)


def test_each_tensor_is_its_weight() -> None:
    source, made = randomised(keras_model()), TorchModule()
    transfer(source, made)
    kernel, bias, beta, mean, variance, head = source.get_weights()
    assert np.array_equal(made.encoder.conv.weight.detach(), kernel.transpose(3, 2, 0, 1))
    assert np.array_equal(made.encoder.conv.bias.detach(), bias)
    assert np.array_equal(made.encoder.conv_bn.bias.detach(), beta)
    assert np.array_equal(made.encoder.conv_bn.running_mean, mean)
    assert np.array_equal(made.encoder.conv_bn.running_var, variance)
    assert np.array_equal(made.head.weight.detach(), head.T)


def test_a_scale_that_keras_has_not_becomes_one() -> None:
    made = TorchModule()
    made.encoder.conv_bn.weight.data.fill_(3.0)
    transfer(randomised(keras_model()), made)
    assert (made.encoder.conv_bn.weight == 1).all()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_every_bit_in_every_dtype(dtype: str) -> None:
    def model() -> keras.Model:
        return keras.Sequential([layers.Input((3,)), layers.Dense(4, dtype=dtype, name="head")])

    source, back = model(), model()
    made = nn.ModuleDict({"head": nn.Linear(3, 4)}).to(getattr(torch, dtype))
    for weight in source.weights:
        weight.assign(np.random.default_rng(4).normal(size=weight.shape))
    source.weights[1].assign([float("nan"), float("-inf"), -0.0, 1 / 3])
    transfer(source, made)
    transfer(made, back)
    assert state(back) == state(source)
    assert made["head"].weight.dtype == getattr(torch, dtype)


def test_the_two_share_no_memory_afterwards() -> None:
    source, made = randomised(keras_model()), TorchModule()
    transfer(source, made)
    transfer(made, source)
    before = state(source)
    with torch.no_grad():
        for tensor in made.state_dict().values():
            tensor.zero_()
    assert state(source) == before


def test_parameters_stay_the_same_objects() -> None:
    made = TorchModule()
    parameters = list(made.parameters())
    transfer(keras_model(), made)
    assert all(after is before for after, before in zip(made.parameters(), parameters, strict=True))


def test_a_name_that_torch_cannot_have_is_looked_for_under_the_port_s() -> None:
    model = randomised(keras.Sequential([layers.Input((3,)), layers.Dense(4, name="forward")]))
    made = nn.ModuleDict({"layer_forward": nn.Linear(3, 4)})
    transfer(model, made)
    assert np.array_equal(made["layer_forward"].bias.detach(), model.get_weights()[1])


def test_a_shared_layer_is_carried_once() -> None:
    dense = layers.Dense(3, name="twice")
    inputs = layers.Input((3,))
    model = randomised(keras.Model(inputs, dense(dense(inputs))))
    made = nn.ModuleDict({"twice": nn.Linear(3, 3)})
    assert transfer(model, made).layers == 1


def changed(edit: Callable[[TorchModule], Any]) -> TorchModule:
    module = TorchModule()
    edit(module)
    return module


def without_head(module: TorchModule) -> None:
    del module.head


UNEVEN = {
    "layer without counterpart": (without_head, ["layer 'head'", "'kernel' of shape (5, 4)", "'head.weight'"]),
    "tensor without counterpart": (
        lambda module: module.add_module("extra", nn.Linear(2, 3)),
        ["'extra.weight' of shape (3, 2)", "no counterpart"],
    ),
    "buffer without counterpart": (
        lambda module: module.register_buffer("scale", torch.ones(2)),
        ["'scale' of shape (2,)", "no counterpart"],
    ),
    "bias that keras has not": (
        lambda module: setattr(module, "head", nn.Linear(5, 4)),
        ["'head.bias' of shape (4,)", "no counterpart"],
    ),
    "shape": (
        lambda module: setattr(module.encoder, "conv", nn.Conv2d(3, 5, (3, 2))),
        ["layer 'encoder.conv', weight 'kernel' of shape (2, 3, 3, 5)", "(5, 3, 3, 2)"],
    ),
    "rank": (
        lambda module: setattr(module.encoder, "conv", nn.Conv1d(3, 5, 2)),
        ["layer 'encoder.conv', weight 'kernel' of shape (2, 3, 3, 5)", "(5, 3, 2)"],
    ),
    "dtype": (
        lambda module: module.head.double(),
        ["layer 'head', weight 'kernel' of shape (5, 4) is float32", "float64", "module.to(torch.float32)"],
    ),
}


@pytest.mark.parametrize("direction", ["to torch", "to keras"])
@pytest.mark.parametrize(("edit", "parts"), UNEVEN.values(), ids=UNEVEN)
def test_what_does_not_come_out_even_is_refused_and_changes_nothing(
    edit: Callable[[TorchModule], Any], parts: list[str], direction: str
) -> None:
    model, module = randomised(keras_model()), changed(edit)
    before = state(model), state(module)
    with pytest.raises(Refused) as refusal:
        transfer(*((model, module) if direction == "to torch" else (module, model)))
    assert all(part in str(refusal.value) for part in parts), str(refusal.value)
    assert (state(model), state(module)) == before


def refusal_of(source: Any, target: Any) -> str:
    with pytest.raises(Refused) as refusal:
        transfer(source, target)
    return str(refusal.value)


def test_a_scale_in_torch_that_keras_has_no_place_for_is_refused() -> None:
    module = changed(lambda module: module.encoder.conv_bn.weight.data.fill_(2.0))
    assert re.search(r"'encoder.conv_bn'.*'encoder.conv_bn.weight'.*not 1", refusal_of(module, keras_model()))


def test_two_tensors_of_one_folded_name() -> None:
    model = keras.Sequential([layers.Input((3,)), layers.Dense(4, name="a_b_c")])
    a = nn.ModuleDict({"b_c": nn.Linear(3, 4)})
    module = nn.ModuleDict({"a": a, "a_b": nn.ModuleDict({"c": nn.Linear(3, 4)})})
    assert "'a_b_c.weight' may be any of torch's a.b_c.weight, a_b.c.weight" in refusal_of(model, module)


def test_two_layers_of_one_folded_name() -> None:
    model = keras.Sequential([layers.Input((4,)), layers.Dense(4, name="a_b"), layers.Dense(4, name="a.b")])
    module = nn.ModuleDict({"a_b": nn.Linear(4, 4)})
    assert "layers 'a_b' and 'a.b' both mean torch's 'a_b.weight'" in refusal_of(model, module)


def test_an_unbuilt_model() -> None:
    model = keras.Sequential([layers.Dense(4)], name="fresh")
    assert "'fresh' is not built" in refusal_of(model, nn.Linear(3, 4))


class Scale(layers.Layer):
    def build(self, shape: Any) -> None:
        self.factor = self.add_weight(shape=(shape[-1],), name="factor")

    def call(self, x: Any) -> Any:
        return x * self.factor


def test_a_layer_that_no_entry_describes() -> None:
    model = keras.Sequential([layers.Input((3,)), Scale(name="mine")])
    assert re.search("layer 'mine' has weights, and no entry.*Scale", refusal_of(model, nn.Linear(3, 4)))


def test_a_wrapper_s_weights_are_refused_with_what_to_do() -> None:
    model = keras.Sequential([layers.Input((7, 3)), layers.Bidirectional(layers.LSTM(4), name="both")])
    assert re.search("layer 'both': Bidirectional .*port the model", refusal_of(model, nn.LSTM(3, 4)))


def test_a_weight_that_feeds_two_parameters() -> None:
    """The two biases of a GRU are one array in Keras."""
    source = randomised(keras.Sequential([layers.Input((7, 3)), layers.GRU(4, name="gru")]))
    made, back = nn.ModuleDict({"gru": nn.GRU(3, 4)}), keras.models.clone_model(source)
    assert transfer(source, made).arrays == 3
    transfer(made, back)
    assert state(back) == state(source)


class Owner(keras.Model):
    def __init__(self) -> None:
        super().__init__(name="owner")
        self.head = layers.Dense(4, name="head")
        self.factor = self.add_weight(shape=(), name="factor")

    def call(self, x: Any) -> Any:
        return self.head(x) * self.factor


def test_a_weight_of_no_layer() -> None:
    model = Owner()
    model(np.zeros((2, 3)))
    assert re.search("'owner'.*'.*factor' is of no layer", refusal_of(model, nn.ModuleDict({"head": nn.Linear(3, 4)})))


@pytest.mark.parametrize("pair", [(nn.Linear(3, 4), nn.Linear(3, 4)), (keras.Sequential(), keras.Sequential()), (1, 2)])
def test_other_pairs(pair: tuple[Any, Any]) -> None:
    with pytest.raises(TypeError, match=r"takes a keras.Model and a torch.nn.Module.*not (Linear|Sequential|int) and"):
        transfer(*pair)
