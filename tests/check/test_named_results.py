"""Operations of torch's whose results have names, as max along an axis: what takes their place has them too."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from equivalence.torch_side.run_tape import record


class Named(nn.Module):
    def __init__(self, run: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.forward = run


@pytest.mark.parametrize(
    "run",
    [
        lambda x: x.max(dim=1).values * 2,
        lambda x: torch.sort(x, dim=1).values[:, 0] * 2,
        lambda x: torch.linalg.eigh(x[:, :2]).eigenvalues * 2,
    ],
    ids=["max", "sort", "eigh"],
)
def test_results_keep_their_names(run: Callable[[Tensor], Tensor]) -> None:
    given = torch.randn(2, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    first = record(Named(run), [given])
    at = next(step for step in first.operations if len(step.outputs) > 1)
    other = first.values[at.outputs[0]] + 1
    again = record(Named(run), [given], instead={(at.index, 0): other})
    assert again.error is None
    assert torch.equal(again.values[again.operations[at.index].outputs[0]], other)
    assert not torch.equal(again.values[again.outputs[0]], first.values[first.outputs[0]])
