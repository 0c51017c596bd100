"""A convolution's bias that a torch module has not, as the BatchNormalization behind it swallows it."""

from __future__ import annotations

import numpy as np

from equivalence.diagnosis.reference import Reference
from equivalence.diagnosis.weighted_pairs import Pairs, Weighted
from equivalence.torch_side.operation_arguments import named
from equivalence.torch_side.run_tape import Tape
from equivalence.torch_side.torch_arrays import read


def folded_mean(
    reference: Reference, tape: Tape, pairs: Pairs, ours: Weighted, bias: np.ndarray
) -> tuple[str, np.ndarray] | None:
    """Where torch's convolution has no bias and a BatchNormalization follows: its running mean, less the bias."""
    following = [user for user in reference.tape.users().get(ours.step.outputs[0], ()) if user.name == "batch_norm"]
    for index, place in enumerate(pairs.ours):
        if following and place.step is following[0] and index in pairs.chosen:
            mean = named(following[0])["running_mean"]
            target = named(pairs.theirs[pairs.chosen[index]].step).get("running_mean")
            if target is not None and target.number in tape.held:
                return tape.held[target.number], read(reference.tape.values[mean.number]) - bias
    return None
