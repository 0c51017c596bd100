"""A convolution's bias that a torch module has not, as the BatchNormalization behind it swallows it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from equivalence.diagnosis.reference import Reference
from equivalence.diagnosis.weighted_pairs import Pairs, Weighted
from equivalence.torch_side.operation_arguments import named
from equivalence.torch_side.run_tape import Tape
from equivalence.torch_side.torch_arrays import read


class Folded(NamedTuple):
    """A running mean less the bias before it."""

    target: str  # the module's tensor
    source: str  # the port's
    mean: np.ndarray
    bias: str  # the port's
    largest: float  # of the numbers that were subtracted

    def is_rounded(self, mean: np.ndarray) -> bool:
        """Whether an array is this mean, but for the rounding of float32."""
        return mean.shape == self.mean.shape and bool(np.all(np.abs(mean - self.mean) <= 2.0**-22 * self.largest))

    def same_otherwise(self) -> dict[str, np.ndarray]:
        """The port's parameters with which it computes the same without the bias."""
        return {self.source: self.mean, self.bias: np.zeros_like(self.mean)}


def folded_mean(
    reference: Reference, tape: Tape, pairs: Pairs, ours: Weighted, name: str, bias: np.ndarray
) -> Folded | None:
    """Where torch's convolution has no bias and a BatchNormalization follows: its running mean, less the bias."""
    following = [user for user in reference.tape.users().get(ours.step.outputs[0], ()) if user.name == "batch_norm"]
    for index, place in enumerate(pairs.ours):
        if following and place.step is following[0] and index in pairs.chosen:
            mean = named(following[0])["running_mean"]
            target = named(pairs.theirs[pairs.chosen[index]].step).get("running_mean")
            if target is not None and target.number in tape.held:
                whole = read(reference.tape.values[mean.number])
                largest = float(max(np.abs(whole).max(), np.abs(bias).max()))
                return Folded(tape.held[target.number], reference.tape.held[mean.number], whole - bias, name, largest)
    return None
