"""Functions of TensorFlow's that are given functions, as a `call` that uses them is traced: as Keras's are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import keras
from keras import ops
from keras.src import tree

from equivalence.keras_side.tracing.known_numbers import Number
from equivalence.keras_side.tracing.traced_flow import chosen, looped, over_elements, scanned, switched
from equivalence.keras_side.tracing.traced_loops import Looping


def flows_of_tensorflow(tensorflow: Any, looping: Looping | None) -> list[tuple[Any, str, Callable[..., Any]]]:
    """Where each is found, what it is called there, and what stands in for it."""
    flows: list[tuple[str, Callable[..., Any]]] = [
        ("map_fn", partial(_map, looping)), ("vectorized_map", partial(_map, looping)),
        ("scan", partial(_scan, looping)), ("foldl", partial(_folded, looping)), ("cond", _cond),
        ("while_loop", _while), ("switch_case", _switch), ("case", _case),
    ]  # fmt: skip
    return [(tensorflow, name, function) for name, function in flows]


def _map(looping: Looping | None, fn: Callable[..., Any], elems: Any, *_: Any, **settings: Any) -> Any:
    return over_elements(fn, elems, looping)


def _scan(
    looping: Looping | None, fn: Callable[..., Any], elems: Any, initializer: Any = None, *_: Any, **settings: Any
) -> Any:
    """Every state, the first element being the first of them where there is no other."""
    begin, rest = initializer, elems
    if begin is None:
        begin, rest = tree.map_structure(lambda x: x[0], elems), tree.map_structure(lambda x: x[1:], elems)

    def step(state: Any, element: Any) -> Any:
        made = fn(state, element)
        return made, made

    states = scanned(step, begin, rest, reverse=bool(settings.get("reverse")), looping=looping)[1]
    if initializer is not None:
        return states
    return tree.map_structure(lambda first, others: ops.concatenate([first[None], others], axis=0), begin, states)


def _folded(
    looping: Looping | None, fn: Callable[..., Any], elems: Any, initializer: Any = None, *_: Any, **settings: Any
) -> Any:
    """The last state alone."""
    return tree.map_structure(lambda states: states[-1], _scan(looping, fn, elems, initializer))


def _cond(pred: Any, true_fn: Callable[[], Any], false_fn: Callable[[], Any]) -> Any:
    return chosen(pred, true_fn, false_fn)


def _while(
    cond: Callable[..., Any], body: Callable[..., Any], loop_vars: Any, *_: Any, maximum_iterations: Any = None,
    **settings: Any,
) -> Any:  # fmt: skip
    return looped(cond, body, loop_vars, most=maximum_iterations)


def _switch(branch_index: Any, branch_fns: Any, default: Any = None, strict: bool = False) -> Any:
    """The last or the `default` where there is no branch of that place."""
    numbered = dict(branch_fns) if not callable(next(iter(branch_fns))) else dict(enumerate(branch_fns))
    branches = [numbered[place] for place in sorted(numbered)]
    otherwise = default or branches[-1]
    if isinstance(branch_index, keras.KerasTensor) and not isinstance(branch_index, Number):
        made = otherwise
        for place, branch in sorted(numbered.items()):
            made = _between(ops.equal(branch_index, place), branch, made)
        return made()
    return switched(0, [numbered.get(int(branch_index), otherwise)])


def _case(pred_fn_pairs: Sequence[tuple[Any, Callable[[], Any]]], default: Any = None, **settings: Any) -> Any:
    """The first whose condition holds, else the `default`."""
    pairs = list(pred_fn_pairs)
    made, rest = (default, pairs) if default else (pairs[-1][1], pairs[:-1])
    for pred, branch in reversed(rest):
        made = _between(pred, branch, made)
    return made()


def _between(pred: Any, branch: Callable[[], Any], otherwise: Callable[[], Any]) -> Callable[[], Any]:
    return lambda: chosen(pred, branch, otherwise)
