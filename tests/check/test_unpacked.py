"""One linear operation whose result is taken apart is several: queries, keys and values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from equivalence.torch_side.edited_run import called
from equivalence.torch_side.run_tape import Tape, record
from equivalence.torch_side.unpacked import unpacked


class Packed(nn.Module):
    """(2, 5, 4) to three of (2, 5, 6)."""

    def __init__(self, apart: Callable[[Tensor], Any], bias: bool = True) -> None:
        super().__init__()
        self.qkv = nn.Linear(4, 18, bias=bias)
        self.apart = apart

    def forward(self, x: Tensor) -> Any:
        return self.apart(self.qkv(x))


def tape_of(apart: Callable[[Tensor], Any], bias: bool = True) -> Tape:
    torch.manual_seed(3)
    x = torch.randn(2, 5, 4, dtype=torch.float64)
    tape = record(Packed(apart, bias).double(), [x])
    assert tape.error is None, tape.error
    return tape


@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no bias"])
@pytest.mark.parametrize(
    "apart",
    [
        pytest.param(lambda y: y.chunk(3, dim=-1), id="chunk"),
        pytest.param(lambda y: torch.chunk(y, 3, 2), id="chunk by position"),
        pytest.param(lambda y: y.split(6, dim=-1), id="split"),
        pytest.param(lambda y: torch.split(y, [6, 6, 6], 2), id="split by sizes"),
        pytest.param(lambda y: torch.tensor_split(y, 3, dim=2), id="tensor_split"),
    ],
)
def test_equal_parts_are_linear_operations_of_their_own(apart: Callable[[Tensor], Any], bias: bool) -> None:
    plain = tape_of(apart, bias)
    tape = unpacked(tape_of(apart, bias))
    assert [operation.name for operation in tape.operations] == ["linear"] * 3
    assert tape.outputs == plain.outputs
    for index, operation in enumerate(tape.operations):
        held = [tape.held[number] for number in operation.seen()[1:]]
        assert held == [f"qkv.weight#{index}/3", *([f"qkv.bias#{index}/3"] if bias else [])]
        made = called(operation, operation.args, operation.kwargs, lambda number: tape.values[number])[0]
        assert torch.allclose(made, tape.values[operation.outputs[0]], rtol=0, atol=1e-12)
        assert (operation.module, operation.offset) == ("qkv", index)
        assert operation.line == plain.operations[0].line


@pytest.mark.parametrize(
    "apart",
    [
        pytest.param(lambda y: y.chunk(5, dim=1), id="another axis"),
        pytest.param(lambda y: y.chunk(2), id="the batch"),
        pytest.param(lambda y: y.split([4, 6, 8], -1), id="unequal parts"),
        pytest.param(lambda y: (*y.chunk(3, -1), y.sum()), id="used as a whole too"),
        pytest.param(lambda y: y.relu().chunk(3, -1), id="something between"),
    ],
)
def test_anything_else_stays_as_it_is(apart: Callable[[Tensor], Any]) -> None:
    tape = tape_of(apart)
    before = list(tape.operations)
    assert unpacked(tape).operations == before


def test_the_other_operations_stay_in_order() -> None:
    tape = unpacked(tape_of(lambda y: [part.relu() for part in y.chunk(3, -1)]))
    assert [operation.name for operation in tape.operations] == ["linear"] * 3 + ["relu"] * 3


def test_instead_reaches_each_part() -> None:
    """A part is put in place of by the index of the operation that gives it and its offset."""
    part = unpacked(tape_of(lambda y: [part.relu() for part in y.chunk(3, -1)])).operations[1]
    given = torch.full((2, 5, 6), 4.0, dtype=torch.float64)
    torch.manual_seed(3)
    x = torch.randn(2, 5, 4, dtype=torch.float64)
    module = Packed(lambda y: [part.relu() for part in y.chunk(3, -1)]).double()
    tape = record(module, [x], instead={(part.index, part.offset): given})
    assert torch.equal(tape.values[tape.outputs[1]], given)
    assert not torch.equal(tape.values[tape.outputs[0]], given)
