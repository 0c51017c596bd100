"""What a line makes out of numbers alone (a range, zeros, an identity) is bounded before it is made.

Lines are run on batches without elements, which take no memory whatever their sizes are; but a number of a
configuration may stand in them as a size of its own.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

LARGEST = 256 << 20  # bytes; what models make this way are tables of positions, and masks


class BoundedMaking(TorchDispatchMode):
    """Inside, torch raises RuntimeError in place of making a tensor of more than LARGEST bytes from no other."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Nothing is compiled here: torch would import its compiler, a second's work, to be kept out of this."""
        return False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = kwargs or {}
        if "device" in given and not any(isinstance(value, torch.Tensor) for value in (*args, *given.values())):
            planned = func(*args, **{**given, "device": torch.device("meta")})
            if isinstance(planned, torch.Tensor) and (size := planned.numel() * planned.element_size()) > LARGEST:
                raise RuntimeError(f"a tensor of {size} bytes is made of no other, more than {LARGEST}")
        return func(*args, **given)
