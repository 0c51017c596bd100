"""Every instance of every class of an emitted file: where it is, and what its own layers are called in Keras."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from equivalence.emit.draft import ClassDraft
from equivalence.translation.python_text import identifier

#: One watched tensor: the forward of its class, layer, node, index.
Tap = tuple[str, str, int, int]


class Instance(NamedTuple):
    """One instance of a class. Names end with a dot, or are empty."""

    draft: ClassDraft  # its class as it was before it became one with others
    emitted: str  # what its parameters' names began with while they were placed
    name: str  # what they begin with
    plain: str  # what they would begin with if all layers were called as in Keras
    path: tuple[str, ...]  # in Keras

    @property
    def taps(self) -> Mapping[Tap, Tap]:
        """What the taps of its class's text are called in Keras here, where that is something else."""
        head = self.draft.written_as or self.draft
        return {one: own for one, own in zip(_taps(head), _taps(self.draft), strict=True) if one != own}


def instances(root: ClassDraft) -> Iterator[Instance]:
    """The model, and all that is nested in it."""
    yield from _within(Instance(root, "", "", "", ()))


def _within(instance: Instance) -> Iterator[Instance]:
    yield instance
    draft = instance.draft
    for attribute, child in draft.children.items():
        known = draft.paths[attribute]
        plain = f"{instance.plain}{identifier(known, ())}." if known else instance.plain
        path = (*instance.path, known) if known else instance.path
        name = f"{instance.name}{_place(draft, attribute)}."
        yield from _within(Instance(child, f"{instance.emitted}{attribute}.", name, plain, path))


def lone_blocks(root: ClassDraft) -> frozenset[str]:
    """The names of the first layers of blocks whose class no other block shares."""
    blocks = [instance.draft for instance in instances(root) if instance.draft.begins]
    counts = Counter(id(draft.written_as) for draft in blocks)
    return frozenset(draft.begins for draft in blocks if counts[id(draft.written_as)] == 1)


def said_of_blocks(root: ClassDraft) -> str:
    """Which classes hold blocks that repeat, and how often each is made."""
    counts = Counter((i.draft.written_as or i.draft).name for i in instances(root) if i.draft.begins)
    if not counts:
        return "Nothing in it repeats: folded, it is what it was."
    made = ", ".join(f"{name} is made {count} times" for name, count in counts.items())
    return f"Folded: {made}."


def moved_names(root: ClassDraft) -> tuple[dict[str, str], dict[str, str]]:
    """Of each module, and each nested model: its name while it was placed -> its name; and, where that is another, the
    name by which Keras's layer would have it -> its name."""
    moved: dict[str, str] = {}
    plain: dict[str, str] = {}
    for instance in instances(root):
        if instance.name:
            moved[instance.emitted[:-1]] = instance.name[:-1]
        for attribute in instance.draft.modules:
            if attribute not in instance.draft.children:
                name = f"{instance.name}{attribute}"
                moved[f"{instance.emitted}{attribute}"] = name
                plain[f"{instance.plain}{instance.draft.plain_names.get(attribute, attribute)}"] = name
    return moved, {old: new for old, new in plain.items() if old != new}


def now_called(name: str, moved: Mapping[str, str]) -> str:
    """The name of a parameter, or of a module, by that of the module that holds it."""
    held = name
    while held and held not in moved:
        held = held.rpartition(".")[0]
    return moved[held] + name[len(held) :] if held else name


def _place(draft: ClassDraft, attribute: str) -> str:
    """Where a nested model is in an instance of its class: its attribute, or its place in a row."""
    rows = (draft.written_as or draft).rows
    found = (f"{row}.{held.index(attribute)}" for row, held in rows.items() if attribute in held)
    return next(found, attribute)


def _taps(draft: ClassDraft) -> list[Tap]:
    return [(forward.name, *tap) for forward in draft.forwards for value in forward.values for tap in value.taps]
