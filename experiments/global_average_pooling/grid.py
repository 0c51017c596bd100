"""Every candidate at every learning rate by both losses: who learns, who stays at chance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch

from experiments.global_average_pooling.candidates import Candidate
from experiments.global_average_pooling.data import Data
from experiments.global_average_pooling.losses import TORCH
from experiments.global_average_pooling.optimizers import keras_adam
from experiments.global_average_pooling.training_torch import train

RATES = (1e-5, 1e-4, 1e-3, 1e-2)
STEPS = 60
CHANCE = 0.55  # training accuracy up to which a candidate has learnt nothing of two equal classes


@dataclass(frozen=True)
class Cell:
    """The end of one training; accuracies are shares."""

    candidate: str
    loss: str
    rate: float
    accuracy: float
    held_accuracy: float
    final_loss: float
    still: float  # the share of zero gradients in the last batch

    @property
    def stuck(self) -> bool:
        """At chance on what it was trained on."""
        return self.accuracy <= CHANCE


def cell(candidate: Candidate, data: Data, loss: str, rate: float, steps: int = STEPS) -> Cell:
    """Train a candidate with Adam."""
    torch.manual_seed(0)  # of dropout
    module = candidate.module(data.channels)
    history = train(module, data, loss, keras_adam(module.parameters(), learning_rate=rate), steps, every=steps)
    ends = (history.accuracy[-1], history.held_accuracy[-1], history.loss[-1], history.still[-1])
    return Cell(candidate.name, loss, rate, *ends)


def grid(candidates: Iterable[Candidate], data: Data, rates: Sequence[float] = RATES, steps: int = STEPS) -> list[Cell]:
    """A cell of each candidate, loss and learning rate."""
    return [cell(candidate, data, loss, rate, steps) for candidate in candidates for loss in TORCH for rate in rates]


def table(cells: Sequence[Cell], loss: str) -> str:
    """Markdown: candidates down, learning rates across, "training / validation" accuracy in percent; bold is stuck."""
    rates = sorted({each.rate for each in cells})
    lines = [f"| {loss} | {' | '.join(f'{rate:g}' for rate in rates)} |", f"| --- |{' --- |' * len(rates)}"]
    return "\n".join([*lines, *_rows([each for each in cells if each.loss == loss], rates)])


def _rows(cells: Sequence[Cell], rates: Sequence[float]) -> Iterator[str]:
    for name in dict.fromkeys(each.candidate for each in cells):
        found = {each.rate: each for each in cells if each.candidate == name}
        yield f"| {name} | {' | '.join(_shown(found[rate]) for rate in rates)} |"


def _shown(cell: Cell) -> str:
    text = f"{100 * cell.accuracy:.0f} / {100 * cell.held_accuracy:.0f}"
    return f"**{text}**" if cell.stuck else text
