"""What torch calls the arguments of its constructors and functions, by place."""

from __future__ import annotations

import inspect

import torch
import torch.nn.functional as F
from torch import nn

_ROOTS = {"nn": nn, "F": F, "torch": torch}


def argument_at(path: str, place: int) -> str:
    """The name of the argument at `place` of `nn.Conv2d`; "" where torch does not tell."""
    root, *names = path.split(".")
    found = _ROOTS.get(root)
    for name in names:
        found = getattr(found, name, None)
    try:
        if isinstance(found, type) and issubclass(found, nn.RNNBase):  # their own take anything: *args
            return [*inspect.signature(nn.RNNBase).parameters][place + 1]
        listed = [*inspect.signature(found).parameters] if callable(found) else []
    except (TypeError, ValueError):
        listed = []
    return listed[place] if place < len(listed) else ""
