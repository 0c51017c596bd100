"""What the entries of data have in common."""

from __future__ import annotations

from typing import Any

from equivalence.schema import Argument, Case, Entry, refuse_without_counterpart

#: Keras's own floats, and the order of a batch, where both frameworks draw.
FLOAT32 = "Keras computes it in float32"


def called(case: str, on: str = "x", draw: str = "normal", stack: int = 0, **config: Any) -> Case:
    """A case in which a function is called on arrays: `on` names them, `draw` says how the trial makes them.

    `stack`: what comes of it are rows, which are compared together, filled up to so many.
    """
    trial = {"as": "call", "on": on.split(", "), "given": on, "draw": draw, "stack": stack}
    return Case(case, config, x=(), call={"on": on}, trial=trial)


def no_counterpart(
    keras: str, says: str, because: str, *arguments: Argument, aliases: tuple[str, ...] = (), kind: str = "data"
) -> Entry:
    """The entry of what torch has nothing for."""
    return Entry(
        keras=keras, torch=(), says=says, emit=refuse_without_counterpart, kind=kind, arguments=arguments,
        aliases=aliases, no_counterpart=because,
    )  # fmt: skip


def inert(*required: str, **defaults: object) -> tuple[Argument, ...]:
    """Arguments of what has no counterpart, which nobody reads."""
    return (
        *(Argument(name) for name in required),
        *(Argument(name, None, default, inert=True) for name, default in defaults.items()),
    )
