"""Sizes of tensors that are not known before a model runs, computed with as whole numbers are."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import Any

from equivalence.snippets.known_values import NotUnderstood, Tensor
from equivalence.translation.graph import Ref, SizeOf


@dataclass(frozen=True, eq=False)
class Dim:
    """times * (product of axes // divided_by) + more, as `SizeOf` is."""

    axes: tuple[tuple[Tensor, int], ...]
    times: int = 1
    divided_by: int = 1
    more: int = 0

    def size_of(self, local: Any) -> SizeOf:
        """As a graph has it; `local` gives its Ref for a tensor."""
        axes: tuple[tuple[Ref, int], ...] = tuple((local(tensor), axis) for tensor, axis in self.axes)
        return SizeOf(axes, self.times, self.divided_by, self.more)


def shape_of(tensor: Tensor) -> tuple[Any, ...]:
    """The shape, with a Dim for each size that is not known."""
    return tuple(Dim(((tensor, axis),)) if size is None else size for axis, size in enumerate(tensor.value.shape))


def computed_size(symbol: type, one: Any, other: Any, line: int) -> Any:
    """What an operator makes of a size and a number, or of two sizes. Raises NotUnderstood."""
    match one, other:
        case (Dim(), Dim()) if symbol is ast.Mult and all((d.divided_by, d.more) == (1, 0) for d in (one, other)):
            return Dim((*one.axes, *other.axes), one.times * other.times)
        case (Dim(), int()):
            if symbol is ast.Mult:
                return replace(one, times=one.times * other, more=one.more * other)
            if symbol is ast.Add:
                return replace(one, more=one.more + other)
            if symbol is ast.Sub:
                return replace(one, more=one.more - other)
            if symbol is ast.FloorDiv and other > 0:
                if one.times == 1 and one.more == 0:
                    return replace(one, divided_by=one.divided_by * other)
                if one.times % other == 0 and one.more % other == 0:
                    return replace(one, times=one.times // other, more=one.more // other)
        case (int(), Dim()):
            if symbol in (ast.Mult, ast.Add):
                return computed_size(symbol, other, one, line)
            if symbol is ast.Sub:
                return replace(other, times=-other.times, more=one - other.more)
    raise NotUnderstood("a size that is not known before the model runs is computed with in a way not known here", line)
