"""Cases and differences that LSTM, GRU and SimpleRNN share."""

from __future__ import annotations

from typing import Any

from equivalence.schema import Case, Difference

DROPOUT_CASES = (
    Case("dropout", {"units": 5, "dropout": 0.25}, x=(2, 7, 3), training="random"),
    Case("recurrent-dropout", {"units": 5, "dropout": 0.25, "recurrent_dropout": 0.5}, x=(2, 7, 3), training="random"),
)


def masked(name: str, **config: Any) -> Case:
    """A sequence with a mask that is not padded on one side."""
    return Case(
        name, {"units": 5, **config}, x=[(4, 7, 3), (4, 7)], draw=["normal", "bool"], call={"mask": {"$input": 1}}
    )


def masked_steps(module: str) -> Difference:
    """What a mask does, against torch's module without one."""
    return Difference(
        "masked-steps",
        f"A masked step keeps the state and repeats the output before it; a plain {module} reads the padding.",
        case="mask",
        swap=((", mask={x}", ""),),
    )
