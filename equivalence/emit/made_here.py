"""Tensors that a forward makes of nothing: they belong where its inputs are."""

from __future__ import annotations

import ast

FACTORIES = ("arange", "empty", "eye", "full", "linspace", "logspace", "ones", "rand", "randint", "randn", "zeros")


def placed_with(expr: str, tensor: str) -> str:
    """The expression with every factory of torch's in it told the device of `tensor`."""
    tree = ast.parse(expr, mode="eval")
    changed = False
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _is_factory(node.func):
            node.keywords.append(ast.keyword("device", ast.parse(f"{tensor}.device", mode="eval").body))
            changed = True
    return ast.unparse(tree) if changed else expr


def _is_factory(function: ast.expr) -> bool:
    held = function.value if isinstance(function, ast.Attribute) and function.attr in FACTORIES else None
    return isinstance(held, ast.Name) and held.id == "torch"
