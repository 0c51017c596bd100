"""Each torch twin is its Keras twin, at every layer; and the comparison that says so is sensitive."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import keras
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from networks import NETWORKS, images, keras_layers, randomise, torch_layers
from torch import nn

from equivalence import Transferred, transfer
from equivalence.verification.compare import compare

CASES = {
    f"{name}-{f'{classes} classes' if classes else 'without top'}": (name, classes)
    for name in NETWORKS
    for classes in (1000, 7, None)
}
SMALL = {case: (name, classes) for case, (name, classes) in CASES.items() if classes == 7}


@dataclass
class Twins:
    """Both with the torch twin's random weights, carried by `transfer`."""

    name: str
    keras: keras.Model
    torch: nn.Module
    transferred: Transferred
    images: np.ndarray
    layers: dict[str, np.ndarray]  # of the Keras twin on the images


@pytest.fixture(scope="module", params=list(CASES.values()), ids=list(CASES))
def twins(request: pytest.FixtureRequest) -> Iterator[Twins]:
    name, classes = request.param
    network = NETWORKS[name]
    arguments = {"include_top": classes is not None, "classes": classes or 1000, "classifier_activation": None}
    module = network.torch(channels=network.shape[-1], **arguments).double()
    randomise(module, images(network.shape, batch=6, seed=0))
    model = network.keras(input_shape=network.shape, **arguments)
    transferred = transfer(module, model)
    x = images(network.shape)
    yield Twins(name, model, module, transferred, x, keras_layers(model, x))
    keras.backend.clear_session()


def test_every_layer(twins: Twins) -> None:
    result = compare(torch_layers(twins.torch, twins.images, twins.layers), twins.layers)
    assert result.equal, result.message
    assert len(result.tensors) == twins.transferred.layers + 1


def test_transfer_back_keeps_every_bit(twins: Twins) -> None:
    before = {name: tensor.numpy().copy() for name, tensor in twins.torch.state_dict().items()}
    with torch.no_grad():
        for tensor in twins.torch.state_dict().values():
            if tensor.is_floating_point():
                tensor.fill_(5.0)
    assert transfer(twins.keras, twins.torch) == twins.transferred
    assert twins.transferred.parameters == twins.keras.count_params()
    for name, tensor in twins.torch.state_dict().items():
        assert tensor.numpy().tobytes() == before[name].tobytes(), name


def test_as_many_trainable_parameters(twins: Twins) -> None:
    """A BatchNormalization without scale has a weight in torch, which must not be trained."""
    trained = sum(parameter.numel() for parameter in twins.torch.parameters() if parameter.requires_grad)
    assert trained == sum(np.prod(weight.shape) for weight in twins.keras.trainable_weights)


def first(module: nn.Module, kind: type[nn.Module]) -> nn.Module:
    return next(part for part in module.modules() if isinstance(part, kind))


@pytest.mark.parametrize("twins", SMALL.values(), ids=SMALL, indirect=True)
class TestOneChangeIsSeen:
    """Each changes one thing in the torch twin, and the logits alone show it, far above what counts as equal."""

    def differs(self, twins: Twins, x: np.ndarray | None = None) -> bool:
        actual = torch_layers(twins.torch, twins.images if x is None else x, ())
        return compare(actual["output"], twins.layers["output"]).max_rel > 1e-6

    def test_nothing_changed(self, twins: Twins) -> None:
        assert not self.differs(twins)

    def test_epsilon(self, twins: Twins, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(first(twins.torch, nn.BatchNorm2d), "eps", 1e-5)
        assert self.differs(twins)

    def test_padding(self, twins: Twins, monkeypatch: pytest.MonkeyPatch) -> None:
        wrong: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
            "max_pool2d_same": lambda x: F.max_pool2d(x, 3, stride=2, padding=1),
            "avg_pool2d_same": lambda x: F.avg_pool2d(x, 3, stride=1, padding=1),
        }
        pooling = "avg_pool2d_same" if "inception" in twins.name else "max_pool2d_same"
        monkeypatch.setattr(f"torch_impl.{twins.name}.{pooling}", wrong[pooling])
        assert self.differs(twins)

    def test_kernel_with_height_and_width_exchanged(self, twins: Twins) -> None:
        kernel = first(twins.torch, nn.Conv2d).weight
        right = kernel.detach().clone()
        with torch.no_grad():
            kernel.copy_(right.mT)
            differs = self.differs(twins)
            kernel.copy_(right)
        assert differs

    def test_input(self, twins: Twins) -> None:
        assert self.differs(twins, twins.images[::-1])
