"""The torch twins are torch modules like any other: they train, export and run in other memory formats."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from networks import NETWORKS, Network, images, randomise, to_torch
from torch import nn


@pytest.fixture(scope="module", params=list(NETWORKS.values()), ids=list(NETWORKS))
def network(request: pytest.FixtureRequest) -> Network:
    return request.param


@pytest.fixture(scope="module")
def twin(network: Network) -> nn.Module:
    """With seven classes, logits, and random weights, in float64."""
    made = network.torch(channels=network.shape[-1], classes=7, classifier_activation=None).double()
    randomise(made, images(network.shape, batch=4, seed=0))
    return made


def test_exports(network: Network, twin: nn.Module) -> None:
    x = to_torch(images(network.shape))
    exported = torch.export.export(twin, (x,)).module()
    with torch.no_grad():
        assert torch.equal(exported(x), twin(x))


def test_channels_last_memory_is_the_same_function(network: Network, twin: nn.Module) -> None:
    x = to_torch(images(network.shape))
    with torch.no_grad():
        expected = twin(x)
        actual = twin(x.contiguous(memory_format=torch.channels_last))
    torch.testing.assert_close(actual, expected, rtol=1e-10, atol=1e-12)


def test_a_small_step_against_the_gradient_lowers_the_loss(network: Network, twin: nn.Module) -> None:
    x, labels = to_torch(images(network.shape, batch=4)), torch.tensor([0, 1, 2, 3])
    trained = [parameter for parameter in twin.parameters() if parameter.requires_grad]
    twin.train()
    before = F.cross_entropy(twin(x), labels)
    gradients = torch.autograd.grad(before, trained)
    length = sum(gradient.square().sum() for gradient in gradients) ** 0.5
    assert all(gradient.isfinite().all() and gradient.any() for gradient in gradients)
    with torch.no_grad():
        for parameter, gradient in zip(trained, gradients, strict=True):
            parameter -= 1e-4 * gradient / length
        after = F.cross_entropy(twin(x), labels)
    twin.eval()
    assert after < before
