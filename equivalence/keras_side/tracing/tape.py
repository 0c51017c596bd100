"""What the `call` of a layer did with the tensors that it was given."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from equivalence.keras_side.tracing.users_lines import line_at_hand


@dataclass(eq=False, slots=True)
class Step:
    """One call of a layer or operation. Leaves of `args` and `kwargs` are KerasTensors, variables, or plain values."""

    operation: Any  # keras.Operation; None for a function that only makes a tensor
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    outputs: Any = None  # structure of KerasTensor
    inside: Trace | None = None  # what an own layer's `call` did
    function: str = ""  # "keras.ops.zeros", where there is no operation; its settings are the keyword arguments
    #: of each output: whether its mask was made by what ran inside, not by `compute_mask`
    masked_inside: list[bool] = field(default_factory=list)
    line: str = field(default_factory=line_at_hand)  # of the user's code
    hands_mask_on: bool = False  # of the last operation of an activation: its output has the mask of the layer's


@dataclass(frozen=True, slots=True)
class Position:
    """Where a tensor stands among the inputs of a trace."""

    index: int


@dataclass(eq=False, slots=True)
class Trace:
    """One run of a layer's `call`."""

    layer: Any
    inputs: list[Any]  # KerasTensors, one for each tensor that the caller gave, as the caller flattens them
    names: list[str]  # of the arguments that they are
    structure: tuple[Any, Any]  # (args, kwargs) as the caller gave them, its tensors being a Position in `inputs`
    steps: list[Step] = field(default_factory=list)
    outputs: Any = None
