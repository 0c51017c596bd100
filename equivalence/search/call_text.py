"""A call as text, `Conv2D(32, 3, padding="same")`: parsed, never evaluated."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from equivalence.translation.torch_calls import without_own

if TYPE_CHECKING:
    from equivalence.schema import Argument, Entry

_LONGEST = 2000  # characters; nothing a person types is longer, and ast recurses


class Call(NamedTuple):
    """A dotted name and the source texts of what it is called with."""

    name: str
    positional: tuple[str, ...]
    keywords: tuple[tuple[str, str], ...]  # ("**", text) for an unpacked mapping


class Bound(NamedTuple):
    """One argument of a call, and the argument of the entry it means (None where there is none)."""

    given: str  # the source text of its value
    name: str  # as the call names it, or "#2" where its place alone is known
    argument: Argument | None


def parse(text: str) -> Call | None:
    """The call that `text` is (as a statement `x = Conv2D(32, 3)(x)` too), or None."""
    node = called_node(text)
    if node is None:
        return None
    return Call(
        ast.unparse(node.func),
        tuple(ast.unparse(value) for value in node.args),
        tuple((keyword.arg or "**", ast.unparse(keyword.value)) for keyword in node.keywords),
    )


def called_node(text: str) -> ast.Call | None:
    """As `parse`, the call as a syntax tree."""
    if len(text) > _LONGEST:
        return None
    try:
        return _called(ast.parse(text.strip()).body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def called_with(text: str) -> list[ast.keyword]:
    """What the layer that is made in `text` is called with by name: the `mask=m` of `GRU(3)(x, mask=m)`."""
    inner = called_node(text)
    nodes = ast.walk(ast.parse(text.strip())) if inner else ()
    for node in nodes:
        if isinstance(node, ast.Call) and inner and ast.dump(node.func) == ast.dump(inner):
            return node.keywords
    return []


def _called(body: list[ast.stmt]) -> ast.Call | None:
    """The innermost call of a single statement: of `Conv2D(32, 3)(x)` and of `model.add(Conv2D(32, 3))` the
    `Conv2D(32, 3)`."""
    if len(body) != 1 or not isinstance(body[0], (ast.Expr, ast.Assign)):
        return None
    node = body[0].value
    node = added(node) or node
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Call):
        node = node.func
    node = without_own(node)
    return node if isinstance(node, ast.Call) and isinstance(node.func, (ast.Name, ast.Attribute)) else None


def added(node: ast.expr) -> ast.expr | None:
    """What `model.add(...)` adds, where that is the call of a class."""
    match node:
        case ast.Call(ast.Attribute(_, "add"), [ast.Call(ast.Name(name) | ast.Attribute(_, name)) as layer], []):
            return layer if name[:1].isupper() else None
    return None


def in_torch(call: Call, entry: Entry) -> bool:
    """Whether a call that found an entry is one of torch's."""
    module, _, short = call.name.rpartition(".")
    torch = {name.rpartition(".")[2] for name in entry.torch}
    return short in torch and (short != entry.name or module.partition(".")[0] in ("torch", "nn", "F"))


def bind(call: Call, entry: Entry, by_torch: bool) -> list[Bound]:
    """The call's arguments against the entry's.

    Keras arguments are bound by place and by name. A torch call's are bound by name alone: the
    places of torch's arguments are not part of an entry.
    """
    bound = []
    for place, given in enumerate(call.positional):
        argument = None if by_torch or place >= len(entry.arguments) else entry.arguments[place]
        bound.append(Bound(given, argument.keras if argument else f"#{place + 1}", argument))
    for name, given in call.keywords:
        argument = entry.argument(name)
        if by_torch:
            argument = next((a for a in entry.arguments if a.torch == name), None)
        bound.append(Bound(given, name, argument))
    return bound
