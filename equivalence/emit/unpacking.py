"""What gives several tensors is taken apart where it is made: `y, (h, c) = self.lstm(x)`, not `x[1][0]`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from equivalence.emit.draft import ForwardDraft
from equivalence.emit.tree_rewriting import rewritten
from equivalence.translation.call_site import Value
from equivalence.translation.structure import leaves_of

#: Which member of a nested tuple.
Path = tuple[int, ...]


def unpack(forward: ForwardDraft) -> None:
    """Gives the members of a tuple variables of their own, where more is used than one of its own members.

    Nothing is unpacked that anything is done with but taking members of it.
    """
    needed = forward.needed()
    returned = {value.token for value in leaves_of(Value, forward.returned)}
    values = [value for value in forward.values if value.parts is not None]
    wholes = {value.token: value for value in values if value.token not in returned and not value.taps}
    asked: dict[str, dict[Path, str]] = {}  # of each whole, which members, and a name for them
    in_use: dict[str, set[Path]] = {}
    for value in forward.values:
        for token, path in _members(forward.trees[value.token], wholes):
            if path is None:
                wholes.pop(token)
                continue
            asked.setdefault(token, {}).setdefault(path, value.hint)
            if value.token in needed:
                in_use.setdefault(token, set()).add(path)
    for token, whole in wholes.items():
        used = in_use.get(token, set())
        if len(used) > 1 or any(len(path) > 1 for path in used):
            _take_apart(forward, whole, asked[token])


def _members(tree: ast.expr, wholes: dict[str, Value]) -> Iterator[tuple[str, Path | None]]:
    """The members of wholes that an expression asks for, down to tensors; None for one that it takes as it is."""
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Name) and node.id in wholes:
            yield node.id, None
        elif (found := _member(node, wholes)) is not None:
            yield found
        else:
            pending += ast.iter_child_nodes(node)


def _member(node: ast.AST, wholes: dict[str, Value]) -> tuple[str, Path] | None:
    """The whole and the path of `whole[1][0]`, if that is a tensor."""
    indices: list[int] = []
    while (
        isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, int)
    ):
        indices.insert(0, node.slice.value)
        node = node.value
    if not indices or not isinstance(node, ast.Name) or node.id not in wholes:
        return None
    part: Any = wholes[node.id].parts
    for index in indices:
        if not isinstance(part, list) or not 0 <= index < len(part):
            return None
        part = part[index]
    return (node.id, tuple(indices)) if isinstance(part, tuple) else None


def _take_apart(forward: ForwardDraft, whole: Value, asked: dict[Path, str]) -> None:
    """Makes values of the members, which the statement of the whole gives, and has them stand where they are asked."""
    held = [*(value for _, value, _ in forward.inputs), *(mask for _, mask in forward.masks)]
    known = [*held, *forward.values, *leaves_of(Value, list(forward.unpacked.values()))]
    number = max(int(value.token[2:-1]) for value in known)
    members = {
        path: Value(f"_v{number + 1 + index}_", "", whole.order, (), hint=whole.hint if path == (0,) else hint)
        for index, (path, hint) in enumerate(asked.items())
    }
    forward.unpacked[whole.token] = _pattern(whole.parts, (), members)
    wholes = {whole.token: whole}
    of_one = {member.token for path, member in members.items() if _part(whole.parts, path)[:1] == (1,)}
    only: dict[str, str] = {}  # token of what is the only element of a member -> the member

    def change(node: ast.AST) -> ast.AST | None:
        if (found := _member(node, wholes)) is not None:
            return ast.Name(members[found[1]].token, ast.Load())
        match node:
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=None)) if name in only:
                return ast.Name(only[name], ast.Load())  # the states of torch's layers: h[0][None] is h
        return None

    for value in forward.values:
        tree = forward.trees[value.token] = rewritten(forward.trees[value.token], change)
        match tree:
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=0)) if name in of_one:
                only[value.token] = name


def _pattern(parts: Any, path: Path, members: dict[Path, Value]) -> Any:
    if not isinstance(parts, list):
        return members.get(path)
    return [_pattern(part, (*path, index), members) for index, part in enumerate(parts)]


def _part(parts: Any, path: Path) -> Any:
    for index in path:
        parts = parts[index]
    return parts
