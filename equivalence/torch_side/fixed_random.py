"""torch's random numbers, replaced by fixed ones for as long as a port is compared."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from equivalence.weights import fixed_draws


@contextmanager
def fixed_random(dropout: bool = False) -> Iterator[None]:
    """torch.randn, rand, randint and nn.init.trunc_normal_ give the numbers of `fixed_draws`; so does F.dropout where
    that is asked for, which whoever records a run then sees as other operations."""

    def randn(*shape: Any, dtype: Any = None, **_: Any) -> torch.Tensor:
        return _tensor(fixed_draws.normal(_sizes(shape)), dtype)

    def rand(*shape: Any, dtype: Any = None, **_: Any) -> torch.Tensor:
        return _tensor(fixed_draws.uniform(_sizes(shape)), dtype)

    def randint(low: int, high: int, shape: Any, dtype: Any = None, **_: Any) -> torch.Tensor:
        return _tensor(np.floor(low + (high - low) * fixed_draws.uniform(_sizes((shape,)))), dtype)

    def trunc_normal_(tensor: torch.Tensor, mean: float = 0.0, std: float = 1.0, **_: Any) -> torch.Tensor:
        return _tensor(mean + std * fixed_draws.truncated_normal(tensor.shape), tensor.dtype)

    own = functional.dropout

    def dropped(x: torch.Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> torch.Tensor:
        if not training:
            return own(x, p, False, inplace)
        return x * torch.from_numpy(fixed_draws.uniform(x.shape) >= p).to(x.dtype) / (1 - p)

    with (
        mock.patch.object(functional, "dropout", dropped if dropout else own),
        mock.patch.object(torch, "randn", randn),
        mock.patch.object(torch, "rand", rand),
        mock.patch.object(torch, "randint", randint),
        mock.patch.object(nn.init, "trunc_normal_", trunc_normal_),
    ):
        yield


def _sizes(shape: tuple[Any, ...]) -> tuple[int, ...]:
    return tuple(shape[0]) if len(shape) == 1 and not isinstance(shape[0], int) else tuple(shape)


def _tensor(numbers: np.ndarray, dtype: Any) -> torch.Tensor:
    return torch.from_numpy(numbers).to(dtype or torch.get_default_dtype())
