"""Zeros that are padded before a convolution or an average pooling become its own `padding`."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import NamedTuple

from equivalence.emit.draft import ClassDraft, ForwardDraft, uses_of
from equivalence.emit.tree_rewriting import inlined, literal_of
from equivalence.translation.python_text import literal, squeeze

#: What convolves or pools, and over how many axes: nn.Conv2d, nn.AvgPool2d, and the helper SeparableConv2d.
_TAKES_PADDING = re.compile(r"(nn\.|Separable)(Conv|AvgPool)([123])d\Z")
_POSITIONAL = {"Conv": 2, "AvgPool": 1}  # channels; the window
_OTHER_MEANINGS = {"padding", "padding_mode", "ceil_mode", "count_include_pad", "divisor_override"}


class _Padded(NamedTuple):
    """A call of a module on what was padded before."""

    user: str  # token of the value whose expression it stands in
    padded: str  # token of what it is called on
    source: ast.expr  # what that was padded from
    amounts: tuple[int, ...]  # of zeros on both sides, for each axis


def merge_paddings(draft: ClassDraft, helpers: Mapping[str, str]) -> None:
    """Has the modules of a class pad, where all calls of one are padded alike, by as many zeros on both sides.

    `helpers`: sources by name. What is padded must have no other use. An average counts the zeros, as nn.AvgPool
    does if nothing else is said; torch pads it by half a window at most.
    """
    mentions = [(forward, _mentions(forward), uses_of(forward)) for forward in draft.forwards]
    for attribute, ctor in draft.modules.items():
        made = ast.parse(ctor, mode="eval").body
        if not isinstance(made, ast.Call) or (dims := _dims(made, helpers)) is None:
            continue
        found = [_padded(forward, dims, held.get(attribute, []), uses) for forward, held, uses in mentions]
        if any(calls is None for calls in found):
            continue
        amounts = {call.amounts for calls in found for call in calls or ()}
        if len(amounts) == 1 and _fits(made, *amounts):
            draft.modules[attribute] = _with_padding(made, *amounts)
            for forward, calls in zip(draft.forwards, found, strict=True):
                for call in calls or ():
                    forward.trees[call.user] = inlined(forward.trees[call.user], {call.padded: call.source})


def _mentions(forward: ForwardDraft) -> dict[str, list[tuple[str, ast.AST]]]:
    """Where a forward names each module: the value whose expression does, and the call of it, or whatever it is."""
    found: dict[str, list[tuple[str, ast.AST]]] = {}
    for value in forward.values:
        called = set()
        for node in ast.walk(forward.trees[value.token]):
            function = node.func if isinstance(node, ast.Call) else node
            match function:
                case ast.Attribute(value=ast.Name(id="self")) if id(function) not in called:
                    called.add(id(function))  # the walk comes to a call before it comes to its function
                    found.setdefault(function.attr, []).append((value.token, node))
    return found


def _dims(made: ast.Call, helpers: Mapping[str, str]) -> int | None:
    """The axes of a module that pads nothing so far; None for any other, as a user's that has the helper's name."""
    found = _TAKES_PADDING.match(ast.unparse(made.func))
    stated = {keyword.arg for keyword in made.keywords}
    if found is None or stated & _OTHER_MEANINGS or len(made.args) != _POSITIONAL[found[2]]:
        return None
    if found[1] == "Separable" and not helpers.get(found[0], "").startswith("class "):
        return None
    return int(found[3])


def _padded(
    forward: ForwardDraft, dims: int, mentions: list[tuple[str, ast.AST]], uses: Mapping[str, int]
) -> list[_Padded] | None:
    """All calls of a module in a forward; None where one of them is not on what was padded for it alone."""
    made = []
    for user, node in mentions:
        match node:
            case ast.Call(args=[ast.Name(id=padded)], keywords=[]) if uses[padded] == 1:
                if (found := _amounts(forward.trees.get(padded), dims)) is None:
                    return None
                made.append(_Padded(user, padded, *found))
            case _:
                return None
    return made


def _amounts(tree: ast.expr | None, dims: int) -> tuple[ast.expr, tuple[int, ...]] | None:
    """What `F.pad` pads, and by how much, where that is as much on both sides of the last `dims` axes alone."""
    match tree:
        case ast.Call(func=function, args=[source, ast.Tuple() as pads], keywords=[]) if (
            ast.unparse(function) == "F.pad"
        ):
            numbers = literal_of(pads) or ()
            pairs = list(zip(numbers[::2], numbers[1::2], strict=True))[::-1]
            if pairs and len(pairs) <= dims and all(before == after >= 0 for before, after in pairs):
                return source, (*[0] * (dims - len(pairs)), *(before for before, _ in pairs))
    return None


def _fits(made: ast.Call, amounts: tuple[int, ...]) -> bool:
    """Whether torch takes so much: of an average, half a window."""
    if not ast.unparse(made.func).startswith("nn.AvgPool"):
        return True
    window = literal_of(made.args[0])
    windows = window if isinstance(window, tuple) else (window or 0,) * len(amounts)
    return all(amount <= size // 2 for amount, size in zip(amounts, windows, strict=True))


def _with_padding(made: ast.Call, amounts: tuple[int, ...]) -> str:
    padding = ast.keyword("padding", ast.parse(literal(squeeze(amounts)), mode="eval").body)
    stated = [keyword.arg for keyword in made.keywords]
    place = min((stated.index(name) for name in ("groups", "bias") if name in stated), default=len(stated))
    return ast.unparse(ast.Call(made.func, made.args, [*made.keywords[:place], padding, *made.keywords[place:]]))
