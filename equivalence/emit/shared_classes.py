"""Classes of one structure become one class, whose constructor takes what differs."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from itertools import combinations, permutations

from equivalence.emit.draft import ClassDraft
from equivalence.emit.skeleton import Number, Place, numbers_of, replaced, skeleton
from equivalence.translation.python_text import class_name, identifier

#: More arguments than this say less than two classes.
_ARGUMENTS = 5
#: What torch calls the first arguments of its modules.
_POSITIONS = {
    "Linear": ("in_features", "out_features"),
    "Conv": ("in_channels", "out_channels"),
    "SeparableConv": ("in_channels", "out_channels"),
    "Dropout": ("rate",),
    "Embedding": ("count", "dim"),
    "LayerNorm": ("dim",),
    "RMSNorm": ("dim",),
    "BatchNorm": ("channels",),
}
_KEYWORDS = {"p": "rate", "normalized_shape": "dim", "num_features": "channels"}


def shared(classes: Sequence[ClassDraft], taken: Sequence[str]) -> list[ClassDraft]:
    """The classes of a file, nested ones before those that use them, each structure once.

    `taken`: names of the file that no class may have.
    """
    made: list[ClassDraft] = []
    calls: dict[str, str] = {}  # by the name a class had: what makes an instance of it now
    waiting = [*classes]
    forms: dict[int, str] = {}  # by id() of a class
    while waiting:
        group = _group(waiting, calls, forms)
        waiting = [draft for draft in waiting if all(draft is not member for member in group)]
        first = group[0]
        others = [*taken, *(draft.name for draft in made)]
        base = class_name(first.base or first.name)
        name = class_name(f"{base}Model" if base in others and not waiting else base, others)
        one, arguments = _merged([_renamed(member, calls) for member in group])
        one.name, one.rows = name, {}
        made.append(one)
        for member in group:
            member.written_as = one
        for member, values in zip(group, arguments, strict=True):
            calls[member.name] = f"{name}({', '.join(values)})"
    return made


def _group(waiting: Sequence[ClassDraft], calls: Mapping[str, str], forms: dict[int, str]) -> list[ClassDraft]:
    """The next class and those that are to be one with it: all that it and they use have been made."""
    first = waiting[0]
    if first is waiting[-1]:
        return [first]  # the model itself
    names = {draft.name for draft in waiting}
    ready = [
        draft
        for draft in waiting[:-1]
        if not any(ctor.partition("(")[0] in names for ctor in draft.modules.values()) and draft.own == first.own
    ]
    for draft in ready:  # all that it uses has been made: its form stays what it is
        if id(draft) not in forms:
            forms[id(draft)] = skeleton(_renamed(draft, calls))
    group = [draft for draft in ready if forms[id(draft)] == forms[id(first)]]
    return group if _arguments_of(group, calls) is not None else _equal_to(first, group, calls)


def _equal_to(first: ClassDraft, group: Sequence[ClassDraft], calls: Mapping[str, str]) -> list[ClassDraft]:
    numbers = numbers_of(_renamed(first, calls))
    return [draft for draft in group if numbers_of(_renamed(draft, calls)) == numbers]


def _arguments_of(group: Sequence[ClassDraft], calls: Mapping[str, str]) -> dict[Place, str] | None:
    members = [_renamed(draft, calls) for draft in group]
    names, _ = _named(members)
    return None if len(names) > _ARGUMENTS else {}


def _renamed(draft: ClassDraft, calls: Mapping[str, str]) -> ClassDraft:
    """The class with its nested ones as they are made now."""
    import copy

    made = copy.copy(draft)
    made.modules = {attribute: calls.get(ctor.partition("(")[0], ctor) for attribute, ctor in draft.modules.items()}
    return made


def _merged(group: Sequence[ClassDraft]) -> tuple[ClassDraft, list[list[str]]]:
    """One class for a group, and the arguments of each of its members."""
    names, texts = _named(group)
    one = replaced(group[0], texts, _from_self)
    one.parameters = {
        name: "int" if all(isinstance(value, int) for value in values) else "float" for name, values in names.items()
    }
    in_forward = {name for place, text in texts.items() if not place[0].startswith("module ") for name in _words(text)}
    one.kept = [name for name in names if name in in_forward]
    if len(group) > 1:
        one.shapes_differ = len({repr(_shapes(member)) for member in group}) > 1
    return one, [[repr(values[position]) for values in names.values()] for position in range(len(group))]


def _shapes(draft: ClassDraft) -> list[object]:
    return [value.shape for _, value, _ in draft.inputs]


def _named(group: Sequence[ClassDraft]) -> tuple[dict[str, tuple[Number, ...]], dict[Place, str]]:
    """The arguments that tell the members of a group apart, with their values, and what stands where they differ."""
    numbers = [numbers_of(member) for member in group]
    vectors = {place: tuple(one[place] for one in numbers) for place in numbers[0]}
    differing = {place: values for place, values in vectors.items() if len(set(values)) > 1}
    own = _settings(group)
    names: dict[str, tuple[Number, ...]] = {}
    texts: dict[Place, str] = {}
    for place, values in differing.items():
        expression = _of_settings(values, own) or _known(values, names)
        if not expression:
            alike = [_torch_name(group[0], other) for other, found in differing.items() if found == values]
            expression = identifier(_common(alike), {*names, *own, *group[0].modules})
            names[expression] = values
        texts[place] = expression
        names.update({name: own[name] for name in _words(expression) if name in own})
    return names, texts


def _settings(group: Sequence[ClassDraft]) -> dict[str, tuple[Number, ...]]:
    """Numbers that the user's layers keep under names of theirs, and that no module of the class has."""
    first = group[0]
    return {
        name: tuple(member.settings[name] for member in group)
        for name in first.settings
        if all(name in member.settings for member in group) and name not in first.modules and name.isidentifier()
    }


def _known(values: tuple[Number, ...], names: Mapping[str, tuple[Number, ...]]) -> str:
    return next((name for name, known in names.items() if known == values), "")


def _of_settings(values: tuple[Number, ...], own: Mapping[str, tuple[Number, ...]]) -> str:
    """An expression of the user's settings that has these values in all members; "" where there is none."""
    if found := _known(values, own):
        return found
    if not all(isinstance(value, int) for value in values):
        return ""
    whole = {name: v for name, v in own.items() if all(isinstance(n, int) and n > 0 for n in v) and len(set(v)) > 1}
    for name, known in whole.items():
        for times in (2, 3, 4, 8):
            if all(v == times * k for v, k in zip(values, known, strict=True)):
                return f"{times} * {name}"
            if all(v * times == k for v, k in zip(values, known, strict=True)):
                return f"{name} // {times}"
        if all(v == -k for v, k in zip(values, known, strict=True)):
            return f"-{name}"
    every = {name: v for name, v in own.items() if all(isinstance(n, int) and n > 1 for n in v)}
    for (one, a), (other, b) in permutations(every.items(), 2):
        if all(v * y == x for v, x, y in zip(values, a, b, strict=True)):
            return f"{one} // {other}"
    for (one, a), (other, b) in combinations(every.items(), 2):
        if all(v == x * y for v, x, y in zip(values, a, b, strict=True)):
            return f"{one} * {other}"
    return ""


def _torch_name(draft: ClassDraft, place: Place) -> str:
    """What torch calls the argument of a module that a number is."""
    piece, count = place
    if not piece.startswith("module "):
        return "size"
    call = ast.parse(draft.modules[piece.removeprefix("module ")], mode="eval").body
    if not isinstance(call, ast.Call):
        return "size"
    found: list[str] = []
    function = ast.unparse(call.func).rpartition(".")[2]
    listed = next((names for start, names in _POSITIONS.items() if function.startswith(start)), ())
    for position, argument in enumerate(call.args):
        names = listed[position : position + 1] or ("size",)
        found += [names[0]] * _count(argument)
    for keyword in call.keywords:
        found += [_KEYWORDS.get(keyword.arg or "", keyword.arg or "size")] * _count(keyword.value)
    return found[count] if count < len(found) else "size"


def _common(names: Sequence[str]) -> str:
    """One name for what has several: "channels" for in_channels and out_channels."""
    ways = {name for name in names if name.startswith(("in_", "out_"))}
    if len(ways) == 1 and {name.partition("_")[2] for name in ways} == {name.rpartition("_")[2] for name in names}:
        return ways.pop()
    ends = {name.rpartition("_")[2] for name in names}
    return names[0] if len(set(names)) == 1 else ends.pop() if len(ends) == 1 else "size"


def _count(tree: ast.AST) -> int:
    return sum(
        isinstance(node, ast.Constant) and isinstance(node.value, (int, float)) and not isinstance(node.value, bool)
        for node in ast.walk(tree)
    )


def _words(text: str) -> list[str]:
    return re.findall(r"[A-Za-z_]\w*", text)


def _from_self(text: str) -> str:
    """An expression of a constructor's arguments, as a forward has it."""
    return re.sub(r"[A-Za-z_]\w*", lambda match: f"self.{match[0]}", text)
