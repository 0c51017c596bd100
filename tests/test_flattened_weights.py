"""Weights that count the numbers of a flattened image: carried in the order that is said, or not at all."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import torch
from keras import layers, ops
from torch import nn

from equivalence import transfer
from tests.flattening_models import IMAGE, conv, dense, randomised, refusal, sequential


def modules(**parts: nn.Module) -> nn.Module:
    return nn.Sequential(OrderedDict(parts))


class Flatten(nn.Module):
    """flatten(1) of a map, or the same in Keras's order."""

    order = "channels_first"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x if self.order == "channels_first" else x.movedim(1, -1)).flatten(1)


class Unflatten(nn.Module):
    """A vector to (N, 4, 2, 3), likewise."""

    order = "channels_first"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.view(-1, 4, 2, 3) if self.order == "channels_first" else x.view(-1, 2, 3, 4).movedim(-1, 1)


def norm(kind: Callable[..., nn.Module] = nn.BatchNorm1d, size: int = 80) -> nn.Module:
    return kind(size, eps=1e-3, momentum=0.01)


def nested_backbone() -> keras.Model:
    image = layers.Input(IMAGE)
    return keras.Model(image, dense()(sequential(conv(), layers.Flatten(), name="backbone")(image)))


def nested_head() -> keras.Model:
    image = layers.Input(IMAGE)
    head = sequential(layers.Dropout(0.5), dense(), name="head", shape=(80,))
    return keras.Model(image, head(layers.Flatten()(conv()(image))))


def of_operations() -> keras.Model:
    image = layers.Input(IMAGE)
    return keras.Model(image, dense()(ops.relu(ops.reshape(conv()(image), (-1, 80)))))


def called_twice() -> keras.Model:
    image, shared = layers.Input(IMAGE), dense()
    x = conv()(image)
    return keras.Model(image, layers.Add()([shared(layers.Flatten()(x)), shared(layers.Reshape((80,))(ops.relu(x)))]))


class CalledTwice(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.flatten, self.dense = nn.Conv2d(3, 4, 2), Flatten(), nn.Linear(80, 7)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv(x)
        return self.dense(self.flatten(x)) + self.dense(self.flatten(x.relu()))


#: name -> Keras model, torch module, the first weight that counts an image's numbers
FOLLOWED: dict[str, tuple[Callable[[], keras.Model], Callable[[], nn.Module], str]] = {
    "behind convolution and normalisation": (
        lambda: sequential(conv(), layers.BatchNormalization(name="norm"), layers.Flatten(), dense()),
        lambda: modules(
            conv=nn.Conv2d(3, 4, 2), norm=norm(nn.BatchNorm2d, 4), flatten=Flatten(), dense=nn.Linear(80, 7)
        ),
        "layer 'dense', weight 'kernel' of shape (80, 7)",
    ),
    "of the input": (
        lambda: sequential(layers.Flatten(), dense()),
        lambda: modules(flatten=Flatten(), dense=nn.Linear(90, 7)),
        "layer 'dense', weight 'kernel' of shape (90, 7)",
    ),
    "by Reshape": (
        lambda: sequential(conv(), layers.Reshape((-1,)), dense()),
        lambda: modules(conv=nn.Conv2d(3, 4, 2), flatten=Flatten(), dense=nn.Linear(80, 7)),
        "layer 'dense', weight 'kernel' of shape (80, 7)",
    ),
    "by an operation": (
        of_operations,
        lambda: modules(conv=nn.Conv2d(3, 4, 2), flatten=Flatten(), relu=nn.ReLU(), dense=nn.Linear(80, 7)),
        "layer 'dense', weight 'kernel' of shape (80, 7)",
    ),
    "with layers between, a second Dense behind": (
        lambda: sequential(
            conv(), layers.Flatten(), layers.Dropout(0.5), layers.BatchNormalization(name="norm"),
            layers.Activation("relu"), dense(), layers.Dense(2, name="last"),
        ),
        lambda: modules(
            conv=nn.Conv2d(3, 4, 2), flatten=Flatten(), norm=norm(), relu=nn.ReLU(), dense=nn.Linear(80, 7),
            last=nn.Linear(7, 2),
        ),
        "layer 'norm', weight 'gamma' of shape (80,)",
    ),
    "with a layer normalisation between": (
        lambda: sequential(conv(), layers.Flatten(), layers.LayerNormalization(name="norm"), dense()),
        lambda: modules(
            conv=nn.Conv2d(3, 4, 2), flatten=Flatten(), norm=nn.LayerNorm(80, eps=1e-3), dense=nn.Linear(80, 7)
        ),
        "layer 'norm', weight 'gamma' of shape (80,)",
    ),
    "in a nested model": (
        nested_backbone,
        lambda: modules(backbone=modules(conv=nn.Conv2d(3, 4, 2), flatten=Flatten()), dense=nn.Linear(80, 7)),
        "layer 'dense', weight 'kernel' of shape (80, 7)",
    ),
    "before a nested model": (
        nested_head,
        lambda: modules(conv=nn.Conv2d(3, 4, 2), flatten=Flatten(), head=modules(dense=nn.Linear(80, 7))),
        "layer 'head.dense', weight 'kernel' of shape (80, 7)",
    ),
    "by one layer twice": (called_twice, CalledTwice, "layer 'dense', weight 'kernel' of shape (80, 7)"),
    "of a sequence behind a convolution": (
        lambda: sequential(layers.Conv1D(4, 2, name="conv"), layers.Flatten(), dense(), shape=(9, 3)),
        lambda: modules(conv=nn.Conv1d(3, 4, 2), flatten=Flatten(), dense=nn.Linear(32, 7)),
        "layer 'dense', weight 'kernel' of shape (32, 7)",
    ),
    "of a volume": (
        lambda: sequential(layers.Conv3D(4, 2, name="conv"), layers.Flatten(), dense(), shape=(4, 3, 5, 2)),
        lambda: modules(conv=nn.Conv3d(2, 4, 2), flatten=Flatten(), dense=nn.Linear(96, 7)),
        "layer 'dense', weight 'kernel' of shape (96, 7)",
    ),
    "the other way round: an image of a vector": (
        lambda: sequential(
            layers.Dense(24, name="dense"), layers.BatchNormalization(name="norm"), layers.ReLU(),
            layers.Reshape((2, 3, 4)), layers.Conv2DTranspose(5, 2, name="conv"), layers.GlobalMaxPooling2D(),
            shape=(9,),
        ),
        lambda: modules(
            dense=nn.Linear(9, 24), norm=norm(size=24), relu=nn.ReLU(), image=Unflatten(),
            conv=nn.ConvTranspose2d(4, 5, 2), pool=nn.AdaptiveMaxPool2d(1), flatten=Flatten(),
        ),
        "layer 'dense', weight 'kernel' of shape (9, 24)",
    ),
}  # fmt: skip


def apart(model: keras.Model, module: nn.Module) -> float:
    """The largest difference of outputs, relative to the largest output."""
    x = np.random.default_rng(1).normal(size=(3, *model.input_shape[1:])).astype(np.float32)
    first = np.ascontiguousarray(np.moveaxis(x, -1, 1)) if x.ndim > 2 else x
    expected = model.predict(x, verbose=0)
    with torch.no_grad():
        actual = module.eval()(torch.from_numpy(first)).numpy()
    return float(np.abs(actual - expected).max() / np.abs(expected).max())


def flattening(module: nn.Module, order: str) -> nn.Module:
    for part in module.modules():
        if isinstance(part, (Flatten, Unflatten)):
            part.order = order
    return module


@pytest.mark.parametrize("order", ["channels_first", "channels_last"])
@pytest.mark.parametrize(("model", "module", "weight"), FOLLOWED.values(), ids=FOLLOWED)
def test_carried_in_the_order_that_is_said(model: Any, module: Any, weight: str, order: Any) -> None:
    source, made, other = randomised(model()), flattening(module(), order), module()
    transfer(source, made, flatten=order)
    assert apart(source, made) < 1e-5
    back = keras.models.clone_model(source)
    transfer(made, back, flatten=order)
    for array, expected in zip(back.get_weights(), source.get_weights(), strict=True):
        assert array.tobytes() == expected.tobytes()
    transfer(
        source, flattening(other, order), flatten="channels_last" if order == "channels_first" else "channels_first"
    )
    assert apart(source, other) > 1e-2


#: Where weights of other kinds count the vector too, or it becomes an image: then the order must be said.
NOT_SEEN = {
    "with layers between, a second Dense behind", "with a layer normalisation between", "by one layer twice",
    "the other way round: an image of a vector",
}  # fmt: skip


@pytest.mark.parametrize("order", ["channels_first", "channels_last"])
@pytest.mark.parametrize("name", [name for name in FOLLOWED if name not in NOT_SEEN])
def test_seen_where_the_order_is_not_said(name: str, order: Any) -> None:
    model, module, _ = FOLLOWED[name]
    source, made = randomised(model()), flattening(module(), order)
    transfer(source, made)
    assert apart(source, made) < 1e-5
    back = keras.models.clone_model(source)
    transfer(made, back)
    for array, expected in zip(back.get_weights(), source.get_weights(), strict=True):
        assert array.tobytes() == expected.tobytes()


def failing(module: nn.Module) -> nn.Module:
    module.forward = lambda x: x.nothing
    return module


def other(module: nn.Module) -> nn.Module:
    module.forward = lambda x, run=module.forward: 2 * run(x)  # whose weights would not give Keras's numbers
    return module


def unchanged(module: nn.Module) -> nn.Module:
    return module


@pytest.mark.parametrize("direction", ["to torch", "to keras"])
@pytest.mark.parametrize(
    ("name", "cannot_be_seen"),
    [
        *((name, unchanged) for name in sorted(NOT_SEEN)),
        ("behind convolution and normalisation", failing), ("behind convolution and normalisation", other),
    ],
)  # fmt: skip
def test_refused_where_the_order_is_not_said_and_cannot_be_seen(name: str, direction: str, cannot_be_seen: Any) -> None:
    model, module, weight = FOLLOWED[name]
    made, source = cannot_be_seen(module()), randomised(model())
    given = (source, made) if direction == "to torch" else (made, source)
    before = {name: tensor.clone() for name, tensor in made.state_dict().items()}
    weights = source.get_weights()
    said = refusal(*given)
    assert said.startswith(weight), said
    assert 'flatten="channels_first"' in said and 'flatten="channels_last"' in said
    assert all(torch.equal(tensor, before[name]) for name, tensor in made.state_dict().items())
    assert all(np.array_equal(one, held) for one, held in zip(source.get_weights(), weights, strict=True))


NOT_ASKED: dict[str, tuple[Callable[[], keras.Model], Callable[[], nn.Module]]] = {
    "one channel": (
        lambda: sequential(layers.Flatten(), dense(), shape=(6, 5, 1)),
        lambda: modules(flatten=Flatten(), dense=nn.Linear(30, 7)),
    ),
    "one position": (
        lambda: sequential(layers.Conv2D(4, (6, 5), name="conv"), layers.Flatten(), dense()),
        lambda: modules(conv=nn.Conv2d(3, 4, (6, 5)), flatten=Flatten(), dense=nn.Linear(4, 7)),
    ),
    "pooled": (
        lambda: sequential(conv(), layers.GlobalAveragePooling2D(keepdims=True), layers.Flatten(), dense()),
        lambda: modules(
            conv=nn.Conv2d(3, 4, 2), pool=nn.AdaptiveAvgPool2d(1), flatten=Flatten(), dense=nn.Linear(4, 7)
        ),
    ),
    "a convolution that keeps the count of numbers": (
        lambda: sequential(
            layers.Conv2D(12, 1, strides=(2, 2), name="conv"), layers.GlobalMaxPooling2D(), dense(), shape=(4, 4, 3)
        ),
        lambda: modules(
            conv=nn.Conv2d(3, 12, 1, stride=2), pool=nn.AdaptiveMaxPool2d(1), flatten=Flatten(), dense=nn.Linear(12, 7)
        ),
    ),
}


@pytest.mark.parametrize(("model", "module"), NOT_ASKED.values(), ids=NOT_ASKED)
def test_not_asked_where_both_orders_are_one(model: Any, module: Any) -> None:
    for order in (None, "channels_first", "channels_last"):
        source, made = randomised(model()), module()
        transfer(source, made, flatten=order)
        assert apart(source, made) < 1e-5


def test_not_asked_for_a_sequence_without_windows() -> None:
    """A recurrent layer's sequence lies in torch as in Keras."""
    source = randomised(
        sequential(layers.LSTM(4, return_sequences=True, name="lstm"), layers.Flatten(), dense(), shape=(9, 3))
    )
    made = nn.ModuleDict({"lstm": nn.LSTM(3, 4, batch_first=True), "dense": nn.Linear(36, 7)})
    transfer(source, made)
    assert np.array_equal(made["dense"].weight.detach(), source.get_weights()[-2].T)


def test_an_unknown_order() -> None:
    with pytest.raises(ValueError, match=r"flatten must be .* not 'first'"):
        transfer(sequential(dense()), nn.Linear(3, 7), flatten="first")  # type: ignore[arg-type]
