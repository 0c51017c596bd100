"""A convolution's bias that a torch module has not, as the BatchNormalization behind it swallows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from equivalence.diagnosis.reference import Reference
from equivalence.diagnosis.weighted_pairs import Pairs, Weighted
from equivalence.torch_side.operation_arguments import named
from equivalence.torch_side.run_tape import Tape


class Folded(NamedTuple):
    """A running mean less the bias before it."""

    target: str  # the module's tensor
    source: str  # the port's
    mean: np.ndarray
    bias: str  # the port's
    whole: np.ndarray  # the mean without that

    @property
    def largest(self) -> float:
        """Of the numbers that were subtracted."""
        return float(max(np.abs(self.whole).max(), np.abs(self.whole - self.mean).max()))

    def is_rounded(self, mean: np.ndarray, unfolded: bool = False) -> bool:
        """Whether an array is this mean, but for the rounding of float32; `unfolded`: the one before it was folded."""
        wanted = self.whole if unfolded else self.mean
        return mean.shape == wanted.shape and bool(np.all(np.abs(mean - wanted) <= 2.0**-22 * self.largest))

    def held_as(self, mean: np.ndarray) -> Folded | None:
        """The same as a module holds it that has no bias; None where it was not folded there, so that it is missing.

        The module's own numbers, where they are this mean as float32 holds it: else the rounding would be the fault.
        """
        if self.is_rounded(mean):
            return self._replace(mean=mean)
        return None if self.is_rounded(mean, unfolded=True) else self._replace(mean=self.mean.astype(np.float32))

    def same_otherwise(self) -> dict[str, np.ndarray]:
        """The port's parameters with which it computes the same without the bias."""
        return {self.source: self.mean, self.bias: np.zeros_like(self.mean)}


def folded_mean(
    reference: Reference,
    tape: Tape,
    pairs: Pairs,
    ours: Weighted,
    name: str,
    bias: np.ndarray,
    held: Callable[[int], np.ndarray],
) -> Folded | None:
    """Where torch's convolution has no bias and a BatchNormalization follows: its running mean, less the bias.

    `held`: what Keras has for a weight of the port's tape, by its number.
    """
    following = [user for user in reference.tape.users().get(ours.step.outputs[0], ()) if user.name == "batch_norm"]
    for index, place in enumerate(pairs.ours):
        if following and place.step is following[0] and index in pairs.chosen:
            mean = named(following[0])["running_mean"]
            target = named(pairs.theirs[pairs.chosen[index]].step).get("running_mean")
            if target is not None and target.number in tape.held:
                whole = held(mean.number)
                return Folded(tape.held[target.number], reference.tape.held[mean.number], whole - bias, name, whole)
    return None
