"""Where an expression may be broken into lines: the rules of `ruff format`, for what emitted code holds.

Brackets are broken wherever they stand; operators, and chains of calls, only inside of brackets.
tests/emit/test_text.py holds broken lines against ruff itself.
"""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from collections.abc import Sequence
from typing import NamedTuple

from equivalence.emit.page_breaks import Break, Group, IfBroken, Indent, Part, Parts, printed

_OPERATORS: dict[type[ast.AST], tuple[str, int]] = {
    ast.Or: ("or", 1), ast.And: ("and", 2),
    ast.BitOr: ("|", 5), ast.BitXor: ("^", 6), ast.BitAnd: ("&", 7), ast.LShift: ("<<", 8), ast.RShift: (">>", 8),
    ast.Add: ("+", 9), ast.Sub: ("-", 9), ast.Mult: ("*", 10), ast.Div: ("/", 10), ast.FloorDiv: ("//", 10),
    ast.Mod: ("%", 10), ast.MatMult: ("@", 10), ast.Pow: ("**", 12),
}  # fmt: skip
_COMPARISONS: dict[type[ast.AST], str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Is: "is",
    ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip
_UNARY: dict[type[ast.AST], str] = {ast.USub: "-", ast.UAdd: "+", ast.Invert: "~", ast.Not: "not "}
CONDITIONAL, NOT, COMPARISON, SIGN, POWER, ATOM = 0, 3, 4, 11, 12, 20


class Operator(NamedTuple):
    """An operator between two operands."""

    symbol: str
    binding: int


class Operand(NamedTuple):
    """An operand, in brackets where it binds less than its operator."""

    node: ast.expr
    parenthesised: bool


def binding(node: ast.expr) -> int:
    """How tightly an expression binds; what binds less than its place asks for stands in brackets."""
    match node:
        case ast.BinOp() | ast.BoolOp():
            return _OPERATORS[type(node.op)][1]
        case ast.Compare():
            return COMPARISON
        case ast.UnaryOp():
            return NOT if isinstance(node.op, ast.Not) else SIGN
        case ast.IfExp() | ast.Lambda():
            return CONDITIONAL
    return ATOM


def operation(node: ast.expr) -> list[Operand | Operator]:
    """Operands and operators of a nest of operations, in order; an operation in brackets is an operand."""
    match node:
        case ast.BinOp():
            own = Operator(*_OPERATORS[type(node.op)])
            left, right = (own.binding + 1, SIGN) if own.binding == POWER else (own.binding, own.binding + 1)
            return [*_side(node.left, left), own, *_side(node.right, right)]
        case ast.BoolOp():
            own = Operator(*_OPERATORS[type(node.op)])
            made = _side(node.values[0], own.binding + 1)
            for value in node.values[1:]:
                made += [own, *_side(value, own.binding + 1)]
            return made
        case ast.Compare():
            made = _side(node.left, COMPARISON + 1)
            for symbol, value in zip(node.ops, node.comparators, strict=True):
                made += [Operator(_COMPARISONS[type(symbol)], COMPARISON), *_side(value, COMPARISON + 1)]
            return made
    return [Operand(node, False)]


def _side(node: ast.expr, least: int) -> list[Operand | Operator]:
    return [Operand(node, True)] if binding(node) < least else operation(node)


def flat(node: ast.expr) -> str:
    """An expression on one line."""
    return printed([Group(bracketed(node))], 0, 0, sys.maxsize)


def inline(node: ast.expr) -> Parts:
    """An expression outside of brackets: nothing but its own brackets can be broken."""
    return _Layout(in_brackets=False).parts(node)


def bracketed(node: ast.expr) -> Parts:
    """An expression inside of brackets: its operators, and its chain of calls, can be broken too."""
    return _Layout(in_brackets=True).parts(node)


def is_chain(node: ast.expr) -> bool:
    """Whether it is of at least two attributes of calls, and so broken before each: `x.flip(1).mT.flatten(2)`."""
    count = 0
    while binding(node) == ATOM:
        match node:
            case ast.Attribute():
                node = node.value
                count += isinstance(node, (ast.Call, ast.Subscript)) or binding(node) < ATOM
            case ast.Call():
                node = node.func
            case ast.Subscript():
                node = node.value
            case _:
                break
    return count >= 2


class _Layout:
    def __init__(self, in_brackets: bool) -> None:
        self.in_brackets = in_brackets

    def parts(self, node: ast.expr, chained: bool = False) -> list[Part]:
        """`chained`: it is the inside of a chain of calls."""
        match node:
            case ast.BinOp() | ast.BoolOp() | ast.Compare():
                return self._group(self._operation(operation(node)))
            case ast.UnaryOp():
                least = NOT if isinstance(node.op, ast.Not) else POWER + 1
                return [_UNARY[type(node.op)], *self._at_least(node.operand, least)]
            case ast.IfExp():
                taken, test = self._at_least(node.body, 1), self._at_least(node.test, 1)
                otherwise = self.parts(node.orelse)
                return self._group([*taken, self._break(), "if ", *test, self._break(), "else ", *otherwise])
            case ast.Starred():
                return ["*", *self.parts(node.value)]
            case ast.Tuple() if len(node.elts) == 1:
                return self._brackets("(", [*bracketed(node.elts[0]), ","], ")")
            case ast.Tuple():
                return self._brackets("(", _listed([bracketed(item) for item in node.elts]), ")")
            case ast.List():
                return self._brackets("[", _listed([bracketed(item) for item in node.elts]), "]")
            case ast.Dict() if None not in node.keys:
                rows = zip(node.keys, node.values, strict=True)
                return self._brackets("{", _listed([[flat(k), ": ", *bracketed(v)] for k, v in rows if k]), "}")
            case ast.Attribute() | ast.Call() | ast.Subscript():
                made = self._link(node, chained or is_chain(node))
                return made if chained or not is_chain(node) else self._group(made)
        return [_written(node)]

    def _link(self, node: ast.Attribute | ast.Call | ast.Subscript, chained: bool) -> list[Part]:
        """An attribute, a call or an index, and what it is of."""
        of = node.func if isinstance(node, ast.Call) else node.value
        number = isinstance(of, ast.Constant) and isinstance(of.value, (int, float))
        made = self._parenthesised(of) if binding(of) < ATOM or number else self.parts(of, chained)
        match node:
            case ast.Call():
                return made + self._arguments(node)
            case ast.Subscript():
                return made + self._brackets("[", _index(node.slice), "]")
        broken = chained and (binding(of) < ATOM or isinstance(of, (ast.Call, ast.Subscript)))
        return [*made, *([self._break("")] if broken else []), f".{node.attr}"]

    def _arguments(self, node: ast.Call) -> list[Part]:
        if len(node.args) == 1 and not node.keywords and isinstance(node.args[0], ast.GeneratorExp):
            return [_written(node.args[0])]
        items = [bracketed(item) for item in node.args]
        items += [["**" if item.arg is None else f"{item.arg}=", *bracketed(item.value)] for item in node.keywords]
        return self._brackets("(", [Group(_listed(items))] if items else [], ")")

    def _operation(self, pieces: Sequence[Operand | Operator]) -> list[Part]:
        """Operands and operators, broken before the operators that bind the least."""
        if isinstance(pieces[0], Operand) and len(pieces) == 1:
            node, parenthesised = pieces[0]
            return self._parenthesised(node) if parenthesised else self.parts(node)
        least = min(piece.binding for piece in pieces if isinstance(piece, Operator))
        made: list[Part] = []
        start = 0
        for position, piece in enumerate(pieces):
            if isinstance(piece, Operator) and piece.binding == least:
                left = self._operation(pieces[start:position])
                hugged = piece.symbol == "**" and _is_simple(pieces[position - 1]) and _is_simple(pieces[position + 1])
                made += left if position - start == 1 else self._group(left)
                made += [self._break("" if hugged else " "), piece.symbol, IfBroken(" ") if hugged else " "]
                start = position + 1
        return made + self._group(self._operation(pieces[start:]))

    def _at_least(self, node: ast.expr, least: int) -> list[Part]:
        return self._parenthesised(node) if binding(node) < least else self.parts(node)

    def _parenthesised(self, node: ast.expr) -> list[Part]:
        return self._brackets("(", bracketed(node), ")")

    def _brackets(self, opening: str, inner: Parts, closing: str) -> list[Part]:
        if not inner:
            return [opening + closing]
        return [Group([opening, Indent([Break(), *inner]), Break(), closing], inside=not self.in_brackets)]

    def _group(self, parts: list[Part]) -> list[Part]:
        return [Group(parts)] if self.in_brackets else parts

    def _break(self, flat: str = " ") -> Part:
        return Break(flat) if self.in_brackets else flat


def _listed(items: Sequence[Parts]) -> list[Part]:
    """Items behind one another, a comma behind the last of several where they are broken."""
    made: list[Part] = []
    for item in items:
        made += [",", Break(" "), *item] if made else item
    return [*made, IfBroken(",")] if len(items) > 1 else made


def _index(node: ast.expr) -> list[Part]:
    if isinstance(node, ast.Tuple) and len(node.elts) > 1:
        return [Group(_listed([_slice(item) for item in node.elts]))]
    return [*_slice(node)]


def _slice(node: ast.expr) -> Parts:
    if not isinstance(node, ast.Slice):
        return bracketed(node)
    ends = [node.lower, node.upper, *([node.step] if node.step else [])]
    if all(isinstance(_without_sign(end), (ast.Name, ast.Constant, type(None))) for end in ends):
        return [":".join("" if end is None else flat(end) for end in ends)]
    made: list[Part] = []
    for position, end in enumerate(ends):
        before = " " if position and ends[position - 1] is not None else ""
        after = " " if position and end is not None else ""
        made += [f"{before}:{after}" if position else "", *([] if end is None else bracketed(end))]
    return made


def _is_simple(piece: Operand | Operator) -> bool:
    """Whether a power hugs it: a name, a number, an attribute of a name."""
    if isinstance(piece, Operator) or piece.parenthesised:
        return False
    node = _without_sign(piece.node)
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, (ast.Name, ast.Constant))


def _without_sign(node: ast.expr | None) -> ast.expr | None:
    return node.operand if isinstance(node, ast.UnaryOp) else node


def _written(node: ast.expr) -> str:
    text = double_quoted(ast.unparse(node))
    return text.replace("e+", "e") if isinstance(node, ast.Constant) and isinstance(node.value, float) else text


def double_quoted(source: str) -> str:
    """`source` with its strings in double quotes wherever that needs no more escapes."""
    if "'" not in source:
        return source
    made, column = [], 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        kind, quote, body = token.string.partition("'")
        if token.type == tokenize.STRING and quote and '"' not in kind and body.count('"') <= body.count("\\'"):
            text = body[:-1].replace("\\'", "'").replace('"', '\\"')
            made.append(f'{source[column : token.start[1]]}{kind}"{text}"')
            column = token.end[1]
    return "".join(made) + source[column:]
