"""What the normalisations have in common: arguments, and bringing the normalised axes where torch wants them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from equivalence.schema import Argument, Weight
from equivalence.translation.order import FIRST, KERAS, Flat, dim

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

#: Initialisers, regularisers and constraints of scale and shift: nothing of a trained model depends on them.
AFFINE_ARGUMENTS = (
    Argument("beta_initializer", None, "zeros", inert=True),
    Argument("gamma_initializer", None, "ones", inert=True),
    *(
        Argument(f"{name}_regularizer", None, None, inert=True, note="adds to the loss, not to the output")
        for name in ("beta", "gamma")
    ),
    *(
        Argument(f"{name}_constraint", None, None, inert=True, note="acts in Keras's training step")
        for name in ("beta", "gamma")
    ),
)


def one_axis(site: Site, x: Value) -> int:
    """The argument `axis`, counted from the front; Keras 2 wrote [3] for 3.

    Raises Refused where it is no single axis of `x`, or the batch.
    """
    axis = site.config.value("axis")
    if isinstance(axis, list) and len(axis) == 1:
        axis = axis[0]
    if isinstance(axis, bool) or not isinstance(axis, int) or not -x.rank < axis < x.rank or axis == 0:
        site.config.refuse("axis", axis, f"should be one axis of an input of {x.rank}, and not the batch")
    return axis % x.rank


class Channelled(NamedTuple):
    """A tensor whose channels are at dimension 1 once `moved` is written behind it, and back once more."""

    value: Value
    moved: str  # ".transpose(1, 2)" or ""
    channels: int


def channelled(site: Site, axis: int) -> Channelled:
    """The first input, such that Keras's `axis` can be torch's dimension 1.

    The first and the last axis are there by the order of the tensor; any other is exchanged for it.
    Raises Refused where the size of that axis is unknown.
    """
    x = site.x
    if x.dim(axis) != 1 or isinstance(x.order, Flat):
        if axis == x.rank - 1:
            x = site.take(x, FIRST)
        elif axis == 1:
            x = site.take(x, KERAS)
    channels = x.shape[axis]
    if channels is None:
        site.refuse(f"axis {axis} of its input {x.shape} has no known size")
    held = x.dim(axis)
    return Channelled(x, f".transpose(1, {held})" if held != 1 else "", channels)


class Trailing(NamedTuple):
    """A tensor whose normalised axes come last once `there` is written behind it; `back` undoes that."""

    value: Value
    there: str
    back: str
    shape: tuple[int | None, ...]  # of the normalised axes, as torch holds them
    weights: tuple[Weight, ...]  # the entry's, re-ordered alike


def several_axes(site: Site, x: Value) -> tuple[int, ...]:
    """The argument `axis`, one or several, counted from the front, in ascending order.

    Raises Refused where they are no axes of `x`; and where Keras's weights lie in another order than
    the axes, because Keras sorts -1 before 1.
    """
    given = site.config.value("axis")
    listed = [given] if isinstance(given, int) else given
    if (
        not isinstance(listed, (list, tuple))
        or not listed
        or any(isinstance(a, bool) or not isinstance(a, int) or not -x.rank <= a < x.rank for a in listed)
    ):
        site.config.refuse("axis", given, f"should be axes of an input of {x.rank}")
    axes = tuple(a % x.rank for a in sorted(listed))
    if axes != tuple(sorted(set(axes))) or axes[0] == 0:
        site.config.refuse("axis", given, "should be different axes without the batch, all counted from one end")
    return axes


def trailing(site: Site, axes: tuple[int, ...]) -> Trailing:
    """The first input, such that Keras's `axes` can be torch's last dimensions; no permute unless none of its
    orders has them there."""
    x = site.x
    count = len(axes)
    last = list(range(x.rank - count, x.rank))
    orders = [KERAS] if isinstance(x.order, Flat) else [x.order, KERAS, FIRST]
    order = next((o for o in orders if sorted(dim(o, x.rank, a) for a in axes) == last), None)
    x = x if order is None else site.take(x, order)
    dims = [x.dim(axis) for axis in axes]
    by_dim = sorted(range(count), key=lambda i: dims[i])
    names = [f"a{i}" for i in range(count)]
    pattern = "" if by_dim == list(range(count)) else f"{' '.join(names)} -> {' '.join(names[i] for i in by_dim)}"
    weights = tuple(weight._replace(how=pattern) for weight in site.weights)
    shape = tuple(x.shape[axes[i]] for i in by_dim)
    if order is not None:
        return Trailing(x, "", "", shape, weights)
    if count == 1:
        swap = f".transpose({dims[0]}, -1)"
        return Trailing(x, swap, swap, shape, weights)
    there = [*(d for d in range(x.rank) if d not in dims), *sorted(dims)]
    back = tuple(there.index(d) for d in range(x.rank))
    return Trailing(x, f".permute{tuple(there)}", f".permute{back}", shape, weights)
