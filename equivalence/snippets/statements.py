"""Statements of a definition: assignments, loops over what is known, functions and classes."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from equivalence.snippets.expressions import binary, evaluate, iterated, truth
from equivalence.snippets.known_values import (
    Class,
    Function,
    Instance,
    NetModel,
    NotUnderstood,
    Scope,
    Stock,
    Symbol,
    Tensor,
    Unknown,
)
from equivalence.snippets.library_names import LIBRARIES, full_name, names_of_module
from equivalence.snippets.plain_python import plainly
from equivalence.translation.graph import Held

if TYPE_CHECKING:
    from equivalence.snippets.reading_state import Reading


class Returned(Exception):
    """A function returns."""

    def __init__(self, value: Any) -> None:
        self.value = value


class _Broken(Exception):
    """A loop ends."""


class _Continued(Exception):
    """A loop's turn ends."""


def execute(reader: Reading, statements: Sequence[ast.stmt], scope: Scope) -> None:
    """Takes what statements mean. Raises NotUnderstood, and Returned at a return."""
    for statement in statements:
        reader.step(statement)
        made = _EXECUTED.get(type(statement))
        if made is None:
            raise NotUnderstood(f"a {type(statement).__name__} statement is not known here", statement.lineno)
        if type(statement) in _SIMPLE:
            reader.home.line = statement.lineno
            reader.home.turn += 1
        made(reader, statement, scope)


def assign(reader: Reading, target: ast.expr, value: Any, scope: Scope) -> None:
    """Gives a target its value, and what is made and has no name yet that name."""
    match target:
        case ast.Name(id=name):
            scope.names[name] = value
            _called(reader, value, name)
        case ast.Tuple(elts=targets) | ast.List(elts=targets):
            items = iterated(value, target.lineno)
            if any(isinstance(part, ast.Starred) for part in targets) or len(items) != len(targets):
                raise NotUnderstood(f"{len(items)} values are assigned to {len(targets)} names", target.lineno)
            for part, item in zip(targets, items, strict=True):
                assign(reader, part, item, scope)
        case ast.Attribute(value=owner, attr=name):
            held = evaluate(reader, owner, scope)
            if isinstance(held, Instance):
                held.attributes[name] = value
                _kept(value, name)
            elif name == "trainable" and isinstance(held, Stock):
                held.layer.trainable = value is not False
            else:
                raise NotUnderstood(f"the attribute {name!r:.60} of something is changed", target.lineno)
        case ast.Subscript(value=owner, slice=place):
            held, key = evaluate(reader, owner, scope), evaluate(reader, place, scope)
            if not isinstance(held, (list, dict)):
                raise NotUnderstood(f"{type(held).__name__}[...] is changed", target.lineno)
            plainly(lambda: held.__setitem__(key, value), target.lineno)
        case _:
            raise NotUnderstood(f"an assignment to a {type(target).__name__} is not known here", target.lineno)


def _called(reader: Reading, value: Any, name: str) -> None:
    """A name of the text for a tensor or a layer."""
    if isinstance(value, Tensor) and value.home is reader.home:
        if value.ref not in value.home.specs:
            value.home.called[value.ref] = name
        elif value.ref in value.home.unnamed:
            value.home.unnamed.discard(value.ref)
            value.home.rename(value, name)
        else:
            value.home.called[value.ref] = name
            value.home.called_on[value.ref] = value.home.line
    elif isinstance(value, (Stock, Instance, NetModel)):
        _kept(value, name)


def _kept(value: Any, name: str) -> None:
    """A layer, or each of several, takes the name that it is kept under, unless it has one already."""
    if isinstance(value, Stock) and not value.named and value.home is None:
        value.layer.name, value.named = name, True
    elif isinstance(value, (Instance, NetModel)) and not value.named:
        value.name, value.named = name, True
    elif isinstance(value, Held) and not value.stored.name:
        value.stored.name = name
        value.stored.path = f"{value.stored.path.rpartition('/')[0]}/{name}"
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _kept(item, f"{name}_{index}")


def _assigned(reader: Reading, node: ast.Assign, scope: Scope) -> None:
    value = evaluate(reader, node.value, scope)
    for target in node.targets:
        assign(reader, target, value, scope)


def _annotated(reader: Reading, node: ast.AnnAssign, scope: Scope) -> None:
    if node.value is not None:
        assign(reader, node.target, evaluate(reader, node.value, scope), scope)


def _augmented(reader: Reading, node: ast.AugAssign, scope: Scope) -> None:
    assert isinstance(node.target, (ast.Name, ast.Attribute, ast.Subscript))
    before = ast.copy_location(_loaded(node.target), node.target)
    one, other = evaluate(reader, before, scope), evaluate(reader, node.value, scope)
    if isinstance(one, list) and isinstance(node.op, ast.Add):
        one.extend(iterated(other, node.lineno))
        return
    assign(reader, node.target, binary(reader, type(node.op), one, other, node.lineno), scope)


def _loaded(target: ast.expr) -> ast.expr:
    copied: ast.expr = ast.parse(ast.unparse(target), mode="eval").body
    return ast.fix_missing_locations(ast.copy_location(copied, target))


def _for(reader: Reading, node: ast.For, scope: Scope) -> None:
    for item in iterated(evaluate(reader, node.iter, scope), node.lineno):
        assign(reader, node.target, item, scope)
        try:
            execute(reader, node.body, scope)
        except _Continued:
            continue
        except _Broken:
            return
    execute(reader, node.orelse, scope)


def _while(reader: Reading, node: ast.While, scope: Scope) -> None:
    while truth(evaluate(reader, node.test, scope), node.lineno):
        reader.step(node)
        try:
            execute(reader, node.body, scope)
        except _Continued:
            continue
        except _Broken:
            return


def _if(reader: Reading, node: ast.If, scope: Scope) -> None:
    if ast.unparse(node.test) in ("__name__ == '__main__'", "'__main__' == __name__"):
        execute(reader, node.body, scope)
        return
    chosen = node.body if truth(evaluate(reader, node.test, scope), node.lineno) else node.orelse
    execute(reader, chosen, scope)


def _function(reader: Reading, node: ast.FunctionDef, scope: Scope) -> None:
    scope.names[node.name] = Function(node, scope, reader.defaults(node.args, scope))


def _class(reader: Reading, node: ast.ClassDef, scope: Scope) -> None:
    bases = tuple(evaluate(reader, base, scope) for base in node.bases)
    kinds = ("keras.layers.Layer", "keras.Layer", "keras.Model", "keras.Sequential")
    if not bases or not all(
        isinstance(base, Class) or (isinstance(base, Symbol) and base.path in kinds) for base in bases
    ):
        raise NotUnderstood("a class of something else than keras.layers.Layer or keras.Model", node.lineno)
    inner = Scope(around=scope)
    made = Class(node, scope, bases, {}, {})
    for statement in node.body:
        if isinstance(statement, ast.FunctionDef):
            made.methods[statement.name] = Function(statement, scope, reader.defaults(statement.args, scope))
        elif not isinstance(statement, ast.Expr):
            execute(reader, [statement], inner)
    made.constants.update(inner.names)
    scope.names[node.name] = made


def _return(reader: Reading, node: ast.Return, scope: Scope) -> None:
    raise Returned(None if node.value is None else evaluate(reader, node.value, scope))


def _import(reader: Reading, node: ast.Import, scope: Scope) -> None:
    for alias in node.names:
        name = alias.asname or alias.name.partition(".")[0]
        path = alias.name if alias.asname else name
        known = alias.name.partition(".")[0] in LIBRARIES
        scope.names[name] = Symbol(full_name(path)) if known else Unknown(f"the library {alias.name} is not known here")


def _import_from(reader: Reading, node: ast.ImportFrom, scope: Scope) -> None:
    names = [each for alias in node.names for each in _all_names(node, alias)]
    for alias in names:
        path = f"{node.module}.{alias.name}"
        known = (node.module or "").partition(".")[0] in LIBRARIES and not node.level
        value = Symbol(full_name(path)) if known else Unknown(f"{path} is not known here")
        scope.names[alias.asname or alias.name] = value


def _all_names(node: ast.ImportFrom, alias: ast.alias) -> list[ast.alias]:
    """What an import brings; of `*`, the names of Keras's module that there are entries for."""
    if alias.name != "*":
        return [alias]
    return [ast.alias(name) for name in names_of_module(full_name(node.module or ""))]


def _with(reader: Reading, node: ast.With, scope: Scope) -> None:
    for item in node.items:
        if not ast.unparse(item.context_expr).partition("(")[0].endswith(("name_scope", ".scope", "device")):
            raise NotUnderstood(f"with {ast.unparse(item.context_expr)!s:.60} is not known here", node.lineno)
    execute(reader, node.body, scope)


def _raised(kind: type[Exception]) -> Any:
    def ended(reader: Reading, node: ast.stmt, scope: Scope) -> None:
        raise kind

    return ended


def _raise(reader: Reading, node: ast.Raise, scope: Scope) -> None:
    raise NotUnderstood("an error is raised here", node.lineno)


_EXECUTED: dict[type, Any] = {
    ast.Assign: _assigned,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.Expr: lambda reader, node, scope: evaluate(reader, node.value, scope),
    ast.For: _for,
    ast.While: _while,
    ast.If: _if,
    ast.FunctionDef: _function,
    ast.ClassDef: _class,
    ast.Return: _return,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.With: _with,
    ast.Assert: lambda reader, node, scope: None,
    ast.Pass: lambda reader, node, scope: None,
    ast.Break: _raised(_Broken),
    ast.Continue: _raised(_Continued),
    ast.Raise: _raise,
}
_SIMPLE = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr, ast.Return)
