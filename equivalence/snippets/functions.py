"""Functions of the text: their arguments bound, their bodies read."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from equivalence.snippets.expressions import evaluate
from equivalence.snippets.known_values import Function, NotUnderstood, Scope
from equivalence.snippets.statements import Returned, execute

if TYPE_CHECKING:
    from equivalence.snippets.reading_state import Reading


def bind(function: Function, args: list[Any], kwargs: dict[str, Any], line: int, scope: Scope, skip: int = 0) -> Scope:
    """A scope in which the function's arguments have their values."""
    arguments = function.node.args
    listed = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)][skip:]
    inner = Scope(around=scope)
    names = inner.names
    names.update(zip(listed, args, strict=False))
    if len(args) > len(listed) and arguments.vararg is None:
        raise NotUnderstood(f"{function.name} takes no {len(args)} positional arguments", line)
    if arguments.vararg is not None:
        names[arguments.vararg.arg] = tuple(args[len(listed) :])
    every = {*listed, *(argument.arg for argument in arguments.kwonlyargs)}
    more: dict[str, Any] = {}
    for name, value in kwargs.items():
        (names if name in every else more)[name] = value
    if arguments.kwarg is not None:
        names[arguments.kwarg.arg] = more
    elif more:
        raise NotUnderstood(f"{function.name} has no argument {next(iter(more))!r:.60}", line)
    for name in every - set(names):
        if name not in function.defaults:
            raise NotUnderstood(f"{function.name} is called without its argument {name!r:.60}", line)
        names[name] = function.defaults[name]
    return inner


def run_body(reader: Reading, function: Function, inner: Scope) -> Any:
    """What a function returns."""
    if isinstance(function.node, ast.Lambda):
        return evaluate(reader, function.node.body, inner)
    try:
        execute(reader, function.node.body, inner)
    except Returned as returned:
        return returned.value
    return None
