"""What an experiment is trained on, in what batches, and what is recorded of it: the same for both frameworks."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

CLIP = 1e-7  # Keras's epsilon, of 2018 and of today


@dataclass(frozen=True)
class Data:
    """`x`: (N, 8, 8, channels), in Keras's order; `labels`: (N,), 0 or 1; `held_*`: the validation part."""

    x: np.ndarray
    labels: np.ndarray
    held_x: np.ndarray
    held_labels: np.ndarray

    @property
    def channels(self) -> int:
        return int(self.x.shape[-1])

    def first_channels(self, count: int) -> Data:
        """The same with the first `count` channels."""
        x, held = (np.ascontiguousarray(part[..., :count]) for part in (self.x, self.held_x))
        return Data(x, self.labels, held, self.held_labels)

    def astype(self, dtype: str) -> Data:
        """The same values in another precision."""
        return Data(self.x.astype(dtype), self.labels, self.held_x.astype(dtype), self.held_labels)


@dataclass
class History:
    """A number for each time it was looked at. `step` 0 is before training.

    `loss`: on the training part, as its own formula has it; `accuracy`, `held_accuracy`: shares of both parts;
    `logit`: the largest |logit| of the training part; `still`: the share of a batch's samples whose gradient
    to their logits is exactly zero (NaN where it was not looked at).
    """

    step: list[int] = field(default_factory=list)
    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    held_accuracy: list[float] = field(default_factory=list)
    logit: list[float] = field(default_factory=list)
    still: list[float] = field(default_factory=list)

    def record(
        self, step: int, data: Data, logits: np.ndarray, held_logits: np.ndarray, clipped: bool, still: float
    ) -> None:
        """Add a row from the logits (N, 2) of both parts; `clipped` as in `cross_entropy`."""
        self.step.append(step)
        self.loss.append(cross_entropy(logits, data.labels, clipped))
        self.accuracy.append(float(np.mean(logits.argmax(-1) == data.labels)))
        self.held_accuracy.append(float(np.mean(held_logits.argmax(-1) == data.held_labels)))
        self.logit.append(float(np.abs(logits).max()))
        self.still.append(still)


def batches(samples: int, size: int, steps: int, seed: int = 1) -> list[np.ndarray]:
    """Indices of each step's batch: every epoch in an order of its own, what is left of one dropped."""
    random = np.random.default_rng(seed)
    an_epoch = samples // size
    found: list[np.ndarray] = []
    while len(found) < steps:
        order = random.permutation(samples)
        found += [order[index * size : (index + 1) * size] for index in range(an_epoch)]
    return found[:steps]


def cross_entropy(logits: np.ndarray, labels: np.ndarray, clipped: bool) -> float:
    """Mean -log of the right class's softmax, of the probability clipped to [1e-7, 1 - 1e-7] or of the logits."""
    logits = logits.astype(np.float64)
    shifted = logits - logits.max(-1, keepdims=True)
    log = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    if clipped:
        log = np.log(np.clip(np.exp(log), CLIP, 1 - CLIP))
    return float(-log[np.arange(len(labels)), labels].mean())
