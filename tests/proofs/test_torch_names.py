"""How it is told whether a text writes a torch name."""

from __future__ import annotations

import pytest

from equivalence import catalogue
from equivalence.proofs.torch_names import names_not_as_stated

DENSE = catalogue.named("keras.layers.Dense")

WRITTEN = [
    ("torch.nn.Conv2d", "self.conv = nn.Conv2d(3, 4, 5)"),
    ("torch.nn.functional.pad", "F.pad(x, (1, 1))"),
    ("torch.nn.functional", "activation = F"),
    ("torch.mean", "x.mean(dim=1)"),
    ("torch.Tensor.unflatten", "x.unflatten(1, (2, 3))"),
    ("torch.special.i0", "torch.special.i0(x)"),
    ("torch.optim.Adam", "torch.optim.Adam(model.parameters())"),
    ("torch.logical_and", "x & y"),
    ("torch.logical_not", "~x"),
    ("torch.add", "x = x\nx += y"),
    ("torch.neg", "-x"),
    ("torch.ge", "x >= y"),
    ("torch.Tensor.__getitem__", "x[:, 1:]"),
    ("torch.Tensor.__setitem__", "x[0] = y"),
    ("torch.nn.Module.forward", "def forward(self, x):\n    return x"),
    ("torch.nn.LeakyReLU", "F.leaky_relu(x, 0.25)"),
    ("torch.nn.functional.conv_transpose1d", "nn.ConvTranspose1d(3, 4, 5)"),
]
ABSENT = [
    ("torch.max", "x.maximum(y)"),
    ("torch.nn.AdaptiveAvgPool2d", "x.mean(dim=(2, 3))"),
    ("torch.nn.functional.pad", "padded = x"),
    ("torch.sub", "-x"),
    ("torch.Tensor.__setitem__", "x[0]"),
    ("torch.nn.ReLU6", "F.relu(x)"),
]


@pytest.mark.parametrize(("name", "text"), WRITTEN, ids=[name for name, _ in WRITTEN])
def test_a_name_that_is_written(name: str, text: str) -> None:
    assert not [*names_not_as_stated(DENSE._replace(torch=(name,)), ["x", text])]
    (said,) = names_not_as_stated(DENSE._replace(torch=(name,), related=(name,)), ["x", text])
    assert said == f"keras.layers.Dense: {name} is said to be related, and a case writes it"


@pytest.mark.parametrize(("name", "text"), ABSENT, ids=[name for name, _ in ABSENT])
def test_a_name_that_is_not(name: str, text: str) -> None:
    (said,) = names_not_as_stated(DENSE._replace(torch=(name,)), [text])
    assert said == f"keras.layers.Dense: {name} is in no case's text"
    assert not [*names_not_as_stated(DENSE._replace(torch=(name,), related=(name,)), [text])]


def test_what_is_related_is_among_the_names() -> None:
    (said,) = names_not_as_stated(DENSE._replace(torch=(), related=("torch.mm",)), [])
    assert said == "keras.layers.Dense: torch.mm is related, and not among its names"
