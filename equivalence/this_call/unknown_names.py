"""Sizes that a call does not state, as names: what is emitted for two sizes is compared, and what moves with one of
them is written by its name."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from equivalence.emit.short_text import Short, with_trees

#: Two sizes of each axis that has a name: primes, so that a number tells which of them it comes from. A name that is a
#: negative number is a place of two lists of different length.
Sizes = Mapping[str, tuple[int, int]]


def named(first: Short, second: Short, sizes: Sizes, argument_at: Callable[[str, int], str]) -> Short | None:
    """The first form, with names for the sizes by which it differs from the second.

    `argument_at` tells what torch calls an argument: what the channels are called. None where the two differ in
    something else, or by a number that is none of the sizes.
    """
    if len(first.trees) != len(second.trees):
        return None
    trees = []
    for one, other in zip(first.trees, second.trees, strict=True):
        made = _Named(one, other, sizes, argument_at).tree()
        if made is None:
            return None
        trees.append(made)
    return with_trees(first, trees)


class _Named(ast.NodeTransformer):
    """Exchanges numbers of one tree that are others in the other."""

    def __init__(self, one: ast.stmt, other: ast.stmt, sizes: Sizes, argument_at: Callable[[str, int], str]) -> None:
        self.sizes = sizes
        self.argument_at = argument_at
        self.one = ast.parse(ast.unparse(one)).body[0]
        theirs = ast.parse(ast.unparse(other)).body[0]
        pairs = list(zip(ast.walk(self.one), ast.walk(theirs), strict=False))
        self.alike = len(list(ast.walk(self.one))) == len(list(ast.walk(theirs))) and all(
            type(a) is type(b) for a, b in pairs
        )
        self.moved = {
            id(a): (a.value, b.value)
            for a, b in pairs
            if isinstance(a, ast.Constant) and isinstance(b, ast.Constant) and a.value != b.value
        }
        self.called: dict[int, str] = {}  # by id() of a constant, what torch calls the argument that it is
        self.left = False

    def tree(self) -> ast.stmt | None:
        """The tree with names; None where it cannot be had."""
        if not self.alike:
            return None
        made: ast.stmt = self.visit(self.one)
        return None if self.left else ast.fix_missing_locations(made)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        first: dict[object, str] = {}  # what a size was called by its first place: one size has one name
        for place, each in enumerate(node.args):
            if id(each) in self.moved and isinstance(each, ast.Constant):
                name = self.argument_at(ast.unparse(node.func), place)
                self.called[id(each)] = first.setdefault(each.value, name)
        return self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if id(node) not in self.moved:
            return node
        one, other = self.moved[id(node)]
        text = self._expression(one, other, self.called.get(id(node), ""))
        if text is None:
            self.left = True
            return node
        return ast.parse(text, mode="eval").body

    def _expression(self, one: object, other: object, called: str) -> str | None:
        if not isinstance(one, int) or not isinstance(other, int):
            return None
        for name, (small, large) in self.sizes.items():
            if name == "channels":
                name = called or "in_channels"
            if (one, other) == (small, large):
                return name
            if name.startswith("-"):  # a place counted from the end, and no size
                continue
            if one % small == 0 and other % large == 0 and one // small == other // large:
                return f"{one // small} * {name}"
            for by in range(2, 65):
                if (one, other) == (small // by, large // by):
                    return f"{name} // {by}"
        return None
