"""Weights between models whose parts have other names: by what they do, both ways, or nothing at all."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import torch
from by_hand import randomised
from keras import layers
from torch import Tensor, nn
from torch.nn import functional as F

from equivalence import Refused, transfer


class Lambda(nn.Module):
    """Parts, and a function of them and of the inputs."""

    def __init__(self, run: Callable[..., Any], **parts: nn.Module) -> None:
        super().__init__()
        self.run = run
        self.p = nn.ModuleDict(parts)

    def forward(self, *inputs: Tensor) -> Any:
        return self.run(self.p, *inputs)


def sequential(shape: tuple[int, ...], *parts: Any) -> Callable[[], keras.Model]:
    return lambda: keras.Sequential([layers.Input(shape), *(make() for make in parts)])


def flattening(shape: tuple[int, ...]) -> Callable[[], keras.Model]:
    return sequential(
        shape, lambda: layers.Conv2D(4, 2, activation="relu", name="eye"), layers.Flatten,
        lambda: layers.Dense(3, name="end"),
    )  # fmt: skip


def flattened(size: int, last: bool) -> Callable[[], nn.Module]:
    def run(p: Any, x: Tensor) -> Tensor:
        x = F.relu(p["a"](x))
        return p["b"]((x.permute(0, 2, 3, 1) if last else x).flatten(1))

    return lambda: Lambda(run, a=nn.Conv2d(3, 4, 2), b=nn.Linear(size, 3))


def convolved(bias: bool) -> Callable[[], keras.Model]:
    return sequential(
        (6, 5, 3), lambda: layers.Conv2D(4, 2, use_bias=bias, name="eye"),
        lambda: layers.BatchNormalization(name="norm"), layers.ReLU,
    )  # fmt: skip


def conv_norm(bias: bool) -> Callable[[], nn.Module]:
    return lambda: nn.Sequential(nn.Conv2d(3, 4, 2, bias=bias), nn.BatchNorm2d(4, eps=1e-3), nn.ReLU())


def normalised(**options: bool) -> Callable[[], keras.Model]:
    return sequential((6, 5, 3), lambda: layers.BatchNormalization(name="norm", **options), layers.ReLU)


def attention() -> keras.Model:
    tokens = layers.Input((5, 12))
    return keras.Model(tokens, layers.MultiHeadAttention(3, 4, name="heads")(tokens, tokens))


def packed(p: Any, x: Tensor) -> Tensor:
    parts = p["qkv"](x).chunk(3, -1)
    query, key, value = (part.unflatten(-1, (3, 4)).transpose(1, 2) for part in parts)
    return p["out"](F.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2))


def shared() -> keras.Model:
    one, other = layers.Input((6,)), layers.Input((6,))
    tower = layers.Dense(5, activation="relu", name="tower")
    return keras.Model([one, other], layers.Dense(2, name="end")(layers.Subtract()([tower(one), tower(other)])))


def separate() -> keras.Model:
    one, other = layers.Input((6,)), layers.Input((6,))
    towers = [layers.Dense(5, activation="relu", name=name)(x) for name, x in (("left", one), ("right", other))]
    return keras.Model([one, other], layers.Dense(2, name="end")(layers.Subtract()(towers)))


def one_tower() -> nn.Module:
    return Lambda(lambda p, x, y: p["b"](F.relu(p["a"](x)) - F.relu(p["a"](y))), a=nn.Linear(6, 5), b=nn.Linear(5, 2))


def two_towers() -> nn.Module:
    return Lambda(
        lambda p, x, y: p["b"](F.relu(p["a"](x)) - F.relu(p["c"](y))),
        c=nn.Linear(6, 5), a=nn.Linear(6, 5), b=nn.Linear(5, 2),
    )  # fmt: skip


def both_ways(p: Any, x: Tensor) -> Tensor:
    """The last state of each direction."""
    states = p["a"](x)[1]
    states = states[0] if isinstance(states, tuple) else states
    return torch.cat([states[0], states[1]], 1)


def unflattening() -> keras.Model:
    """A vector becomes an image, and that a vector again."""
    return keras.Sequential([
        layers.Input((6,)), layers.Dense(4 * 3 * 5, activation="elu", name="wide"), layers.Reshape((4, 3, 5)),
        layers.Conv2DTranspose(2, 3, strides=2, name="up"), layers.Flatten(), layers.Dense(3, name="end"),
    ])  # fmt: skip


def unflattened(last: bool, flatten_last: bool) -> Callable[[], nn.Module]:
    def run(p: Any, x: Tensor) -> Tensor:
        x = F.elu(p["a"](x))
        x = x.view(-1, 4, 3, 5).permute(0, 3, 1, 2) if last else x.unflatten(1, (5, 4, 3))
        x = p["b"](x)
        return p["c"]((x.permute(0, 2, 3, 1) if flatten_last else x).flatten(1))

    return lambda: Lambda(run, a=nn.Linear(6, 60), b=nn.ConvTranspose2d(5, 2, 3, 2), c=nn.Linear(126, 3))


PAIRS: dict[str, tuple[Callable[[], keras.Model], Callable[[], nn.Module]]] = {
    "flattened as it lies": (flattening((6, 5, 3)), flattened(80, last=False)),
    "flattened as Keras does": (flattening((6, 5, 3)), flattened(80, last=True)),
    "a square flattened as it lies": (flattening((5, 5, 3)), flattened(64, last=False)),
    "a square flattened as Keras does": (flattening((5, 5, 3)), flattened(64, last=True)),
    "no bias before a norm": (convolved(True), conv_norm(False)),
    "not affine": (
        normalised(scale=False, center=False),
        lambda: nn.Sequential(nn.BatchNorm2d(3, eps=1e-3, affine=False), nn.ReLU())),
    "Dense as a convolution": (
        sequential((6, 5, 3), lambda: layers.Dense(4, name="point")), lambda: nn.Conv2d(3, 4, 1)),
    "separable as two": (
        sequential((6, 5, 3), lambda: layers.SeparableConv2D(4, 2, name="both")),
        lambda: nn.Sequential(nn.Conv2d(3, 3, 2, groups=3, bias=False), nn.Conv2d(3, 4, 1))),
    "transposed": (
        sequential((6, 5, 3), lambda: layers.Conv2DTranspose(4, 3, name="up")), lambda: nn.ConvTranspose2d(3, 4, 3)),
    "packed attention": (
        attention, lambda: Lambda(packed, qkv=nn.Linear(12, 36), out=nn.Linear(12, 12))),
    "nn.MultiheadAttention": (
        attention, lambda: Lambda(lambda p, x: p["a"](x, x, x)[0], a=nn.MultiheadAttention(12, 3, batch_first=True))),
    "nn.LSTM": (
        sequential((5, 4), lambda: layers.LSTM(3, name="steps")),
        lambda: Lambda(lambda p, x: p["a"](x)[0][:, -1], a=nn.LSTM(4, 3, batch_first=True))),
    "nn.GRU": (
        sequential((5, 4), lambda: layers.GRU(3, name="steps")),
        lambda: Lambda(lambda p, x: p["a"](x)[0][:, -1], a=nn.GRU(4, 3, batch_first=True))),
    "nn.LSTM both ways": (
        sequential((5, 4), lambda: layers.Bidirectional(layers.LSTM(3, name="steps"), name="both")),
        lambda: Lambda(both_ways, a=nn.LSTM(4, 3, batch_first=True, bidirectional=True))),
    "nn.GRU both ways": (
        sequential((5, 4), lambda: layers.Bidirectional(layers.GRU(3, name="steps"), name="both")),
        lambda: Lambda(both_ways, a=nn.GRU(4, 3, batch_first=True, bidirectional=True))),
    "an image of a vector as it lies": (unflattening, unflattened(last=False, flatten_last=True)),
    "an image of a vector as Keras makes it": (unflattening, unflattened(last=True, flatten_last=True)),
    "an image of a vector, and a vector of it": (unflattening, unflattened(last=True, flatten_last=False)),
    "neither as Keras does": (unflattening, unflattened(last=False, flatten_last=False)),
    "a shared tower": (shared, one_tower),
    "two towers": (separate, two_towers),
}  # fmt: skip


def made(model: Callable[[], keras.Model], seed: int = 4) -> keras.Model:
    keras.utils.clear_session()
    return randomised(model(), seed)


def drawn(module: nn.Module) -> nn.Module:
    """The module with random weights; variances are positive."""
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for tensor in module.state_dict().values():
            if tensor.is_floating_point():
                tensor.copy_(torch.rand(tensor.shape, generator=generator) + 0.2)
    return module.eval()


def apart(model: keras.Model, module: nn.Module) -> float:
    """How far apart the outputs of both are, relative."""
    arrays = [np.random.default_rng(3).normal(size=(2, *held.shape[1:])).astype(np.float32) for held in model.inputs]
    expected = np.asarray(model(arrays if len(arrays) > 1 else arrays[0], training=False))
    given = [torch.from_numpy(np.moveaxis(x, -1, 1).copy() if x.ndim == 4 else x) for x in arrays]
    with torch.no_grad():
        found = module.eval()(*given).numpy()
    found = np.moveaxis(found, 1, -1) if found.ndim == 4 else found
    return float(np.abs(found - expected).max() / np.abs(expected).max())


@pytest.mark.parametrize("name", [*PAIRS])
def test_weights_go_to_torch(name: str) -> None:
    model, module = made(PAIRS[name][0]), PAIRS[name][1]()
    before = [weight.copy() for weight in model.get_weights()]
    carried = transfer(model, module)
    assert apart(model, module) < 1e-5
    assert carried.arrays == len(model.weights) and carried.left_over == () == carried.ambiguous
    assert carried.parameters == model.count_params()
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), before, strict=True))


@pytest.mark.parametrize("name", [*PAIRS])
def test_weights_go_to_keras(name: str) -> None:
    """Whatever the Keras model held before."""
    model, module = made(PAIRS[name][0]), drawn(PAIRS[name][1]())
    for weight in model.weights:
        weight.assign(np.zeros(weight.shape))
    before = copy.deepcopy(module.state_dict())
    transfer(module, model)
    assert apart(model, module) < 1e-5
    assert all(torch.equal(held, before[key]) for key, held in module.state_dict().items())


@pytest.mark.parametrize(
    ("model", "module"),
    [
        pytest.param(
            normalised(scale=False), lambda: nn.Sequential(nn.BatchNorm2d(3, eps=1e-3), nn.ReLU()), id="no gamma"
        ),
        pytest.param(
            normalised(center=False), lambda: nn.Sequential(nn.BatchNorm2d(3, eps=1e-3), nn.ReLU()), id="no beta"
        ),
        pytest.param(convolved(False), conv_norm(True), id="a bias of torch's before a norm"),
        pytest.param(shared, two_towers, id="two parts for a shared tower"),
    ],
)
def test_what_keras_has_not_is_neutral_in_torch_and_nowhere_in_keras(
    model: Callable[[], keras.Model], module: Callable[[], nn.Module]
) -> None:
    source, target = made(model), drawn(module())
    transfer(source, target)
    assert apart(source, target) < 1e-5
    before = [weight.copy() for weight in source.get_weights()]
    with pytest.raises(Refused, match="transfer by structure: with its weights the Keras model would not give what"):
        transfer(drawn(module()), source)
    assert all(np.array_equal(a, b) for a, b in zip(source.get_weights(), before, strict=True))


def smaller(size: int) -> Callable[[], nn.Module]:
    return lambda: nn.Sequential(nn.Conv2d(3, size, 1), nn.ReLU())


def point() -> keras.Model:
    return sequential((6, 5, 3), lambda: layers.Dense(4, name="point"), layers.ReLU)()


REFUSED: list[Any] = [
    pytest.param(point, smaller(5), "left over: point/.* has shape .*, and Keras's is", id="another size"),
    pytest.param(
        point, lambda: nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU(), nn.Conv2d(4, 4, 1)),
        r"left over: torch's 2\.weight; torch's 2\.bias", id="a part too many"),
    pytest.param(
        convolved(True), lambda: nn.Sequential(nn.Conv2d(3, 4, 2), nn.ReLU()),
        "left over: norm/moving_mean: no part of the torch module does the same", id="a part missing"),
    pytest.param(
        convolved(False), lambda: nn.Sequential(nn.Conv2d(3, 4, 2, bias=False), nn.BatchNorm2d(4), nn.ReLU()),
        "the outputs are not equal.*equivalence.check tells where", id="an epsilon"),
    pytest.param(separate, one_tower, "the outputs are not equal", id="one part for two layers"),
    pytest.param(
        point, lambda: nn.Sequential(nn.Conv2d(7, 4, 1), nn.ReLU()), "and it fails", id="another input"),
    pytest.param(
        sequential((6,), lambda: layers.Dense(4, name="point")), lambda: nn.Linear(6, 4, bias=False),
        "left over: point/bias", id="no bias"),
]  # fmt: skip


@pytest.mark.parametrize("to_torch", [True, False], ids=["to torch", "to Keras"])
@pytest.mark.parametrize(("model", "module", "says"), REFUSED)
def test_nothing_changes_where_it_is_refused(
    model: Callable[[], keras.Model], module: Callable[[], nn.Module], says: str, to_torch: bool
) -> None:
    keras_model, torch_module = made(model), drawn(module())
    before = copy.deepcopy(torch_module.state_dict()), [weight.copy() for weight in keras_model.get_weights()]
    pair = (keras_model, torch_module) if to_torch else (torch_module, keras_model)
    with pytest.raises(Refused, match=says):
        transfer(*pair)
    assert all(torch.equal(held, before[0][key]) for key, held in torch_module.state_dict().items())
    assert all(np.array_equal(a, b) for a, b in zip(keras_model.get_weights(), before[1], strict=True))


def test_without_strict_the_rest_is_carried_and_named() -> None:
    model = made(point)
    module = drawn(nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU(), nn.Conv2d(4, 4, 1)))
    rest = module[2].weight.detach().clone()
    carried = transfer(model, module, strict=False)
    assert carried.left_over == ("torch's 2.weight", "torch's 2.bias")
    assert torch.equal(module[2].weight, rest)
    kernel = torch.from_numpy(model.get_layer("point").kernel.numpy().T)
    assert torch.equal(module[0].weight[:, :, 0, 0], kernel)
    assert "left over: torch's 2.weight" in str(carried)


def test_an_epsilon_is_no_obstacle_without_strict() -> None:
    model = made(convolved(False))
    module = drawn(nn.Sequential(nn.Conv2d(3, 4, 2, bias=False), nn.BatchNorm2d(4), nn.ReLU()))
    assert transfer(model, module, strict=False).left_over == ()
    assert torch.equal(module[1].weight, torch.from_numpy(model.get_layer("norm").gamma.numpy()))


def crossed() -> keras.Model:
    inputs = layers.Input((6,))
    one, other = layers.Dense(4, name="one")(inputs), layers.Dense(4, name="other")(inputs)
    return keras.Model(inputs, layers.Concatenate()([one, other]))


def test_twins_are_told_apart_by_what_comes_of_them() -> None:
    """The module runs and registers them the other way round."""
    module = Lambda(lambda p, x: torch.cat([p["b"](x), p["a"](x)], -1), a=nn.Linear(6, 4), b=nn.Linear(6, 4))
    model = made(crossed)
    transfer(model, module)
    assert torch.equal(module.p["b"].weight, torch.from_numpy(model.get_layer("one").kernel.numpy().T))


def test_pairs_say_what_nothing_else_tells() -> None:
    model = made(lambda: sequential((6,), *(lambda n=n: layers.Dense(6, name=n) for n in ("x", "y")))())
    module = drawn(Lambda(lambda p, x: p["b"](p["a"](x)), a=nn.Linear(6, 6), b=nn.Linear(6, 6)))
    transfer(model, module, pairs={"x": "p.a"})
    assert apart(model, module) < 1e-5
    with pytest.raises(Refused, match="the outputs are not equal"):
        transfer(model, module, pairs={"x": "p.b", "y": "p.a"})
    with pytest.raises(Refused, match="pairs: the Keras model has no layer 'z' with weights; it has x, y"):
        transfer(model, module, pairs={"z": "p.a"})


def test_names_that_fit_in_part_do_not_keep_structure_from_it() -> None:
    """`heads` is called so on both sides, and its weights are packed in torch."""

    class Named(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.heads = nn.MultiheadAttention(12, 3, batch_first=True)

        def forward(self, x: Tensor) -> Tensor:
            return self.heads(x, x, x)[0]

    model, named = made(attention), Named()
    transfer(model, named)
    assert apart(model, named) < 1e-5
