"""Lines of source: indentation, and statements broken where they are too long, as `ruff format` breaks them."""

from __future__ import annotations

import ast

from equivalence.emit.expression_layout import (
    ATOM,
    POWER,
    Operand,
    Operator,
    binding,
    bracketed,
    flat,
    inline,
    is_chain,
    operation,
)
from equivalence.emit.page_breaks import Break, Group, Indent, fits, printed

WIDTH = 100  # of a line of emitted source


def indented(line: str, levels: int) -> str:
    """`line` (which may hold several) moved right by `levels` times four columns."""
    return "\n".join(f"{'    ' * levels}{part}" if part else part for part in line.split("\n"))


def assignment(name: str, expression: str, columns: int = 8) -> str:
    """The statement `name = expression`, broken where it is too long; `columns`: by how much it will be indented."""
    return wrapped(f"{name} = ", expression, columns)


def wrapped(prefix: str, expression: str, columns: int = 8) -> str:
    """`prefix` and `expression` on one line, or on as many as `ruff format` makes of them."""
    return broken(prefix, ast.parse(expression, mode="eval").body, columns)


def broken(prefix: str, node: ast.expr, columns: int) -> str:
    """As `wrapped`, of a syntax tree."""
    width, column = WIDTH - columns, len(prefix)
    line = prefix + flat(node)
    if len(line) <= width:
        return line
    in_its_own = prefix + printed(inline(node), column, 0, width)
    put_round = Group(["(", Indent([Break(), *bracketed(node)]), Break(), ")"])
    in_brackets = prefix + printed([put_round], column, 0, width)
    if _has_brackets_of_its_own(node):
        first, fitting = in_its_own.split("\n")[0], max(map(len, in_brackets.split("\n"))) <= width
        return in_brackets if len(first) > width and fitting else in_its_own
    if _opens_or_closes_with_brackets(node) and fits(inline(node), column, 0, width):
        return prefix + printed(inline(node), column, 0, width, flat=True)
    return in_brackets


def _has_brackets_of_its_own(node: ast.expr) -> bool:
    """Whether nothing else needs breaking: a call, a list, a name; no operation and no chain of calls."""
    match node:
        case ast.BinOp() | ast.BoolOp() | ast.Compare() | ast.IfExp():
            return False
        case ast.UnaryOp():
            return binding(node.operand) <= POWER or _has_brackets_of_its_own(node.operand)
        case ast.Call() | ast.Subscript() | ast.Attribute():
            of = node.func if isinstance(node, ast.Call) else node.value
            return not is_chain(node) and (binding(of) < ATOM or _has_brackets_of_its_own(of))
    return True


def _opens_or_closes_with_brackets(node: ast.expr) -> bool:
    """Whether brackets at its ends are tried before others are put round the whole (ruff: `can_omit_...`).

    They are where one operator binds less than all others, and what opens or closes the expression stands in brackets.
    """
    if is_chain(node) or isinstance(node, ast.IfExp):
        return False
    pieces = operation(node)
    bindings = [piece.binding for piece in pieces if isinstance(piece, Operator)]
    if bindings.count(min(bindings, default=ATOM)) > 1:
        return False
    return any(_is_in_brackets(piece) for piece in (_leftmost(pieces[0]), _behind_its_sign(pieces[-1])))


def _leftmost(piece: Operand | Operator) -> Operand | Operator:
    """What an operand begins with: `x` of `x.flip(1)[0]`."""
    while isinstance(piece, Operand) and not piece.parenthesised:
        match piece.node:
            case ast.Call():
                of = piece.node.func
            case ast.Attribute() | ast.Subscript():
                of = piece.node.value
            case _:
                break
        piece = Operand(of, binding(of) < ATOM)
    return piece


def _behind_its_sign(piece: Operand | Operator) -> Operand | Operator:
    """What an operand ends with: `f(x)` of `~f(x)`."""
    while isinstance(piece, Operand) and not piece.parenthesised and isinstance(piece.node, ast.UnaryOp):
        piece = Operand(piece.node.operand, binding(piece.node.operand) <= POWER)
    return piece


def _is_in_brackets(piece: Operand | Operator) -> bool:
    if isinstance(piece, Operator):
        return False
    match piece.node:
        case ast.Call():
            return piece.parenthesised or bool(piece.node.args or piece.node.keywords)
        case ast.Tuple() | ast.List() | ast.Dict():
            return True
    return piece.parenthesised
