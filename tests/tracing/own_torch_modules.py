"""Modules of torch's that take the place of layers that cannot be traced."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class SortedRows(nn.Module):
    """Each row times a matrix, its numbers in order."""

    def __init__(self, features: int, units: int) -> None:
        super().__init__()
        self.matrix = nn.Parameter(torch.empty(units, features))
        self.shift = nn.Parameter(torch.empty(units))

    def forward(self, x: Tensor) -> Tensor:
        return (x @ self.matrix.T + self.shift).sort(dim=-1).values


class WrongRows(SortedRows):
    """Its numbers in no order."""

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.matrix.T + self.shift
