"""The comments of a text: where they stand, and each given out once, in order, as code is written from the text."""

from __future__ import annotations

from dataclasses import dataclass, field

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from equivalence.emit.line_breaking import WIDTH


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment and the line of code that it belongs to: the one that it stands behind, or the next."""

    line: int
    text: str
    behind: bool
    at: int  # the line on which it stands


class _Finder(cst.CSTVisitor):
    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self) -> None:
        self.found: list[tuple[int, int, str]] = []

    def visit_Comment(self, node: cst.Comment) -> None:
        position = self.get_metadata(PositionProvider, node).start
        self.found.append((position.line, position.column, node.value))


def comments_of(wrapper: MetadataWrapper, text: str) -> list[Comment]:
    """Every comment of a module, in order."""
    finder = _Finder()
    wrapper.visit(finder)
    lines = text.splitlines()
    made = []
    for line, column, value in sorted(finder.found):
        behind = bool(lines[line - 1][:column].strip())
        made.append(Comment(line if behind else _next_code(lines, line), value, behind, line))
    return made


def _next_code(lines: list[str], after: int) -> int:
    for number in range(after + 1, len(lines) + 1):
        stripped = lines[number - 1].strip()
        if stripped and not stripped.startswith("#"):
            return number
    return len(lines) + 1


@dataclass(slots=True)
class Flow:
    """The comments of a stretch of the text, given out as code is written from its lines."""

    comments: list[Comment]
    taken: set[int] = field(default_factory=set)  # the lines on which they stand

    def within(self, first: int, last: int) -> Flow:
        """Those of some lines; what is taken there is taken here."""
        return Flow([item for item in self.comments if first <= item.at <= last], self.taken)

    def code(self, line: int, text: str, *, attached: bool = False, until: int = 0) -> list[str]:
        """A statement that comes from `line`, with the comments that stand before it and behind it.

        `attached`: those of this line alone; others wait for their own. `until`: the last line of the statement.
        """
        if not line:
            return [text]
        before, behind = [], []
        for item in self.comments:
            if item.at in self.taken or item.line > max(line, until) or (attached and item.line != line):
                continue
            self.taken.add(item.at)
            if item.behind and item.line >= line:
                behind.append(item.text)
            else:
                before.append(item.text)
        if len(behind) == 1 and "\n" not in text and len(text) + len(behind[0]) + 2 <= WIDTH - 8:
            return [*before, f"{text}  {behind[0]}"]
        return [*before, *behind, text]

    def rest(self) -> list[str]:
        """What has not been given out."""
        left = [item for item in self.comments if item.at not in self.taken]
        self.taken.update(item.at for item in left)
        return [item.text for item in left]
