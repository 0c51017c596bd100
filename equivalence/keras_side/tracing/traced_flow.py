"""Operations that are given functions: what these do is traced where it is known which of them runs, and how often."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
from keras.src import backend, tree
from keras.src.ops import core

from equivalence.errors import Refused
from equivalence.keras_side.tracing.known_numbers import Number

#: So many steps of a loop are written one by one.
_LONGEST = 256


def flow_of(operation: Any) -> Callable[..., Any] | None:
    """What to run in place of an operation that is given functions; None for any other."""
    if isinstance(operation, core.ForiLoop):
        return partial(_loop, operation)
    return _cond if isinstance(operation, core.Cond) else None


def _cond(pred: Any, true_fn: Callable[[], Any], false_fn: Callable[[], Any]) -> Any:
    """The branch that is known to run; of two that may, both, and of their results the one that was asked for."""
    if not isinstance(pred, keras.KerasTensor) or isinstance(pred, Number):
        return true_fn() if bool(pred) else false_fn()
    first, second = true_fn(), false_fn()
    shapes = [[tuple(leaf.shape) for leaf in tree.flatten(found)] for found in (first, second)]
    if shapes[0] != shapes[1] or pred.shape != ():
        raise Refused("what the two functions of ops.cond return has not the same shape")
    return tree.map_structure(lambda a, b: keras.ops.where(pred, a, b), first, second)


def _loop(operation: Any, init_val: Any) -> Any:
    bounds = (operation.lower, operation.upper)
    if any(isinstance(n, keras.KerasTensor) and not isinstance(n, Number) for n in bounds):
        raise Refused("how often ops.fori_loop runs depends on a tensor")
    first, last = (int(n) for n in bounds)
    if last - first > _LONGEST:
        raise Refused(f"ops.fori_loop runs {last - first} times; up to {_LONGEST} are written")
    value = init_val
    for index in range(first, last):
        value = operation.body_fun(index, value)
    return value


def shape_asked(operation: Any, args: Any) -> Any:
    """What an operation answers of shapes alone, as a number of Python's; None for any other."""
    return len(args[0].shape) if type(operation).__name__ == "Ndim" and backend.is_keras_tensor(args[0]) else None
