"""A class of the emitted file without its numbers: what two classes share that differ in sizes or rates alone."""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from equivalence.emit.draft import ClassDraft, ForwardDraft
from equivalence.translation.call_site import Value
from equivalence.translation.structure import leaves_of, mapped

Number = int | float
#: Where a number stands: the piece of the class, and which of its numbers.
Place = tuple[str, int]
_TOKEN = re.compile(r"_v\d+_\Z")


def pieces(draft: ClassDraft) -> Iterator[tuple[str, ast.expr]]:
    """The expressions of a class that may hold numbers: those that make its modules, then those of its forwards."""
    for attribute, ctor in draft.modules.items():
        yield f"module {attribute}", ast.parse(ctor, mode="eval").body
    for forward in draft.forwards:
        for index, value in enumerate(forward.values):
            yield f"{forward.name} {index}", forward.trees[value.token]


def numbers_of(draft: ClassDraft) -> dict[Place, Number]:
    """Every number of a class, by where it stands."""
    found: dict[Place, Number] = {}
    for piece, tree in pieces(draft):
        for count, node in enumerate(_numbers(tree)):
            found[piece, count] = node.value  # type: ignore[assignment]
    return found


def skeleton(draft: ClassDraft) -> str:
    """A text that is the same for two classes if nothing but numbers tells them apart, and their own names."""
    names = _canonical_names(draft)
    parts: list[Any] = [draft.buffers, draft.held, draft.fixed, draft.modes, [*draft.paths], draft.renamed]
    for piece, tree in pieces(draft):
        parts.append((piece, ast.unparse(_without_numbers(tree, names))))
    for forward in draft.forwards:
        parts += [forward.name, forward.in_training, [_described(value, names) for value in _values(forward)]]
        parts.append(repr(mapped(lambda leaf: _described(leaf, names), forward.returned)))
    return repr(parts)


def replaced(draft: ClassDraft, texts: Mapping[Place, str], inside: Callable[[str], str]) -> ClassDraft:
    """The class with expressions in place of numbers; `inside` gives that of a forward for that of the constructor."""
    made = copy.copy(draft)
    made.modules, made.forwards = dict(draft.modules), []
    for attribute in draft.modules:
        tree = ast.parse(draft.modules[attribute], mode="eval").body
        made.modules[attribute] = ast.unparse(_with(tree, f"module {attribute}", texts))
    held = {place: inside(text) for place, text in texts.items()}
    for forward in draft.forwards:
        other = copy.copy(forward)
        other.trees = dict(forward.trees)
        for index, value in enumerate(forward.values):
            other.trees[value.token] = _with(forward.trees[value.token], f"{forward.name} {index}", held)
        made.forwards.append(other)
    return made


def _values(forward: ForwardDraft) -> list[Value]:
    members = leaves_of(Value, list(forward.unpacked.values()))
    return [*(value for _, value, _ in forward.inputs), *(mask for _, mask in forward.masks), *forward.values, *members]


def _canonical_names(draft: ClassDraft) -> dict[str, str]:
    """Names of values by their order; of the classes of its modules nothing is asked but that they are the same."""
    tokens = [value.token for forward in draft.forwards for value in _values(forward)]
    return {token: f"_v{position}_" for position, token in enumerate(dict.fromkeys(tokens))}


def _described(value: Any, names: Mapping[str, str]) -> Any:
    if not isinstance(value, Value):
        return value
    return names.get(value.token), value.order, value.dtype, value.rank, len(value.taps)


def _numbers(tree: ast.AST) -> list[ast.Constant]:
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)) and not isinstance(node.value, bool)
    ]


def _without_numbers(tree: ast.expr, names: Mapping[str, str]) -> ast.expr:
    made = copy.deepcopy(tree)
    for node in _numbers(made):
        node.value = "a whole number" if isinstance(node.value, int) else "a number"
    for name in [node for node in ast.walk(made) if isinstance(node, ast.Name)]:
        name.id = names.get(name.id, name.id)
    return made


def _with(tree: ast.expr, piece: str, texts: Mapping[Place, str]) -> ast.expr:
    made = copy.deepcopy(tree)
    wanted = {
        id(node): ast.parse(texts[piece, count], mode="eval").body
        for count, node in enumerate(_numbers(made))
        if (piece, count) in texts
    }

    class _Exchange(ast.NodeTransformer):
        def visit_Constant(self, node: ast.Constant) -> ast.expr:
            return wanted.get(id(node), node)

    exchanged: ast.expr = _Exchange().visit(made)
    return exchanged
