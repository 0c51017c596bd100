"""Every candidate at every learning rate by both losses, from several seeds: who learns, who freezes.

Where a training freezes is chance: its seed gives the initial weights, the order of the batches and the dropout.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

import torch

from keras_torch_experiments.global_average_pooling.candidates import Candidate
from keras_torch_experiments.global_average_pooling.data import Data
from keras_torch_experiments.global_average_pooling.losses import TORCH
from keras_torch_experiments.global_average_pooling.optimizers import keras_adam
from keras_torch_experiments.global_average_pooling.training_torch import train

RATES = (1e-4, 1e-3, 1e-2)
SEEDS = (0, 1, 2)
STEPS = 50
CHANCE = 0.55  # training accuracy up to which nothing was learnt of two equal classes


@dataclass(frozen=True)
class Outcome:
    """The end of one training. `still`: the share of zero gradients in the last batch."""

    accuracy: float
    held_accuracy: float
    loss: float
    still: float

    @property
    def frozen(self) -> bool:
        """Hardly a sample pulls any more, though not all are right."""
        return self.still >= 0.9 and self.accuracy < 0.99

    @property
    def stuck(self) -> bool:
        """Frozen, or at chance on what it was trained on."""
        return self.frozen or self.accuracy <= CHANCE


@dataclass(frozen=True)
class Cell:
    """The outcomes of one candidate, by one loss at one learning rate, one for each seed."""

    candidate: str
    loss: str
    rate: float
    outcomes: tuple[Outcome, ...]

    def __str__(self) -> str:
        """Median training / validation accuracy in percent, bold where most are stuck."""
        seen, held = (median(getattr(each, name) for each in self.outcomes) for name in ("accuracy", "held_accuracy"))
        text = f"{100 * seen:.0f} / {100 * held:.0f}"
        return f"**{text}**" if 2 * sum(each.stuck for each in self.outcomes) > len(self.outcomes) else text


def outcome(candidate: Candidate, data: Data, loss: str, rate: float, seed: int = 0, steps: int = STEPS) -> Outcome:
    """Train a candidate with Adam."""
    torch.manual_seed(seed)
    module = candidate.module(data.channels, seed)
    adam = keras_adam(module.parameters(), learning_rate=rate)
    history = train(module, data, loss, adam, steps, every=steps, seed=seed)
    return Outcome(history.accuracy[-1], history.held_accuracy[-1], history.loss[-1], history.still[-1])


def grid(
    candidates: Iterable[Candidate],
    data: Data,
    *,
    losses: Sequence[str] = tuple(TORCH),
    rates: Sequence[float] = RATES,
    seeds: Sequence[int] = SEEDS,
    steps: int = STEPS,
) -> list[Cell]:
    """A cell of each candidate, loss and learning rate."""
    return [
        Cell(each.name, loss, rate, tuple(outcome(each, data, loss, rate, seed, steps) for seed in seeds))
        for each in candidates
        for loss in losses
        for rate in rates
    ]


def table(cells: Sequence[Cell], loss: str) -> str:
    """Markdown: the candidates of one loss down, learning rates across."""
    rates = sorted({each.rate for each in cells})
    lines = [f"| {loss} | {' | '.join(f'{rate:g}' for rate in rates)} |", f"| --- |{' --- |' * len(rates)}"]
    return "\n".join([*lines, *_rows([each for each in cells if each.loss == loss], rates)])


def _rows(cells: Sequence[Cell], rates: Sequence[float]) -> Iterator[str]:
    for name in dict.fromkeys(each.candidate for each in cells):
        found = {each.rate: each for each in cells if each.candidate == name}
        yield f"| {name} | {' | '.join(str(found[rate]) for rate in rates)} |"
