"""Emitted source to a module: checked, executed in a namespace of its own, filled with its weights."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn

from equivalence.emit.draft import FileDraft
from equivalence.emit.guard import check_source
from equivalence.emit.instances import instances
from equivalence.emit.precision import widened
from equivalence.torch_side.bounded_making import BoundedMaking
from equivalence.translation.dtype_policies import is_float
from equivalence.translation.structure import mapped

Tap = Callable[[nn.Module, str, str, int, int, Any], Any]


def build(source: str, class_name: str, tap: Tap | None = None, *, floats: str = "") -> nn.Module:
    """The class of an emitted source, instantiated on the meta device: no memory, no initialisation.

    With `floats`, what the source casts to a float is of that dtype instead: to hold a module in float64 against
    Keras, where casts to a float dtype follow the model's.
    """
    names: dict[str, Any] = {"__name__": class_name, "__file__": f"{class_name}.py"}
    if tap is not None:
        names["tap"] = tap
    tree = ast.parse(check_source(source))
    if floats:
        tree = _Floats(floats).visit(tree)
    exec(compile(tree, f"{class_name}.py", "exec"), names)
    with torch.device("meta"):
        module = names[class_name]()
    if not isinstance(module, nn.Module):
        raise TypeError(f"{class_name} is no module")
    return module


def empty_state(source: str, class_name: str) -> dict[str, tuple[int, ...]]:
    """The names and shapes of what a module of an emitted source holds, which is made without memory."""
    return {name: tuple(tensor.shape) for name, tensor in build(source, class_name).state_dict().items()}


class _Floats(ast.NodeTransformer):
    """Writes another dtype for torch.float32 and the other floats."""

    def __init__(self, floats: str) -> None:
        self.floats = floats

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.value, ast.Name) and node.value.id == "torch" and is_float(node.attr):
            node.attr = self.floats
        return node


@contextmanager
def default_dtype(dtype: torch.dtype) -> Iterator[None]:
    """What functions of whole numbers (a square root, a mean) return while this lasts."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def fill(module: nn.Module, tensors: Mapping[str, np.ndarray], constants: Mapping[str, str]) -> nn.Module:
    """`module` holding the arrays as its parameters and buffers, without a copy; in eval mode.

    `constants`: the texts of its non-persistent buffers, which the meta device forgot.
    Raises RuntimeError where a name is missing, left over or of another shape.
    """
    state = {name: torch.from_numpy(array) for name, array in tensors.items()}
    for name, own in module.state_dict().items():
        if own.is_floating_point() and name in state and not state[name].is_floating_point():
            state[name] = state[name].to(own.dtype)  # whole numbers in the file, which Keras takes as well
        if name.endswith("num_batches_tracked"):
            state.setdefault(name, torch.zeros((), dtype=torch.int64))
    module.load_state_dict(state, strict=True, assign=True)
    for name, text in constants.items():
        owner, _, attribute = name.rpartition(".")
        with BoundedMaking():
            array = eval(text, {"torch": torch, "math": math})
        module.get_submodule(owner).register_buffer(attribute, array, persistent=False)
    return module.eval()


@contextmanager
def unchanged(module: nn.Module) -> Iterator[None]:
    """The module's buffers are afterwards what they were: a run may leave statistics or states in them."""
    before = [
        (part, {name: buffer if buffer is None else buffer.clone() for name, buffer in part._buffers.items()})
        for part in module.modules()
    ]
    try:
        yield
    finally:
        for part, buffers in before:
            part._buffers.update(buffers)


def run(module: nn.Module, inputs: Sequence[np.ndarray], dtype: str | None = None, floats: str = "float32") -> Any:
    """The module's outputs as NumPy arrays, in their structure; float inputs take the module's dtype.

    `floats` is that of a module without parameters.
    """
    wanted = getattr(torch, dtype) if dtype else floats_of(module, floats)
    module.to(wanted)  # its constants too
    given = [as_given(array, wanted) for array in inputs]
    with torch.inference_mode(), default_dtype(wanted):
        outputs = module(*given)
        return mapped(lambda tensor: tensor.numpy(), outputs)


def floats_of(module: nn.Module, otherwise: str = "") -> torch.dtype:
    """The dtype of a module's first floating parameter; `otherwise`, or torch's default, for one without."""
    default = getattr(torch, otherwise) if otherwise else torch.get_default_dtype()
    return next((p.dtype for p in module.parameters() if p.is_floating_point()), default)


def as_given(array: np.ndarray, floats: torch.dtype) -> Any:
    """What an emitted forward takes: a tensor, floats of that dtype; texts as nested lists."""
    if array.dtype.kind == "U":
        return array.tolist()
    tensor = torch.from_numpy(np.ascontiguousarray(array))
    return tensor.to(floats) if tensor.is_floating_point() else tensor


def state_at(module: nn.Module, dtype: str) -> dict[str, np.ndarray]:
    """The module's state with its floating parts in `dtype`."""
    return {
        name: tensor.detach().numpy().astype(dtype) if tensor.is_floating_point() else tensor.numpy()
        for name, tensor in module.state_dict().items()
    }


def constants_of(draft: FileDraft) -> dict[str, str]:
    """The texts of the non-persistent buffers of a file, by qualified name."""
    return {
        f"{instance.name}{attribute}": widened(text, draft.floats)
        for instance in instances(draft.root)
        for attribute, text in instance.draft.buffers.items()
    }
