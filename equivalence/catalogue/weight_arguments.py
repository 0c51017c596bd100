"""The arguments that Keras has for each weight of a layer: how it starts, is penalised and is bounded."""

from __future__ import annotations

from equivalence.schema import Argument


def initialised(*names: str) -> tuple[Argument, ...]:
    """The initialiser, regulariser and constraint arguments of the named weights: inert."""
    made = []
    for name in names:
        made += [
            Argument(f"{name}_initializer", None, "zeros" if name == "bias" else "glorot_uniform", inert=True),
            Argument(f"{name}_regularizer", None, None, inert=True, note="adds to the loss, not to the output"),
            Argument(f"{name}_constraint", None, None, inert=True, note="acts in Keras's training step"),
        ]
    return tuple(made)
