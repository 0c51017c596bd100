"""The arguments of a recorded operation by their names, however it was called, and a call with others."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from equivalence.torch_side.run_tape import Operation, Seen

#: Arguments that choose how something is computed, not what.
_HOW = frozenset({"inplace", "out", "cudnn_enabled", "need_weights", "average_attn_weights", "sparse", "_stacklevel"})


def named(operation: Operation) -> dict[str, Any]:
    """Its arguments by name, defaults included; those without a name by their position, "0", "1", …"""
    names, defaults = _parameters(operation.function, operation.name, _shapes(operation.args), tuple(operation.kwargs))
    args = _packed(operation.args, names)
    found = dict(defaults)
    for position, value in enumerate(args):
        found[names[position] if position < len(names) else str(position)] = value
    found |= operation.kwargs
    return {name: value for name, value in found.items() if name not in _HOW}


def called_with(operation: Operation, changes: Mapping[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Arguments for a call of its function in which some are others."""
    names, _ = _parameters(operation.function, operation.name, _shapes(operation.args), tuple(operation.kwargs))
    args, kwargs = list(_packed(operation.args, names)), dict(operation.kwargs)
    for name, value in changes.items():
        if name in names and names.index(name) < len(args):
            args[names.index(name)] = value
        elif name.isdecimal():
            args[int(name)] = value
        else:
            kwargs[name] = value
    return tuple(args), kwargs


def spelled(operation: Operation) -> str:
    """The function of an operation as source names it: "F.relu", "torch.cat", "torch.Tensor.permute"."""
    name = getattr(operation.function, "__name__", operation.name)
    if getattr(functional, name, None) is operation.function:
        return f"F.{name}"
    return f"torch.{name}" if getattr(torch, name, None) is operation.function else f"torch.Tensor.{name}"


def _packed(args: tuple[Any, ...], names: Sequence[str]) -> tuple[Any, ...]:
    """Positional arguments, one for each name: `x.permute(0, 2, 1)` gives its dims one by one."""
    if names and len(args) > len(names) and all(isinstance(value, int) for value in args[len(names) - 1 :]):
        first = len(names) - 1
        return (*args[:first], list(args[first:]))
    return args


def _shapes(args: tuple[Any, ...]) -> tuple[str, ...]:
    """What kind of value each positional argument is, by which overloads are told apart."""
    return tuple(map(_kind, args))


def _kind(value: Any) -> str:
    if isinstance(value, Seen | Tensor):
        return "Tensor"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int"
    if isinstance(value, float):
        return "float"
    if isinstance(value, str):
        return "str"
    if isinstance(value, (list, tuple)):
        return f"{_kind(value[0]) if len(value) else 'int'}[]"
    return "None" if value is None else "other"


@functools.lru_cache(maxsize=4096)
def _parameters(
    function: Callable[..., Any], name: str, kinds: tuple[str, ...], keywords: tuple[str, ...]
) -> tuple[tuple[str, ...], Mapping[str, Any]]:
    """Names of its parameters in order, and their defaults; none where torch does not say."""
    for candidate in (function, getattr(functional, f"_{name}", None)):  # max_pool2d is a choice between two
        if candidate is None or not hasattr(candidate, "__code__"):
            continue
        try:
            parameters = inspect.signature(candidate).parameters.values()
        except ValueError:  # a wrapper around what is written in C
            continue
        if all(p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY) for p in parameters):
            return tuple(p.name for p in parameters), {
                p.name: p.default for p in parameters if p.default is not p.empty
            }
    packet = getattr(torch.ops.aten, name.strip("_"), None)
    for overload in packet.overloads() if packet is not None else ():
        schema = getattr(packet, overload)._schema
        arguments = [argument for argument in schema.arguments if not argument.is_out]
        names = tuple(argument.name for argument in arguments)
        # a method's own tensor is what a function calls its input
        given = {"self": "input"} if "other" not in names and "input" not in names else {}
        positional = [argument for argument in arguments if not argument.kwarg_only]
        if set(keywords) - {"dtype", "inplace"} <= set(names) and _accepts(positional, kinds):
            defaults = {a.name: a.default_value for a in arguments if a.has_default_value()}
            return tuple(given.get(argument.name, argument.name) for argument in positional), defaults
    return (), {}


def _accepts(parameters: Sequence[Any], kinds: tuple[str, ...]) -> bool:
    if len(kinds) > len(parameters):
        last = str(parameters[-1].type) if parameters else ""
        if "List[int]" not in last or any(kind != "int" for kind in kinds[len(parameters) - 1 :]):
            return False
        kinds = (*kinds[: len(parameters) - 1], "int[]")
    return all(_takes(str(p.type), kind) for p, kind in zip(parameters, kinds, strict=False))


def _takes(declared: str, kind: str) -> bool:
    plain = declared.removeprefix("Optional[").removesuffix("]") if declared.startswith("Optional[") else declared
    if kind == "None":
        return declared.startswith("Optional[")
    return kind in {
        "Tensor": ("Tensor",),
        "int": ("int",),
        "float": ("float",),
        "number": ("int", "float", "bool"),
        "bool": ("bool",),
        "str": ("str",),
        "List[int]": ("int[]", "int"),
        "List[float]": ("float[]",),
        "List[Tensor]": ("Tensor[]",),
        "List[bool]": ("bool[]",),
    }.get(plain, (kind,))
