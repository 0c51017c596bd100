"""Keras code written in torch's own argument names, filled with what a call gives.

`keras.ops.sum(input, axis=dim, keepdims=keepdim)` says what becomes of `torch.sum(input, dim=None, keepdim=False)`.
A name stands for the argument's value, or for torch's default where the call gives none. A keyword whose value is a
name alone is left out where the call gives none: Keras's default is the same, which a test holds against both
libraries; `always(eps)` writes it out where it is another. What the given values decide (`... if padding else x`,
`1 - momentum`) is worked out; what they do not stays in the code.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Mapping
from typing import Any

from equivalence.translation.torch_calls import Bound, Signature

_NOTHING = object()


class Unknown(Exception):
    """What is written depends on an argument whose value the call does not tell."""


class Cannot(Exception):
    """Keras has nothing for this call of a name that it has otherwise; the text says why, and what to do."""


class Given:
    """What a call gives, for a function that chooses a template by it."""

    def __init__(self, stated: Signature, bound: Bound) -> None:
        self._bound = bound
        self._defaults = {each.name: each.default for each in stated.all}

    def __contains__(self, name: str) -> bool:
        return name in self._bound

    def value(self, name: str) -> Any:
        """The value of an argument, torch's default where it is not given. Raises Unknown unless it is a literal."""
        node = self._bound.get(name, self._defaults[name])
        found = _literal(node) if node is not None else _NOTHING
        if found is _NOTHING:
            raise Unknown(name)
        return found

    def has(self, name: str) -> bool:
        """Whether the signature has such an argument."""
        return name in self._defaults

    def is_none(self, name: str) -> bool:
        """Whether an argument is None, given or by default; a name that is given is not."""
        return self.of(name, ...) is None

    def node(self, name: str) -> ast.expr | None:
        """The syntax tree of what is given, or None."""
        return self._bound.get(name)

    def of(self, name: str, otherwise: Any = None) -> Any:
        """As `value`; `otherwise` where it is no literal."""
        try:
            return self.value(name)
        except Unknown:
            return otherwise


Template = str | Callable[[Given], str]


def chosen(template: Template, stated: Signature, bound: Bound) -> str:
    """The template of a call. Raises Unknown where a function cannot choose, Cannot where there is none."""
    return template if isinstance(template, str) else template(Given(stated, bound))


def filled(text: str, stated: Signature, bound: Bound) -> str:
    """The Keras code of a call, as one expression, by a template."""
    defaults = {each.name: each.default for each in stated.all if each.default is not None}
    tree = ast.parse(text, mode="eval").body
    tree = _Filled(bound, defaults).visit(tree)
    return ast.unparse(ast.fix_missing_locations(_Folded().visit(tree)))


class _Filled(ast.NodeTransformer):
    def __init__(self, bound: Mapping[str, ast.expr], defaults: Mapping[str, ast.expr]) -> None:
        self.bound, self.defaults = bound, defaults

    def visit_Name(self, node: ast.Name) -> ast.expr:
        found = self.bound.get(node.id, self.defaults.get(node.id))
        return node if found is None else copy.deepcopy(found)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if isinstance(node.func, ast.Name) and node.func.id == "always":
            visited: ast.expr = self.visit(node.args[0])
            return visited
        kept = [each for each in node.keywords if not self._left_out(each.value)]
        own = isinstance(node.func, ast.Name) and node.func.id not in self.bound  # a function of the code, no argument
        function = node.func if own else self.visit(node.func)
        keywords = [ast.keyword(each.arg, self.visit(each.value)) for each in kept]
        return ast.Call(function, [self.visit(each) for each in node.args], keywords)

    def _left_out(self, value: ast.expr) -> bool:
        if isinstance(value, ast.IfExp):
            decided = _literal(_Folded().visit(self.visit(copy.deepcopy(value.test))))
            return decided is not _NOTHING and self._left_out(value.body if decided else value.orelse)
        return isinstance(value, ast.Name) and value.id not in self.bound and value.id in self.defaults


class _Folded(ast.NodeTransformer):
    """Works out what literals decide."""

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        test = self.visit(node.test)
        decided = _literal(test)
        if decided is _NOTHING:
            return ast.IfExp(test, self.visit(node.body), self.visit(node.orelse))
        chosen: ast.expr = self.visit(node.body if decided else node.orelse)
        return chosen

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        values = [self.visit(each) for each in node.values]
        wanted = isinstance(node.op, ast.Or)
        left: list[ast.expr] = []
        for value in values:
            decided = _literal(value)
            if decided is _NOTHING:
                left.append(value)
            elif bool(decided) == wanted:
                left.append(value)
                break
        if not left:
            return values[-1]
        return left[0] if len(left) == 1 else ast.BoolOp(node.op, left)

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        if isinstance(node, ast.List):
            node.elts = [each for part in node.elts for each in _unpacked(part)]
        if isinstance(node, ast.Call):
            node.args = [each for part in node.args for each in _unpacked(part)]
        if isinstance(node, ast.Subscript) and isinstance(node.value, (ast.Tuple, ast.List)):
            place = _literal(node.slice)
            if isinstance(place, int) and -len(node.value.elts) <= place < len(node.value.elts):
                return node.value.elts[place]  # of what is written out, the one part
        if isinstance(node, (ast.BinOp, ast.Compare, ast.UnaryOp, ast.Subscript, ast.Call)):
            found = _worked_out(node)
            if found is not _NOTHING:
                return ast.parse(repr(found), mode="eval").body
        return node


def _unpacked(node: ast.expr) -> list[ast.expr]:
    """The parts of what is unpacked and written out, `*(a, b)`; anything else as it is."""
    written = isinstance(node, ast.Starred) and isinstance(node.value, (ast.Tuple, ast.List))
    return node.value.elts if written else [node]  # type: ignore[attr-defined]


def _literal(node: ast.AST) -> Any:
    """The value of a literal: a number, text, flag, None, or a tuple or list of these."""
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return _NOTHING


def _worked_out(node: ast.AST) -> Any:
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        return _compared(node)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Not)):
        value = _literal(node.operand)
        if value is _NOTHING:
            return _NOTHING
        return not value if isinstance(node.op, ast.Not) else _safely(lambda: -value)
    if isinstance(node, ast.BinOp):
        return _computed(node)
    if isinstance(node, ast.Subscript):
        value, index = _literal(node.value), _literal(node.slice)
        return _NOTHING if value is _NOTHING or index is _NOTHING else _safely(lambda: value[index])
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS:
        values = [_literal(each) for each in node.args]
        return _NOTHING if _NOTHING in values else _safely(lambda: _FUNCTIONS[node.func.id](*values))  # type: ignore
    return _NOTHING


#: What a template may ask of a value. They are words of templates, and never in the code that comes of them.
_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "is_tuple": lambda value: isinstance(value, (tuple, list)),
    "size": len,
    "tuple": tuple,
    "reversed": lambda value: tuple(value)[::-1],
}


def _compared(node: ast.Compare) -> Any:
    left, right = _literal(node.left), _literal(node.comparators[0])
    operator = node.ops[0]
    if isinstance(operator, (ast.Is, ast.IsNot)) and right is None:
        # an argument that is given and no literal is a value: no None
        return (left is None) == isinstance(operator, ast.Is)
    if left is _NOTHING or right is _NOTHING:
        return _NOTHING
    compare: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
        ast.Eq: lambda a, b: a == b,
        ast.NotEq: lambda a, b: a != b,
        ast.Lt: lambda a, b: a < b,
        ast.Gt: lambda a, b: a > b,
        ast.GtE: lambda a, b: a >= b,
        ast.LtE: lambda a, b: a <= b,
        ast.In: lambda a, b: a in b,
        ast.NotIn: lambda a, b: a not in b,
    }
    function = compare.get(type(operator))
    return _NOTHING if function is None else _safely(lambda: function(left, right))


def _computed(node: ast.BinOp) -> Any:
    left, right = _literal(node.left), _literal(node.right)
    if not all(isinstance(each, (int, float)) and not isinstance(each, bool) for each in (left, right)):
        joined = isinstance(node.op, ast.Add) and isinstance(left, tuple) and isinstance(right, tuple)
        return left + right if joined else _NOTHING
    whole = isinstance(left, int) and isinstance(right, int)
    number: Callable[[Any], Any] = (lambda value: value) if whole else _exact
    compute: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
        ast.Add: lambda a, b: a + b,
        ast.Sub: lambda a, b: a - b,
        ast.Mult: lambda a, b: a * b,
        ast.FloorDiv: lambda a, b: a // b,
        ast.Mod: lambda a, b: a % b,
    }
    if isinstance(node.op, ast.Div):
        return _safely(lambda: left / right)
    function = compute.get(type(node.op))
    if function is None or abs(left) > 10**9 or abs(right) > 10**9:
        return _NOTHING
    result = _safely(lambda: function(number(left), number(right)))
    return result if whole or result is _NOTHING else float(result)


def _exact(value: Any) -> Any:
    from decimal import Decimal  # which takes as long to import as this module, and few calls need it

    return Decimal(repr(value))


def _safely(compute: Callable[[], Any]) -> Any:
    try:
        return compute()
    except (TypeError, ValueError, ArithmeticError, IndexError, KeyError):
        return _NOTHING
