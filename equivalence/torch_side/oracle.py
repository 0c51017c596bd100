"""Learns shapes by running emitted lines on tensors with batch size 0: exact, and free of arithmetic.

Unknown sizes are tried with two values each; what differs between the two runs is unknown.
"""

from __future__ import annotations

import ast
import copy
import math
import warnings
from collections.abc import Mapping
from functools import partial
from types import CodeType, SimpleNamespace
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from equivalence.emit.draft import ALIKE
from equivalence.torch_side.bounded_making import BoundedMaking
from equivalence.translation.order import Order, to_torch_shape
from equivalence.translation.structure import mapped

#: Two sizes for unknown image sides (rank 4 and more) and for unknown sequence lengths: multiples of what networks
#: shrink and enlarge by, so that a way down and up again (U-Net) comes back to the size that it set out from, and
#: far enough apart that what is left of them after a hundredfold still differs. Of images the axes differ by a step.
_IMAGE, _IMAGE_STEP = (960, 3840), 960  # 2 ** 6 * 3 * 5
_SEQUENCE, _SEQUENCE_STEP = (240, 960), 240  # 2 ** 4 * 3 * 5

Sample = tuple[Any, ...]


def dtype_of(keras: str) -> torch.dtype:
    """The torch dtype of a Keras dtype name; raises ValueError for one torch lacks."""
    found = getattr(torch, keras or "-", None)
    if not isinstance(found, torch.dtype):
        raise ValueError(f"torch has no dtype {keras!r}")
    return found


class TorchOracle:
    """Implements `equivalence.emit.draft.Oracle`."""

    def __init__(self) -> None:
        self._names: dict[str, Any] = {"torch": torch, "nn": nn, "F": F, "math": math, "Tensor": torch.Tensor}
        self._unknown = False

    def define(self, source: str) -> None:
        # `source` has passed equivalence.emit.guard.check_source
        exec(compile(f"from __future__ import annotations\n{source}", "<emitted>", "exec"), self._names)

    def sample(self, shape: tuple[int | None, ...], dtype: str, order: Order, scale: int = 1) -> Sample:
        if dtype == "string":
            return [], []
        sizes, step = (_IMAGE, _IMAGE_STEP) if len(shape) > 3 or scale == ALIKE else (_SEQUENCE, _SEQUENCE_STEP)
        scale, step = (1, 0) if scale == ALIKE else (scale, step)
        self._unknown |= None in shape[1:]
        # distinct sizes for distinct axes, so that no two are taken for one another
        probes = [
            [scale * (size + step * axis) if n is None else n for axis, n in enumerate(shape[1:])] for size in sizes
        ]
        return tuple(torch.zeros(to_torch_shape(order, (0, *probe)), dtype=dtype_of(dtype)) for probe in probes)

    def build(self, ctor: str) -> tuple[Any, dict[str, tuple[int, ...]]]:
        with torch.device("meta"):
            module = eval(compile(ctor, "<emitted>", "eval"), self._names)
        if isinstance(module, nn.Parameter):
            return module, {"": tuple(module.shape)}
        return module, {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}

    def allocate(self, module: Any) -> Any:
        return _unfilled(module) if isinstance(module, nn.Parameter) else module._apply(_unfilled).eval()

    def evaluate(self, tree: ast.Expression) -> Any:
        with BoundedMaking():
            return eval(compile(tree, "<emitted>", "eval"), self._names)

    def run(self, tree: ast.Expression, names: Mapping[str, Any], modules: Mapping[str, Any]) -> Sample:
        code: CodeType = compile(tree, "<emitted>", "eval")
        self_ = SimpleNamespace(**modules, training=False)
        known = {**self._names, "self": self_}
        used = [name for name in code.co_names if name in names]
        made = []
        with torch.no_grad(), BoundedMaking(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what torch says about empty batches, as for their variance
            for probe in range(2 if self._unknown else 1):
                given = {name: names[name][probe] for name in used}
                try:
                    made.append(eval(code, known, given))
                except (IndexError, RuntimeError):
                    inside = {name: module for name, module in modules.items() if name in code.co_names}
                    if (found := _of_two_batches(code, self._names, inside, given)) is None:
                        raise
                    made.append(found)
        return tuple(made) if len(made) == 2 else (made[0], made[0])

    def shape(self, sample: Sample) -> tuple[tuple[int | None, ...], str]:
        first, second = sample
        shape = tuple(a if a == b and a != 0 else None for a, b in zip(first.shape, second.shape, strict=True))
        return shape, str(first.dtype).removeprefix("torch.")

    def parts(self, sample: Sample) -> list[Any] | None:
        def shapes(first: Any, second: Any) -> Any:
            if isinstance(first, torch.Tensor):
                return self.shape((first, second))[0]
            if isinstance(first, (tuple, list)) and len(first) == len(second):
                return [shapes(one, other) for one, other in zip(first, second, strict=True)]
            return None

        found = shapes(*sample)
        return found if isinstance(found, list) else None


def _of_two_batches(
    code: CodeType, names: Mapping[str, Any], modules: Mapping[str, Any], given: Mapping[str, Any]
) -> Any:
    """What an expression gives that torch does not take of an empty batch (the largest of all): of two sizes of batch.

    Nothing is computed (meta tensors). Sizes that differ between the two are the batch: 0. None where that fails too.
    """
    self_ = SimpleNamespace(**{name: _on_meta(module) for name, module in modules.items()}, training=False)
    made = []
    for batch in (2, 3):
        filled = {name: mapped(partial(_with_batch, batch=batch), value) for name, value in given.items()}
        try:
            made.append(eval(code, {**names, "self": self_}, filled))
        except (IndexError, RuntimeError, TypeError, NotImplementedError):
            return None
    return _of_no_batch(*made)


def _of_no_batch(two: Any, three: Any) -> Any:
    """What has the sizes that two results share, and 0 for the others. None where it holds no tensors alone."""
    if isinstance(two, torch.Tensor):
        sizes = [a if a == b else 0 for a, b in zip(two.shape, three.shape, strict=True)]
        return torch.zeros((), dtype=two.dtype).expand(sizes)
    if isinstance(two, dict):
        named = {name: _of_no_batch(part, three[name]) for name, part in two.items()}
        return None if any(part is None for part in named.values()) else named
    if not isinstance(two, (tuple, list)):
        return None
    parts = [_of_no_batch(a, b) for a, b in zip(two, three, strict=True)]
    return None if any(part is None for part in parts) else type(two)(parts)


def _on_meta(module: Any) -> Any:
    """A copy of a module, or a parameter, without the numbers."""
    if not isinstance(module, nn.Module):
        return module.to("meta") if isinstance(module, torch.Tensor) else module
    held: dict[int, Any] = {id(tensor): nn.Parameter(tensor.to("meta"), False) for tensor in module.parameters()}
    held.update((id(tensor), tensor.to("meta")) for tensor in module.buffers())
    return copy.deepcopy(module, held)


def _with_batch(value: Any, batch: int) -> Any:
    if not isinstance(value, torch.Tensor):
        return value
    return torch.empty([size or batch for size in value.shape], dtype=value.dtype, device="meta")


def _unfilled(tensor: torch.Tensor) -> torch.Tensor:
    """Memory in place of a meta tensor: of parameters only shapes are asked, and no page is ever touched.

    What `Module.to_empty` does, without `torch.empty_like`, which imports sympy for meta tensors. Buffers are
    zeros: they may be indices.
    """
    return (torch.empty if isinstance(tensor, nn.Parameter) else torch.zeros)(tensor.shape, dtype=tensor.dtype)
