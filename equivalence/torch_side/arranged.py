"""Two tensors of the same numbers that may lie in another order of axes: how one becomes the other."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import isclose, prod

import torch
from torch import Tensor

#: What counts as the same number, relative to the largest of the tensor: both sides compute in float64, mostly with the
#: same functions of torch, so they are equal to a few units in the last place. An epsilon of 1.001e-5 for 1e-5 is seen.
SAME = 1e-12


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The axes of one tensor in another order, then reshaped: sizes merged or left out, never taken apart again."""

    axes: tuple[int, ...]

    @property
    def plain(self) -> bool:
        """Whether it changes no order."""
        return self.axes == tuple(range(len(self.axes)))

    def there(self, tensor: Tensor, shape: tuple[int, ...] | None = None) -> Tensor:
        """The tensor so arranged, of `shape` where axes are merged. Raises RuntimeError where it does not fit."""
        made = tensor.permute(self.axes)
        return made if shape is None else made.reshape(shape)

    def back(self, tensor: Tensor, shape: tuple[int, ...]) -> Tensor:
        """What of `shape` becomes the tensor: the reverse of `there`."""
        inverse = sorted(range(len(self.axes)), key=self.axes.__getitem__)
        return tensor.reshape([shape[axis] for axis in self.axes]).permute(inverse)


def plain(rank: int) -> Arrangement:
    return Arrangement(tuple(range(rank)))


def deviation(found: Tensor, wanted: Tensor) -> tuple[float, float]:
    """max|found - wanted|, and that relative to max|wanted|; of one shape. NaN where either has one alone."""
    a, b = _numbers(found), _numbers(wanted)
    apart = torch.where((a == b) | (a.isnan() & b.isnan()), 0.0, (a - b).abs())
    if not apart.numel():
        return 0.0, 0.0
    largest = float(torch.where(b.isfinite(), b.abs(), 0.0).max())
    most = float("nan") if apart.isnan().any() else float(apart.max())
    return most, most / largest if largest else (0.0 if most == 0 else float("inf"))


def same(found: Tensor, wanted: Tensor, max_rel: float = SAME) -> bool:
    """Whether two tensors of one shape are equal but for rounding."""
    return found.shape == wanted.shape and deviation(found, wanted)[1] <= max_rel


def same_numbers(one: Tensor, other: Tensor) -> bool:
    """Whether two weights hold the same numbers, more than one of them, however they are shaped."""
    return one.numel() == other.numel() > 1 and bool((one.flatten().double() == other.flatten().double()).all())


def arrangement(found: Tensor, wanted: Tensor, max_rel: float = SAME) -> Arrangement | None:
    """How `wanted` lies in `found`, where that has its numbers; None where it has others, or in no such order."""
    for found_so in possible(tuple(wanted.shape), tuple(found.shape)):
        if same(found, found_so.there(wanted, tuple(found.shape)), max_rel):
            return found_so
    return None


def possible(shape: tuple[int, ...], target: tuple[int, ...]) -> Iterator[Arrangement]:
    """The orders in which a tensor of `shape` can have the shape `target`; as it is first, channels moved next."""
    rank = len(shape)
    if prod(shape) != prod(target) or rank > 6:
        return
    usual = [tuple(range(rank))]
    if rank > 2:
        usual += [(0, *range(2, rank), 1), (0, rank - 1, *range(1, rank - 1))]
    seen = set()
    for axes in itertools.chain(usual, itertools.permutations(range(rank))):
        key = tuple(axis for axis in axes if shape[axis] != 1)
        if key in seen:
            continue
        seen.add(key)
        if _merges([shape[axis] for axis in axes], target):
            yield Arrangement(tuple(axes))


def _merges(sizes: list[int], target: tuple[int, ...]) -> bool:
    """Whether a tensor of these sizes becomes one of `target` by merging axes that follow each other, none split."""
    left = [size for size in sizes if size != 1]
    for size in target:
        made = 1
        while made < size and left:
            made *= left.pop(0)
        if made != size:
            return False
    return not left


def filled_up(found: Tensor, wanted: Tensor, max_rel: float = SAME) -> Arrangement | None:
    """How `wanted` lies in a batch of sequences whose last steps are zeros; those steps are not compared."""
    kept = (found != 0).any(-1, keepdim=True)
    if not kept.any() or not found.is_floating_point():
        return None
    for lies in (plain(3), Arrangement((1, 0, 2))):
        moved = lies.there(wanted)
        steps = 1 if lies.plain else 0  # torch fills up to the longest sequence, which may end before Keras's
        moved = moved.narrow(steps, 0, min(found.shape[steps], moved.shape[steps]))
        if moved.shape == found.shape and same(found, torch.where(kept, moved, 0.0).to(found.dtype), max_rel):
            return lies
    return None


class Numbers:
    """What is the same of a tensor in any order: how many numbers, their sum, that of their sizes and squares."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor
        numbers = _numbers(tensor)
        numbers = torch.where(numbers.isfinite(), numbers, 0.0)
        self.count = tensor.numel()
        self.size = float(numbers.abs().sum())
        self.sum = float(numbers.sum())
        self.squares = float((numbers * numbers).sum())

    def like(self, other: Numbers, max_rel: float = SAME) -> bool:
        """Whether the two may hold the same numbers."""
        rough = max(max_rel, 1e-12) * 100
        return (
            self.count == other.count
            and isclose(self.size, other.size, rel_tol=rough, abs_tol=1e-300)
            and isclose(self.squares, other.squares, rel_tol=rough, abs_tol=1e-300)
            and abs(self.sum - other.sum) <= rough * max(self.size, 1e-300)
        )

    def same(self, other: Numbers, max_rel: float = SAME) -> bool:
        """Whether they are the same numbers, in whatever order."""
        if not self.like(other, max_rel):
            return False
        a, b = (numbers.tensor.flatten() for numbers in (self, other))
        return same(_numbers(a).sort().values, _numbers(b).sort().values, max_rel)


@dataclass(frozen=True, slots=True)
class Match:
    """A tensor that holds the numbers of another. `arranged` None: in an order that moving axes does not give."""

    number: int
    arranged: Arrangement | None


class Numbered:
    """Tensors by their numbers on a tape, to find those that hold given numbers.

    `before`: of an earlier run, whose tensors below `unchanged` are the same.
    """

    def __init__(self, tensors: Mapping[int, Tensor], before: Numbered | None = None, unchanged: int = 0) -> None:
        self.tensors: dict[int, Numbers] = {}
        self.by_count: dict[int, list[int]] = {}
        for number, tensor in tensors.items():
            known = before.tensors.get(number) if before is not None and number < unchanged else None
            self.tensors[number] = known or Numbers(tensor)
            self.by_count.setdefault(tensor.numel(), []).append(number)

    def of(self, number: int) -> Numbers:
        return self.tensors[number]

    def holding(self, wanted: Numbers, max_rel: float = SAME) -> list[Match]:
        """The tensors that hold the numbers of `wanted`, those in an order that is known first."""
        found = []
        for number in self.by_count.get(wanted.count, ()):
            held = self.tensors[number]
            if held.like(wanted, max_rel):
                arranged = arrangement(held.tensor, wanted.tensor, max_rel)
                if arranged is not None or held.same(wanted, max_rel):
                    found.append(Match(number, arranged))
        return sorted(found, key=lambda match: match.arranged is None)


def _numbers(tensor: Tensor) -> Tensor:
    """Its numbers in float64, complex ones as two each."""
    if tensor.is_complex():
        tensor = torch.view_as_real(tensor)
    return tensor.detach().to(torch.float64)


def stacked(tensors: Iterable[Tensor]) -> Tensor:
    """Numbers of several tensors in one row."""
    return torch.cat([_numbers(tensor).flatten() for tensor in tensors])
