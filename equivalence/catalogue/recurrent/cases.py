"""Cases and differences that LSTM, GRU and SimpleRNN share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from equivalence.schema import Case, Difference

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

DROPOUT_CASES = (
    Case("dropout", {"units": 5, "dropout": 0.25}, x=(2, 7, 3), training="random"),
    Case("recurrent-dropout", {"units": 5, "dropout": 0.25, "recurrent_dropout": 0.5}, x=(2, 7, 3), training="random"),
)

STATEFUL_CASES = (
    Case("stateful", {"units": 5, "stateful": True, "return_state": True}, x=(4, 7, 3)),
    Case(
        "stateful-mask-activation",
        {"units": 5, "stateful": True, "activation": "softsign", "return_sequences": True},
        x=[(4, 7, 3), (4, 7)],
        draw=["normal", "bool"],
        call={"mask": {"$input": 1}},
    ),
    Case(
        "stateful-mask-backwards",
        {"units": 5, "stateful": True, "go_backwards": True},
        x=[(4, 7, 3), (4, 7)],
        draw=["normal", "bool"],
        call={"mask": {"$input": 1}},
    ),
)


def masked(name: str, **config: Any) -> Case:
    """A sequence with a mask that is not padded on one side."""
    return Case(
        name, {"units": 5, **config}, x=[(4, 7, 3), (4, 7)], draw=["normal", "bool"], call={"mask": {"$input": 1}}
    )


def masked_from_state(name: str, states: int, **config: Any) -> Case:
    """Short sequences, of which some are masked as a whole: these give the state that they were given."""
    return Case(
        name,
        {"units": 5, "return_state": True, **config},
        x=[(16, 2, 3), (16, 2), *[(16, 5)] * states],
        draw=["normal", "bool", *["normal"] * states],
        call={"mask": {"$input": 1}, "initial_state": [{"$input": 2 + index} for index in range(states)]},
    )


def kept_state(name: str) -> Difference:
    """What stateful means, against torch's module, called as it is."""
    return Difference(
        "kept-state",
        "A stateful layer begins where its last call ended; torch begins with zeros, where it is given no state.",
        case="stateful",
        swap=((f", self.{name}_state.last({{x}})", ""),),
    )


def masked_steps(module: str, naive: Callable[[Site], Value | list[Value]]) -> Difference:
    """What a mask does, against torch's module without one."""
    return Difference(
        "masked-steps",
        f"A masked step keeps the state and repeats the output before it; a plain {module} reads the padding.",
        case="mask",
        naive=naive,
    )
