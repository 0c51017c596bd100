"""Which of the torch names that an entry lists its cases write: the others are related, and said to be."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping

from equivalence.catalogue.index import fold
from equivalence.schema import Entry

#: What Python's own signs call.
_SIGNS: Mapping[type[ast.AST], tuple[str, ...]] = {
    ast.Add: ("add",), ast.Sub: ("sub",), ast.Mult: ("mul",), ast.Div: ("div", "true_divide"), ast.Pow: ("pow",),
    ast.FloorDiv: ("floor_divide",), ast.Mod: ("remainder",), ast.MatMult: ("matmul",), ast.USub: ("neg",),
    ast.BitAnd: ("bitwise_and", "logical_and"), ast.BitOr: ("bitwise_or", "logical_or"),
    ast.BitXor: ("bitwise_xor", "logical_xor"), ast.Invert: ("bitwise_not", "logical_not"),
    ast.LShift: ("bitwise_left_shift",), ast.RShift: ("bitwise_right_shift",),
    ast.Eq: ("eq",), ast.NotEq: ("ne",), ast.Lt: ("lt",), ast.LtE: ("le",), ast.Gt: ("gt",), ast.GtE: ("ge",),
}  # fmt: skip
#: How emitted files import torch's parts.
_SHORT = (("torch.nn.functional", "F"), ("torch.nn", "nn"))


def names_not_as_stated(entry: Entry, texts: Iterable[str]) -> Iterator[str]:
    """A sentence for each name of `Entry.torch` that no text writes, and for each related one that one does."""
    found = set().union(*map(_written, texts))
    for name in entry.torch:
        related = name in entry.related
        if related == _occurs(name, found, own=not related):
            stated = "is said to be related, and a case writes it" if related else "is in no case's text"
            yield f"{entry.keras}: {name} {stated}"
    yield from (
        f"{entry.keras}: {name} is related, and not among its names" for name in {*entry.related} - {*entry.torch}
    )


def _occurs(name: str, found: set[str], own: bool) -> bool:
    """Whether a name is written: as it is imported, as a method of a tensor, by a sign of Python's.

    A module and a function whose names differ in case and underscores alone are one thing. With `own`, what the
    port calls a module of its own counts too, which may be like a name of torch's.
    """
    last = name.rpartition(".")[2]
    for full, short in _SHORT:
        if name.startswith(f"{full}.") or name == full:
            name = short + name.removeprefix(full)
    return name in found or f".{fold(last)}" in found or (own and f"self.{fold(last)}" in found)


def _written(text: str) -> set[str]:
    """Dotted names in a text, `.name` folded for what each ends in, and for what its signs call."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute):
            own = isinstance(node.value, ast.Name) and node.value.id == "self"
            found |= {ast.unparse(node), f"{'self' * own}.{fold(node.attr)}"}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, (ast.Name, ast.FunctionDef)):
            found |= {node.id} if isinstance(node, ast.Name) else {f".{fold(node.name)}"}
        elif isinstance(node, ast.Subscript):
            found.add(f".{fold('__setitem__' if isinstance(node.ctx, ast.Store) else '__getitem__')}")
        else:
            found |= {f".{fold(name)}" for name in _SIGNS.get(type(node), ())}
    return found
