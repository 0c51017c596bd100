"""The names that people have for the parts of torch."""

from __future__ import annotations

#: How people import the parts of torch.
SHORT = {
    "nn": "torch.nn",
    "F": "torch.nn.functional",
    "functional": "torch.nn.functional",
    "optim": "torch.optim",
    "init": "torch.nn.init",
    "lr_scheduler": "torch.optim.lr_scheduler",
    "swa_utils": "torch.optim.swa_utils",
    "Tensor": "torch.Tensor",
    "linalg": "torch.linalg",
    "fft": "torch.fft",
    "special": "torch.special",
    "data": "torch.utils.data",
    "amp": "torch.amp",
    "parametrizations": "torch.nn.utils.parametrizations",
}


def full_name(name: str) -> str:
    """The name with the part of torch that it is in: "F.relu" is "torch.nn.functional.relu"."""
    first, dot, rest = name.partition(".")
    return f"{SHORT[first]}{dot}{rest}" if first in SHORT and dot else name
