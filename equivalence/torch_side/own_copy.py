"""A copy of somebody's module that may be changed and looked into."""

from __future__ import annotations

import copy

import torch
from torch import nn

from equivalence.errors import Refused, printable


def own_copy(module: nn.Module) -> nn.Module:
    """A copy in float64 and in eval mode; of what torch.compile gave, the module that it was made of.

    Raises Refused where there is no Python code to follow, no numbers, or no copy can be made.
    """
    module = getattr(module, "_orig_mod", module)
    if any(isinstance(part, torch.jit.ScriptModule) for part in module.modules()):
        raise Refused(
            "the module is TorchScript, whose operations cannot be followed: give the module that it was made from"
        )
    tensors = [*module.named_parameters(), *module.named_buffers()]
    for name, tensor in tensors:
        if tensor.is_meta:
            raise Refused(f"the module's {name} is on the meta device and has no numbers: make it on the CPU")
        if nn.parameter.is_lazy(tensor):
            raise Refused(f"the module's {name} has no shape yet: call the module once before")
    try:
        made = copy.deepcopy(module)
    except Exception as error:  # the user's code may raise anything
        said = printable(f"{type(error).__name__}: {error}", 200)
        raise Refused(f"the module cannot be copied, and it is not changed itself: {said}") from error
    return made.cpu().double().eval()
