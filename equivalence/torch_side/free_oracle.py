"""Learns shapes by running emitted lines on tensors without numbers, of two sizes of batch.

The code of own layers moves the batch among other axes (windows of an image become a batch of theirs), and what is
empty has no one such shape. Nothing is computed (meta tensors), and nothing that depends on numbers can be.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from equivalence.torch_side.oracle import Sample, TorchOracle
from equivalence.translation.order import Order

#: Sizes of the batch that no layer is likely to have elsewhere.
_BATCHES = (7, 11)


class FreeOracle(TorchOracle):
    """Implements `equivalence.emit.draft.Oracle`, for traced models."""

    def sample(self, shape: tuple[int | None, ...], dtype: str, order: Order, scale: int = 1) -> Sample:
        empty = super().sample(shape, dtype, order, scale)
        self._unknown = True
        if dtype == "string":
            return empty
        return tuple(
            torch.empty((batch, *one.shape[1:]), dtype=one.dtype, device="meta")
            for batch, one in zip(_BATCHES, empty, strict=True)
        )

    def allocate(self, module: Any) -> Any:
        return module if isinstance(module, nn.Parameter) else module.eval()

    def evaluate(self, tree: ast.Expression) -> Any:
        return super().evaluate(tree).to("meta")

    def run(self, tree: ast.Expression, names: Mapping[str, Any], modules: Mapping[str, Any]) -> Sample:
        with torch.device("meta"):
            return super().run(tree, names, modules)
