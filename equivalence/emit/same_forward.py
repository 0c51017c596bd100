"""Whether two forwards of a class do the same, so that one is enough."""

from __future__ import annotations

import ast
from typing import Any

from equivalence.emit.draft import ForwardDraft
from equivalence.emit.tree_rewriting import used_tokens
from equivalence.translation.call_site import Value
from equivalence.translation.structure import mapped


def same_forward(one: ForwardDraft, other: ForwardDraft) -> bool:
    """Whether both are the same text, of parameters of the same names and orders, and are watched alike."""
    if one.in_training or other.in_training:
        return False
    return bool(_described(one) == _described(other))


def _described(draft: ForwardDraft) -> Any:
    needed = draft.needed(observed=True)
    live = [value for value in draft.values if value.token in needed]
    held = [*(value for _, value, _ in draft.inputs), *(mask for _, mask in draft.masks)]
    number = {value.token: f"_{position}_" for position, value in enumerate([*held, *live])}
    parameters = [(name, value.order, value.dtype) for name, value, _ in draft.inputs]
    lines = [(_numbered(draft.trees[v.token], number), v.order, v.dtype, v.hint, v.taps) for v in live]
    returned = mapped(lambda leaf: number[leaf.token] if isinstance(leaf, Value) else leaf, draft.returned)
    return parameters, [name for name, _ in draft.masks], lines, returned


def _numbered(tree: ast.expr, number: dict[str, str]) -> str:
    text = ast.unparse(tree)
    for token in used_tokens(tree):
        text = text.replace(token, number[token])
    return text
