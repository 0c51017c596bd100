"""Layer normalisation one step after the other: its factors and summands apart, as it is often written by hand."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from torch import Tensor
from torch.nn import functional

_APART: ContextVar[bool] = ContextVar("norms apart", default=False)


@contextmanager
def norms_apart(wanted: bool) -> Iterator[None]:
    """Within, tapes have the scale and the shift of a layer normalisation as operations of their own, if `wanted`."""
    before = _APART.set(wanted)
    try:
        yield
    finally:
        _APART.reset(before)


def norm_in_steps(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Callable[[], Tensor] | None:
    """What computes the same as a call of torch.nn.functional.layer_norm in up to three steps; None for what is one."""
    if function is not functional.layer_norm or not _APART.get():
        return None
    given = {**dict(zip(("input", "normalized_shape", "weight", "bias", "eps"), args, strict=False)), **kwargs}
    weight, bias = given.pop("weight", None), given.pop("bias", None)
    if weight is None and bias is None:
        return None

    def steps() -> Tensor:
        made = functional.layer_norm(**given)
        made = made if weight is None else made * weight
        return made if bias is None else made + bias

    return steps


def take_norms_apart() -> None:
    """From now on until the `norms_apart` around it ends."""
    _APART.set(True)


#: What a normalisation written by hand divides by is computed with one of these.
_SPREADS = frozenset({"sqrt", "rsqrt", "var", "std", "var_mean", "std_mean", "pow", "__pow__"})


def are_by_hand(ours: Collection[str], theirs: Collection[str]) -> bool:
    """Whether some layer normalisations of one run are written out in the other, by the names of their operations."""
    wanted, found = ([name == "layer_norm" for name in names].count(True) for names in (ours, theirs))
    spreads = [sum(name in _SPREADS for name in names) for names in (ours, theirs)]
    return found < wanted and spreads[0] < spreads[1]
