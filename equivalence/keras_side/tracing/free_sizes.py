"""Whole numbers that change when the sizes of the inputs do: which sizes they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

from equivalence.errors import Refused
from equivalence.translation.graph import Ref, SizeOf


class Unsolved(Refused):
    """A number goes with the sizes of the inputs, and no expression of them was found."""


#: Of each axis of each tensor known: its size in each of the traces.
Axes = dict[tuple[Ref, int], tuple[int, ...]]


def solved(values: tuple[int, ...], axes: Axes) -> SizeOf | None:
    """The simplest expression of sizes that has these values in all traces; None where none was found.

    `axes`: those of the inputs first, then the others, the last made first.
    """
    candidates = list(_candidates({key: sizes for key, sizes in axes.items() if len(set(sizes)) > 1}))
    for rule in (_equal, _moved, _multiplied, _divided, _on_a_line):  # the simple ones of all sizes before the others
        for axes_of, sizes in candidates:
            if (found := rule(axes_of, sizes, values)) is not None:
                return found
    return None


def _candidates(free: Axes) -> Iterator[tuple[tuple[tuple[Ref, int], ...], tuple[int, ...]]]:
    """Single axes, then products of two or three different ones, each size once."""
    single: dict[tuple[int, ...], tuple[Ref, int]] = {}
    for key, sizes in free.items():
        single.setdefault(sizes, key)
    yield from (((key,), sizes) for sizes, key in single.items())
    rows = list(single.items())[:24]
    for first, (sizes, key) in enumerate(rows):
        for second, (other, another) in enumerate(rows[first:], first):
            product = tuple(a * b for a, b in zip(sizes, other, strict=True))
            yield (key, another), product
            for third, last in rows[second:]:
                yield (key, another, last), tuple(a * b for a, b in zip(product, third, strict=True))


_Axes = tuple[tuple[Ref, int], ...]
_Numbers = tuple[int, ...]


def _equal(axes: _Axes, sizes: _Numbers, values: _Numbers) -> SizeOf | None:
    return SizeOf(axes) if sizes == values else None


def _moved(axes: _Axes, sizes: _Numbers, values: _Numbers) -> SizeOf | None:
    """So much more or less."""
    more = values[0] - sizes[0]
    if len(axes) == 1 and all(value - size == more for size, value in zip(sizes, values, strict=True)):
        return SizeOf(axes, more=more)
    return None


def _multiplied(axes: _Axes, sizes: _Numbers, values: _Numbers) -> SizeOf | None:
    times, rest = divmod(values[0], sizes[0])
    return SizeOf(axes, times=times) if not rest and _is(sizes, values, times=times) else None


def _divided(axes: _Axes, sizes: _Numbers, values: _Numbers) -> SizeOf | None:
    """Divided by a constant, rounded down or up."""
    first, value = sizes[0], values[0]
    for divisor in range(2, 4097 if value else 2):
        if first // divisor < abs(value) - 1:
            break
        if _is(sizes, values, divided_by=divisor):
            return SizeOf(axes, divided_by=divisor)
        rounded_up = tuple(size + divisor - 1 for size in sizes)
        if len(axes) == 1 and _is(rounded_up, values, divided_by=divisor):
            return SizeOf(axes, divided_by=-divisor, times=-1)  # -(-n // d)
    return None


def _on_a_line(axes: _Axes, sizes: _Numbers, values: _Numbers) -> SizeOf | None:
    """A multiple, and so much more."""
    slope = _slope(sizes, values)
    if slope and len(axes) == 1:
        more = values[0] - slope * sizes[0]
        if all(value == slope * size + more for size, value in zip(sizes, values, strict=True)):
            return SizeOf(axes, times=slope, more=more)
    return None


def _is(sizes: Sequence[int], values: Sequence[int], times: int = 1, divided_by: int = 1) -> bool:
    return all(size * times // divided_by == value for size, value in zip(sizes, values, strict=True))


def _slope(sizes: tuple[int, ...], values: tuple[int, ...]) -> int:
    run, rise = sizes[1] - sizes[0], values[1] - values[0]
    return rise // run if run and rise % run == 0 else 0


def value_of(size: SizeOf, sizes: Sequence[int]) -> int:
    """The number, where its axes have these sizes."""
    return size.times * (prod(sizes) // size.divided_by) + size.more
