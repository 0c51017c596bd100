"""The translated text: classes in the places of their definitions, plain statements as they were, comments kept."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from equivalence.emit.draft import ClassDraft, FileDraft
from equivalence.emit.file_text import imports, interface
from equivalence.emit.line_breaking import WIDTH
from equivalence.emit.precision import widened
from equivalence.snippets.comments import Comment, Flow, comments_of
from equivalence.snippets.known_values import Class, Function, NotUnderstood
from equivalence.snippets.stated_class import stated_class
from equivalence.snippets.stated_emitter import Said

MARK = "# not translated"


@dataclass(frozen=True, slots=True)
class Left:
    """Lines that are not translated, and why."""

    line: int
    text: str
    because: str


@dataclass(slots=True)
class Placing:
    """What stands in the place of one statement of the text."""

    #: "plain": as it was; "gone": it is in a class; "left": marked; "made": what `text` says; "imports"
    kind: str
    classes: list[ClassDraft] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    because: NotUnderstood | None = None
    stretch: int = 0  # the line from which its comments are those of its classes


@dataclass(slots=True)
class Source:
    """A text, its statements and its comments."""

    text: str
    statements: Sequence[tuple[int, int, cst.CSTNode]]  # first and last line of each statement of the module
    comments: list[Comment]
    module: cst.Module

    @classmethod
    def of(cls, text: str) -> Source:
        """Parses a text. Raises cst.ParserSyntaxError."""
        wrapper = MetadataWrapper(cst.parse_module(text))
        positions = wrapper.resolve(PositionProvider)
        found = []
        for statement in wrapper.module.body:
            place = positions[statement]
            found.append((place.start.line, place.end.line, statement))
        return cls(text, found, comments_of(wrapper, text), wrapper.module)

    def code(self, statement: cst.CSTNode) -> str:
        """A statement as it was, without the comments before it."""
        bare = statement.with_changes(leading_lines=()) if hasattr(statement, "leading_lines") else statement
        return self.module.code_for_node(bare).rstrip("\n")

    @property
    def docstring(self) -> str:
        """The module's docstring as it was; "" where it has none."""
        first = self.statements[0][2] if self.statements else None
        if isinstance(first, cst.SimpleStatementLine) and self.module.get_docstring() is not None:
            return self.code(first)
        return ""


class ClassWriter:
    """Writes the classes of a draft from the places in the text where they are defined."""

    def __init__(self, source: Source, draft: FileDraft | None, said: Said) -> None:
        self.source, self.said = source, said
        self.floats = draft.floats if draft else ""
        self.names = draft.names if draft else frozenset[str]()
        self.flow = Flow(source.comments)

    def own(self, part: ClassDraft, definition: Class | Function) -> str:
        """A class of a class or function of the text."""
        node = definition.node
        assert isinstance(node, (ast.ClassDef, ast.FunctionDef))
        before, self.flow = self.flow, Flow(self.source.comments)  # every class of one definition has its comments
        try:
            return self._own(part, definition, node)
        finally:
            before.taken.update(self.flow.taken)
            self.flow = before

    def _own(self, part: ClassDraft, definition: Class | Function, node: ast.ClassDef | ast.FunctionDef) -> str:
        if isinstance(definition, Function):
            body = self.flow.within(node.lineno, node.end_lineno or 0)
            return self._class(part, _doc(node), Flow([]), True, body)
        methods = definition.methods
        made = [self._stretch(methods[name].node) for name in ("__init__", "build") if name in methods]
        called = self._stretch(methods["call"].node) if "call" in methods else Flow([])
        init = Flow([item for flow in made for item in flow.comments], self.flow.taken)
        return self._class(part, _doc(node), init, False, called)

    def model(self, part: ClassDraft, first: int, last: int, doc: str = "", *, sequential: bool = False) -> str:
        """A class of a model that some lines of the text define."""
        body = self.flow.within(first, last)
        return self._class(part, doc, body if sequential else Flow([]), True, body)

    def said_sequential(self, part: ClassDraft) -> bool:
        """Whether a class was a Sequential: its layers are called as they are listed."""
        return any(id(one) in self.said.sequential for one in self.said.drafts if (one.written_as or one) is part)

    def making_of(self, part: ClassDraft) -> object:
        """What the graph of a class was made in; None where that is not known."""
        originals = [one for one in self.said.drafts if (one.written_as or one) is part]
        return next((self.said.makings[id(one)] for one in originals if id(one) in self.said.makings), None)

    def _stretch(self, node: Any) -> Flow:
        return self.flow.within(node.lineno, node.end_lineno or 0)

    def _class(self, part: ClassDraft, doc: str, made: Flow, attached: bool, called: Flow) -> str:
        lines = interface(part, self.floats, WIDTH - 4)
        parts = [doc or f"{part.name}, as Keras has it."]
        if lines:
            parts.append("\n".join(lines))
        whole = "\n\n".join(parts)
        whole += "\n" if "\n" in whole else ""
        return widened(stated_class(part, self.said, whole, self.names, (made, attached), called), self.floats)


def _doc(node: ast.ClassDef | ast.FunctionDef) -> str:
    """The docstring, as text that can stand in one."""
    return quotable(ast.get_docstring(node) or "")


def quotable(text: str) -> str:
    """A text as it can stand between three quotation marks."""
    made = text.replace("\\", "\\\\").replace('"""', "'''")
    return f"{made} " if made.endswith('"') else made


def marked(source: Source, first: int, last: int, because: str) -> list[str]:
    """Lines of the text as a comment that says why they are not translated."""
    where = f"line {first}" if first == last else f"lines {first}-{last}"
    lines = source.text.splitlines()[first - 1 : last]
    return [f"{MARK} ({where}): {because}", *(f"# {line}".rstrip() for line in lines)]


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of the translated text."""

    text: str
    close: bool = False  # no blank line before it


def assembled(source: Source, head: list[str], chunks: list[Chunk], code: str) -> str:
    """The whole text: docstring, notes, imports, and what stands below them."""
    parts = [source.docstring] if source.docstring else []
    parts += ["\n".join(head)] if head else []
    parts.append(imports(code, loads=False))
    return joined("\n\n".join(parts), chunks)


def joined(text: str, chunks: Sequence[Chunk]) -> str:
    """What stands at the top, and the pieces below it, with blank lines between them."""
    for chunk in chunks:
        piece = chunk.text.strip("\n")
        apart = piece.startswith(("class ", "def ", "@")) or text.rstrip("\n").splitlines()[-1].startswith(" ")
        blank = 2 if apart else 0 if chunk.close else 1
        text = text.rstrip("\n") + "\n" * (blank + 1) + piece + "\n"
    return re.sub(r"\n{4,}", "\n\n\n", text).rstrip("\n") + "\n"
