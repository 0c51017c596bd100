"""Changed copies of syntax trees: what does not change is shared, and nothing is changed in place."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

Tree = TypeVar("Tree", bound=ast.AST)
_TOKEN = re.compile(r"_v\d+_\Z")


def rewritten(tree: Tree, change: Callable[[ast.AST], ast.AST | None]) -> Tree:
    """`tree` with every node that `change` gives another for replaced by that; what it returns is not looked into.

    The same tree where nothing changes.
    """
    made = change(tree)
    if made is not None:
        return made  # type: ignore[return-value]  # an expression for an expression, a statement for a statement
    fields, changed = {}, False
    for name in tree._fields:
        old = new = getattr(tree, name, None)
        if isinstance(old, ast.AST):
            new = rewritten(old, change)
        elif isinstance(old, list):
            items = [rewritten(item, change) if isinstance(item, ast.AST) else item for item in old]
            new = items if any(item is not other for item, other in zip(items, old, strict=True)) else old
        changed |= new is not old
        fields[name] = new
    return ast.copy_location(type(tree)(**fields), tree) if changed else tree


def inlined(tree: ast.expr, replacements: Mapping[str, ast.expr]) -> ast.expr:
    """`tree` with names replaced by the expressions that stand for them."""
    if not replacements:
        return tree
    return rewritten(tree, lambda node: replacements.get(node.id) if isinstance(node, ast.Name) else None)


def literal_of(tree: ast.expr) -> Any:
    """The number, flag or tuple that an expression states; None where it computes one."""
    try:
        return ast.literal_eval(tree)
    except ValueError:
        return None


def used_tokens(tree: ast.AST) -> list[str]:
    """Tokens of values in an expression, in order, repeated as often as they occur."""
    return [name for name in _names(tree) if _TOKEN.match(name)]


def _names(tree: ast.AST) -> Iterator[str]:
    if isinstance(tree, ast.Name):
        yield tree.id
        return
    for field in tree._fields:
        held = getattr(tree, field, None)
        if isinstance(held, ast.AST):
            yield from _names(held)
        elif isinstance(held, list):
            for item in held:
                if isinstance(item, ast.AST):
                    yield from _names(item)


def without_taps(tree: Tree) -> Tree:
    """`tree` with every `tap(self, forward, layer, node, index, value)` replaced by its value."""

    def untapped(node: ast.AST) -> ast.AST | None:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "tap":
            return rewritten(node.args[-1], untapped)
        return None

    return rewritten(tree, untapped)
