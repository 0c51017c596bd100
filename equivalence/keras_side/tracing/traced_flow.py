"""Operations that are given functions: what these do is traced where it is known which of them runs, and how often."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import keras
from keras import ops
from keras.src import backend, tree
from keras.src.ops import core

from equivalence.errors import Refused
from equivalence.keras_side.tracing.known_numbers import Number, plain
from equivalence.keras_side.tracing.traced_loops import Looping, Unrolled, flat_body

#: So many steps of a loop are written one by one.
_LONGEST = 256


def flow_of(operation: Any, looping: Looping | None) -> Callable[..., Any] | None:
    """What to run in place of an operation that is given functions; None for any other.

    `looping`: what traces one step of a loop, in place of all.
    """
    if isinstance(operation, core.ForiLoop):
        return partial(_counted, operation)
    if isinstance(operation, core.WhileLoop):
        return partial(looped, operation.cond, operation.body, most=operation.maximum_iterations)
    if isinstance(operation, core.Scan):
        return partial(scanned, length=operation.length, reverse=operation.reverse, looping=looping)
    if isinstance(operation, core.AssociativeScan):
        return partial(_running, operation.reverse, operation.axis)
    if isinstance(operation, core.VectorizedMap):
        return partial(over_elements, operation.function, looping=looping)
    if isinstance(operation, core.Map):
        return partial(over_elements, looping=looping)
    known: dict[Any, Callable[..., Any]] = {core.Cond: chosen, core.Switch: switched}
    return known.get(type(operation))


def chosen(pred: Any, true_fn: Callable[[], Any], false_fn: Callable[[], Any]) -> Any:
    """The branch that is known to run; of two that may, both, and of their results the one that was asked for."""
    if not isinstance(pred, keras.KerasTensor) or isinstance(pred, Number):
        return true_fn() if bool(pred) else false_fn()
    first, second = true_fn(), false_fn()
    shapes = [[tuple(leaf.shape) for leaf in tree.flatten(found)] for found in (first, second)]
    if shapes[0] != shapes[1] or pred.shape != ():
        raise Refused("what the two functions of ops.cond return has not the same shape")
    return tree.map_structure(lambda a, b: ops.where(pred, a, b), first, second)


def switched(index: Any, branches: Sequence[Callable[..., Any]], *operands: Any) -> Any:
    """The branch of that place, the first or last where there is none; of several that may run, all, as in `chosen`."""
    if not isinstance(index, keras.KerasTensor) or isinstance(index, Number):
        return branches[max(0, min(int(index), len(branches) - 1))](*operands)
    made = branches[-1](*operands)
    for place in reversed(range(len(branches) - 1)):
        made = chosen(ops.less_equal(index, place), partial(branches[place], *operands), partial(_as_it_is, made))
    return made


def looped(cond: Callable[..., Any], body: Callable[..., Any], loop_vars: Any, most: Any = None) -> Any:
    """What a loop has at its end whose condition is known at each step."""
    listed = isinstance(loop_vars, (list, tuple))
    values = tuple(loop_vars) if listed else (loop_vars,)
    for _ in range(_LONGEST if most is None else int(most)):
        if not _known(cond(*values), "how often a while loop runs depends on a tensor"):
            break
        made = body(*values)
        values = tuple(made) if isinstance(made, (list, tuple)) else (made,)
    else:
        if most is None:
            raise Refused(f"a while loop runs more than {_LONGEST} times; up to so many are written")
    return type(loop_vars)(values) if type(loop_vars) in (list, tuple) else values if listed else values[0]


def over_elements(function: Callable[..., Any], elements: Any, looping: Looping | None = None) -> Any:
    """What a function makes of each element along the first axis, side by side."""
    if looping is not None:
        body, kept = flat_body(lambda _, element: ((), function(element)), (), elements)
        found = looping(body, [], tree.flatten(elements))
        return tree.pack_sequence_as(kept[0], found)
    made = [function(_element(elements, place)) for place in range(_count(elements, "ops.map"))]
    return tree.map_structure(lambda *results: ops.stack(results, axis=0), *made)


def scanned(
    function: Callable[..., Any], init: Any, xs: Any = None, length: Any = None, reverse: bool = False,
    looping: Looping | None = None,
) -> Any:  # fmt: skip
    """The last state, and what every step made, in the order of the elements."""
    if looping is not None and xs is not None:
        body, kept = flat_body(function, init, xs)
        states = tree.flatten(init)
        found = looping(body, states, tree.flatten(xs), reverse)
        last = tree.pack_sequence_as(init, found[: len(states)])
        return last, None if kept[0] is None else tree.pack_sequence_as(kept[0], found[len(states) :])
    count = int(length) if xs is None else _count(xs, "ops.scan")
    if count > _LONGEST:
        raise Unrolled(f"ops.scan runs over {count} elements; up to {_LONGEST} are written")
    state, made = init, []
    for place in reversed(range(count)) if reverse else range(count):
        state, result = function(state, None if xs is None else _element(xs, place))
        made.append(result)
    if reverse:
        made.reverse()
    if not made or made[0] is None:
        return state, None
    return state, tree.map_structure(lambda *results: ops.stack(results, axis=0), *made)


def _running(reverse: bool, axis: int, function: Callable[..., Any], elems: Any) -> Any:
    """ops.associative_scan: everything so far, combined from the first on; the order of combining is free."""
    count = tree.flatten(elems)[0].shape[axis]
    if count > _LONGEST:
        raise Refused(f"ops.associative_scan runs over {count} elements; up to {_LONGEST} are written")
    places = [*(reversed(range(count)) if reverse else range(count))]
    parts = [tree.map_structure(lambda x: ops.take(x, [place], axis=axis), elems) for place in places]  # noqa: B023
    made = [parts[0]]
    for part in parts[1:]:
        made.append(function(made[-1], part))
    if reverse:
        made.reverse()
    return tree.map_structure(lambda *results: ops.concatenate(results, axis=axis), *made)


def _counted(operation: Any, init_val: Any) -> Any:
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


def _as_it_is(value: Any) -> Any:
    return value


def _known(answer: Any, otherwise: str) -> bool:
    if isinstance(answer, keras.KerasTensor) and not isinstance(answer, Number):
        raise Refused(otherwise)
    return bool(plain(answer))


def _count(elements: Any, what: str) -> int:
    counts = {tensor.shape[0] for tensor in tree.flatten(elements)}
    if len(counts) != 1 or max(counts) > _LONGEST:
        raise Unrolled(f"{what} runs over {sorted(counts)} elements; one number of them, up to {_LONGEST}, is written")
    return int(counts.pop())


def _element(elements: Any, place: int) -> Any:
    return tree.map_structure(lambda x: x[place], elements)


def shape_asked(operation: Any, args: Any) -> Any:
    """What an operation answers of shapes alone, as a number of Python's; None for any other."""
    return len(args[0].shape) if type(operation).__name__ == "Ndim" and backend.is_keras_tensor(args[0]) else None
