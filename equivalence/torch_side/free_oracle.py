"""Learns shapes by running emitted lines on tensors without numbers, of two sizes of batch.

The code of own layers moves the batch among other axes (windows of an image become a batch of theirs), and what is
empty has no one such shape. Nothing is computed (meta tensors), and no shape that depends on numbers can be.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import nn

from equivalence.torch_side.oracle import Sample, TorchOracle, dtype_of
from equivalence.translation.order import Order, to_torch_shape
from equivalence.translation.structure import mapped

#: Sizes of the batch that no layer is likely to have elsewhere.
_BATCHES = (7, 11)


class FreeOracle(TorchOracle):
    """Implements `equivalence.emit.draft.Oracle`, for traced models."""

    def __init__(self, sizes: Sequence[Sequence[int]], groups: int = 1) -> None:
        """`sizes`: for each of two stand-ins those of the axes that a model leaves open, with which its code runs.

        `groups`: of how many samples its batches are made up.
        """
        super().__init__()
        self._sizes, self._groups = sizes, groups

    def sample(self, shape: tuple[int | None, ...], dtype: str, order: Order, scale: int = 1) -> Sample:
        self._unknown = True
        if dtype == "string":
            return super().sample(shape, dtype, order, scale)
        made = []
        for batch, sizes in zip(_BATCHES, self._sizes, strict=True):
            rest = [scale * sizes[axis] if n is None else n for axis, n in enumerate(shape[1:])]
            whole = to_torch_shape(order, (batch * self._groups, *rest))
            made.append(torch.empty(whole, dtype=dtype_of(dtype), device="meta"))
        return tuple(made)

    def allocate(self, module: Any) -> Any:
        return module if isinstance(module, nn.Parameter) else module.eval()

    def evaluate(self, tree: ast.Expression) -> Any:
        return super().evaluate(tree).to("meta")

    def run(self, tree: ast.Expression, names: Mapping[str, Any], modules: Mapping[str, Any]) -> Sample:
        try:
            with torch.device("meta"):
                return super().run(tree, names, modules)
        except NotImplementedError:
            if any(isinstance(node, ast.Name) and node.id == "self" for node in ast.walk(tree)):
                raise
            zeros, ones = (self._filled(tree, names, number) for number in (0, 1))
            if mapped(_size, zeros) != mapped(_size, ones):
                raise
            return zeros

    def _filled(self, tree: ast.Expression, names: Mapping[str, Any], number: int) -> Sample:
        """What a line gives that reads numbers, as `x.tolist()` does, where all of them are `number`."""
        used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} & names.keys()
        made = super().run(tree, {name: mapped(_full(number), names[name]) for name in used}, {})
        return mapped(_on_meta, made)


def _full(number: int) -> Callable[[Any], Any]:
    """What makes, of a tensor without numbers, one that is `number` everywhere."""
    return lambda held: torch.full(held.shape, number, dtype=held.dtype) if isinstance(held, torch.Tensor) else held


def _size(held: Any) -> Any:
    return (tuple(held.shape), held.dtype) if isinstance(held, torch.Tensor) else held


def _on_meta(held: Any) -> Any:
    return held.to("meta") if isinstance(held, torch.Tensor) else held
