"""The forms that losses of torch have: reduced in three ways, a module and a function each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from equivalence.catalogue.from_torch.torch_rows import FromTorch, row
from equivalence.translation.keras_templates import Given

OLD = "size_average=None, reduce=None, reduction='mean'"


def reduced(given: Given, loss: str) -> str:
    """The loss of each element, reduced as the call says."""
    function = {"mean": "keras.ops.mean", "sum": "keras.ops.sum", "none": ""}[given.value("reduction")]
    return f"{function}({loss})" if function else loss


def plain(loss: str, mean: str = "") -> Callable[[Given], str]:
    """A loss of each element; `mean`: Keras's own loss, which is its mean."""

    def write(given: Given) -> str:
        text = loss
        if given.has("weight"):
            weighted = not given.is_none("weight")
            text = f"weight * ({loss})" if weighted else loss
            if weighted:
                return reduced(given, text)
        if mean and given.value("reduction") == "mean":
            return mean
        return reduced(given, text)

    return write


def pair(
    module: str,
    function: str,
    own: str,
    write: Callable[[Given], str],
    tensors: str,
    cases: tuple[str, ...],
    called: str = "input, target",
    function_own: str = "",
    **more: Any,
) -> tuple[FromTorch, ...]:
    """The rows of a loss as a module and as a function."""
    options = function_own or own
    return (
        row(f"nn.{module}({own})({called})", write, *(f"nn.{module}({case})({tensors})" for case in cases), **more),
        row(
            f"F.{function}({called}, {options})",
            write,
            *(f"F.{function}({tensors}{', ' if case else ''}{case})" for case in cases),
            **more,
        ),
    )
