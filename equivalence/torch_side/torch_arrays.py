"""The weights of a torch module as NumPy arrays, and back."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn


def is_module(value: object) -> bool:
    return isinstance(value, nn.Module)


def tensors(module: nn.Module) -> dict[str, Tensor]:
    """Parameters and persistent buffers by their names in the state_dict.

    Left out: BatchNorm's `num_batches_tracked`, which counts and is no weight; and further names of
    one tensor.
    """
    found: dict[str, Tensor] = {}
    seen: set[int] = set()
    for name, tensor in module.state_dict(keep_vars=True).items():
        if not name.endswith("num_batches_tracked") and id(tensor) not in seen:
            seen.add(id(tensor))
            found[name] = tensor
    return found


def dtype(tensor: Tensor) -> str:
    """The dtype as NumPy and Keras name it."""
    return str(tensor.dtype).removeprefix("torch.")


def read(tensor: Tensor) -> np.ndarray:
    """The tensor's values in its own dtype; shares its memory where it can."""
    held = tensor.detach().cpu()
    if held.dtype == torch.bfloat16:
        import ml_dtypes  # which Keras brings: NumPy itself has no bfloat16

        return held.view(torch.int16).numpy().view(ml_dtypes.bfloat16)
    return held.numpy()


def write(tensor: Tensor, array: np.ndarray) -> None:
    """Copy an array of the tensor's own shape and dtype into it, in place: optimizers keep hold of it."""
    if tensor.dtype == torch.bfloat16:
        values = torch.from_numpy(array.view(np.int16)).view(torch.bfloat16)
    else:
        values = torch.from_numpy(array)
    with torch.no_grad():
        tensor.copy_(values)


def tensor_of(array: np.ndarray, like: Tensor) -> Tensor:
    """An array as a tensor of the dtype of another."""
    return torch.from_numpy(np.ascontiguousarray(array)).to(like.dtype)


def randomise(module: nn.Module) -> None:
    """Gives every parameter and floating buffer random numbers, none of them alike; variances positive."""
    drawn = torch.Generator().manual_seed(11)
    with torch.no_grad():
        for name, tensor in module.state_dict(keep_vars=True).items():
            if tensor.is_floating_point():
                numbers = torch.rand(tensor.shape, generator=drawn)
                tensor.copy_(numbers + 0.5 if name.endswith("var") else numbers - 0.5)


def torch_version() -> str:
    return str(torch.__version__)
