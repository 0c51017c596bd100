"""A loop over sequences, as emitted code has it: a helper that runs a module of the class step by step."""

from __future__ import annotations

from collections.abc import Sequence

from equivalence.emit.class_scope import ClassScope
from equivalence.emit.draft import ForwardDraft
from equivalence.translation.call_site import Value
from equivalence.translation.graph import Loop
from equivalence.translation.order import KERAS
from equivalence.translation.structure import leaves_of

_STEP_BY_STEP = '''
def step_by_step(
    step: Callable[..., Tensor | tuple[Tensor, ...]],
    states: tuple[Tensor, ...],
    sequences: tuple[Tensor, ...],
    others: tuple[Tensor, ...] = (),
    backwards: bool = False,
) -> tuple[Tensor, ...]:
    """The last states, then what all steps give, stacked along the first axis of the sequences.

    A step takes the states, an element of each sequence and the others; it gives new states and results.
    """
    results = []
    places = range(sequences[0].shape[0])
    for t in reversed(places) if backwards else places:
        made = step(*states, *(x[t] for x in sequences), *others)
        made = (made,) if isinstance(made, Tensor) else made
        states = made[: len(states)]
        results.append(made[len(states) :])
    if backwards:
        results.reverse()
    return (*states, *(torch.stack(parts) for parts in zip(*results)))
'''


def elements_of(scope: ClassScope, loop: Loop, given: Sequence[Value]) -> list[Value]:
    """What one step is given: of each sequence its first element."""
    end = loop.states + loop.sequences
    return [
        scope.new(f"{value}[0]", KERAS, value.hint, value.dtype) if loop.states <= position < end else value
        for position, value in enumerate(given)
    ]


def looped(
    scope: ClassScope, loop: Loop, step: str, given: Sequence[Value], forward: ForwardDraft, name: str
) -> list[Value]:
    """The results of a loop. `step`: the text of what is called; `given`: states, sequences and what else it takes;
    `forward`: what that is."""
    end = loop.states + loop.sequences
    groups = [given[: loop.states], given[loop.states : end], given[end:]]
    texts = [f"({', '.join(map(str, group))}{',' if len(group) == 1 else ''})" for group in groups]
    listed = texts if given[end:] else texts[:2]
    expr = f"{scope.helper(_STEP_BY_STEP)}({', '.join([step, *listed])}{', backwards=True' if loop.backwards else ''})"
    whole = scope.opaque(expr, name)
    made = []
    for index, inner in enumerate(leaves_of(Value, forward.outputs)):
        made.append(scope.new(f"{whole}[{index}]", KERAS, f"{name}_{index}", inner.dtype))
        made[-1].floats = inner.floats
    return made
