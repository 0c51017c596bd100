"""Blocks that are called one after the other, each on what the one before gives, as one module: nn.Sequential."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from equivalence.emit.draft import ClassDraft, ForwardDraft, uses_of
from equivalence.translation.call_site import Value
from equivalence.translation.python_text import identifier

#: For blocks that are given further tensors, the same to all: nn.Sequential hands on one.
BLOCKS = '''
class Blocks(nn.Sequential):
    """Blocks one after the other; what the first is given besides, all are given."""

    def forward(self, x: Tensor, *others: Tensor) -> Tensor:
        for block in self:
            x = block(x, *others)
        return x
'''
_SHORTEST = 3  # two blocks have names of their own


class _Call(NamedTuple):
    """The call of a block."""

    value: Value
    attribute: str
    first: str  # token of what it goes on from
    others: tuple[str, ...]  # what else it is given


def put_in_rows(draft: ClassDraft, helper: Callable[[str], str], parameters: Mapping[str, Sequence[str]]) -> None:
    """Blocks of one class that follow one another become one module.

    `helper` has a class written into the file and returns its name; `parameters`: those of each class's constructor.
    """
    if len(draft.forwards) == 1:
        for row in list(_rows(draft, draft.forwards[0])):
            _put(draft, row, helper, parameters)


def _rows(draft: ClassDraft, forward: ForwardDraft) -> Iterator[list[_Call]]:
    uses, row = uses_of(forward), list[_Call]()
    for call in [*_calls(draft, forward), None]:
        if call and row and uses[call.first] == 1 and _goes_on(draft, row[-1], call):
            row.append(call)
            continue
        if len(row) >= _SHORTEST:
            yield row
        row = [call] if call else []


def _goes_on(draft: ClassDraft, before: _Call, call: _Call) -> bool:
    alike = call.others == before.others and _class_of(draft, call) == _class_of(draft, before)
    return alike and call.first == before.value.token


def _calls(draft: ClassDraft, forward: ForwardDraft) -> Iterator[_Call]:
    for value in forward.values:
        match forward.trees[value.token]:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="self"), attr=attribute), args=[ast.Name(id=first), *others]
            ) if draft.paths.get(attribute) == "":
                yield _Call(value, attribute, first, tuple(map(ast.unparse, others)))


def _class_of(draft: ClassDraft, call: _Call) -> str:
    return draft.modules[call.attribute].partition("(")[0]


def _put(
    draft: ClassDraft, row: Sequence[_Call], helper: Callable[[str], str], parameters: Mapping[str, Sequence[str]]
) -> None:
    forward, attributes = draft.forwards[0], [call.attribute for call in row]
    others = {name for name in (*draft.modules, *draft.buffers, *draft.held) if name not in attributes}
    name = identifier(_stem(attributes, others), others)
    texts = [draft.modules[attribute] for attribute in attributes]
    made = helper(BLOCKS) if row[0].others else "nn.Sequential"
    text = f"{made}({_made(texts, parameters.get(texts[0].partition('(')[0], ()))})"
    draft.modules = {
        name if key == attributes[0] else key: text if key == attributes[0] else ctor
        for key, ctor in draft.modules.items()
        if key not in attributes[1:]
    }
    draft.rows[name] = attributes
    last, inside = row[-1].value, {call.value.token for call in row[:-1]}
    given = ", ".join([row[0].first, *row[0].others])
    forward.trees = {**forward.trees, last.token: ast.parse(f"self.{name}({given})", mode="eval").body}
    forward.values = [value for value in forward.values if value.token not in inside]
    last.hint = name


def _stem(attributes: Sequence[str], others: set[str]) -> str:
    """What blocks are called together: "block" for block5, block6, …; "block5" where something else is that."""
    stems = {re.sub(r"_?\d+\Z", "", attribute) for attribute in attributes}
    stem = stems.pop() if len(stems) == 1 else ""
    return stem if stem and stem not in others else attributes[0]


def _made(texts: Sequence[str], parameters: Sequence[str]) -> str:
    """What makes the blocks, as short as a person would write it."""
    if len(set(texts)) == 1:
        return f"*({texts[0]} for _ in range({len(texts)}))"
    calls = [ast.parse(text, mode="eval").body for text in texts]
    arguments = [[ast.unparse(argument) for argument in call.args] for call in calls if isinstance(call, ast.Call)]
    differing = [place for place, values in enumerate(zip(*arguments, strict=True)) if len(set(values)) > 1]
    if len(differing) > 1:
        return ", ".join(texts)
    (place,) = differing
    name = parameters[place] if place < len(parameters) else "size"
    given = [name if position == place else text for position, text in enumerate(arguments[0])]
    made = f"{texts[0].partition('(')[0]}({', '.join(given)})"
    return f"*({made} for {name} in {_sequence([row[place] for row in arguments])})"


def _sequence(texts: Sequence[str]) -> str:
    """`range(64, 256, 32)`, or the numbers one by one."""
    if all(text.isdecimal() for text in texts):
        numbers = [int(text) for text in texts]
        steps = {after - before for before, after in pairwise(numbers)}
        if len(steps) == 1 and (step := steps.pop()) > 0:
            return f"range({numbers[0]}, {numbers[-1] + step}, {step})"
    return f"({', '.join(texts)})"
