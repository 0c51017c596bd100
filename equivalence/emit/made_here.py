"""Tensors that a forward makes of nothing: they belong where its inputs are."""

from __future__ import annotations

import ast

FACTORIES = ("arange", "empty", "eye", "full", "linspace", "logspace", "ones", "rand", "randint", "randn", "zeros")


def placed_with(expr: str, tensor: str) -> str:
    """The expression with every factory of torch's in it told the device of `tensor`."""
    tree = ast.parse(expr, mode="eval")
    changed = False
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in FACTORIES:
            if isinstance(node.func.value, ast.Name) and node.func.value.id == "torch":
                if not any(keyword.arg == "device" for keyword in node.keywords):
                    device = ast.parse(f"{tensor}.device", mode="eval").body
                    node.keywords.append(ast.keyword("device", device))
                    changed = True
    return ast.unparse(tree) if changed else expr
