"""Own layers that do other things in training: a forward of their class hands on to another one there."""

from __future__ import annotations

from typing import Any

from equivalence.emit.class_scope import ClassScope
from equivalence.emit.draft import ForwardDraft
from equivalence.errors import Refused
from equivalence.translation.call_site import Value
from equivalence.translation.structure import leaves_of, paired, paths


def as_outside(outside: ForwardDraft, outputs: Any, scope: ClassScope) -> Any:
    """The outputs in training, in the orders of those that they stand for; as they are where they stand for none."""
    if paths(outputs) != paths(outside.outputs):
        return outputs
    return paired(lambda value, other: scope.ordered(value, other.order), outputs, outside.outputs)


def joined(outside: ForwardDraft, training: ForwardDraft, where: str) -> None:
    """Has `outside` hand on to `training`, whose layers nobody listens to; both take the masks that one of them needs.

    Raises Refused where the two do not return the same kinds of tensors.
    """
    if _returns(outside) != _returns(training):
        raise Refused(
            f"{where}: its call returns other kinds of tensors, or masks, in training than in inference; "
            "have both return the same"
        )
    used = [name for part in (outside, training) for name, mask in part.masks if mask.token in part.needed()]
    for part in (outside, training):
        part.masks = [(name, mask) for name, mask in part.masks if name in used]
    for value in [*training.values, *(value for _, value, _ in training.inputs)]:
        value.taps.clear()
    outside.in_training = training.name


def _returns(forward: ForwardDraft) -> Any:
    tensors = [
        (value.dtype, value.rank, value.order, value.mask is None) for value in leaves_of(Value, forward.outputs)
    ]
    return paths(forward.outputs), tensors, len(forward.returned_masks)
