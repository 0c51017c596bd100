"""torch's recurrences of several layers or directions, run one after the other: the same numbers."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

from equivalence.torch_side.run_tape import record

KINDS: dict[str, type[nn.RNNBase]] = {"LSTM": nn.LSTM, "GRU": nn.GRU, "RNN": nn.RNN}


class Recurrence(nn.Module):
    def __init__(self, kind: str, packed: bool, **settings: Any) -> None:
        super().__init__()
        torch.manual_seed(5)
        self.rnn = KINDS[kind](3, 4, **settings)
        self.packed = packed

    def forward(self, x: Tensor) -> Any:
        lengths = torch.tensor([2, 6, 5, 1])
        first = self.rnn.batch_first
        given = pack_padded_sequence(x, lengths, first, enforce_sorted=False) if self.packed else x
        made, states = self.rnn(given)
        return made.data if self.packed else made, states


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "settings",
    [
        {"bidirectional": True},
        {"num_layers": 3},
        {"num_layers": 2, "bidirectional": True, "batch_first": True, "bias": False, "dropout": 0.5},
    ],
    ids=["both ways", "layers", "both"],
)
def test_the_same_in_steps(kind: str, settings: dict[str, Any], packed: bool) -> None:
    module = Recurrence(kind, packed, **settings).double().eval()
    shape = (4, 6, 3) if settings.get("batch_first") else (6, 4, 3)
    x = torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    wanted, states = module(x)
    tape = record(module, [x])
    assert tape.error is None, tape.error
    made = [tape.values[number] for number in tape.outputs]
    for one, other in zip(made, [wanted, *(states if kind == "LSTM" else [states])], strict=True):
        assert one.shape == other.shape
        assert torch.allclose(one, other, rtol=0, atol=1e-14)
    runs = [step for step in tape.operations if step.name in ("lstm", "gru", "rnn_tanh")]
    assert len(runs) == settings.get("num_layers", 1) * (2 if settings.get("bidirectional") else 1)


def test_projections_are_among_the_weights_of_a_layer() -> None:
    module = nn.LSTM(3, 4, num_layers=2, proj_size=2).double().eval()
    x = torch.randn(6, 4, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    tape = record(module, [x])
    assert tape.error is None, tape.error
    assert torch.allclose(tape.values[tape.outputs[0]], module(x)[0], rtol=0, atol=1e-14)
