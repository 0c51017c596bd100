"""What becomes of each statement of a text: a class, a line that makes a model, itself, or a marked comment."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from equivalence.emit.draft import ClassDraft, FileDraft
from equivalence.snippets.known_values import Class, Function, Instance, NetModel, Unknown
from equivalence.snippets.plain_python import PLAIN
from equivalence.snippets.reader import Reader
from equivalence.snippets.roots import Root
from equivalence.snippets.stated_emitter import Said
from equivalence.snippets.written_file import Chunk, ClassWriter, Left, Source, assembled, marked
from equivalence.translation.python_text import class_name, identifier
from equivalence.translation.structure import leaves

_HEAD = (
    "Translated from Keras by its text. Images are channels first, (N, C, H, W). Weights begin as torch's layers "
    "begin; equivalence.transfer(keras_model, module, pairs={}) carries trained ones over."
)
_LIBRARIES = ("keras", "tensorflow", "tf_keras")


class Placer:
    """Goes through the statements of the module, in order."""

    def __init__(
        self, source: Source, tree: ast.Module, reader: Reader, roots: list[Root], draft: FileDraft | None, said: Said
    ) -> None:
        self.source, self.reader, self.roots = source, reader, roots
        self.nodes = {statement.lineno: statement for statement in tree.body}
        self.nodes |= {
            decorator.lineno: statement
            for statement in tree.body
            for decorator in getattr(statement, "decorator_list", [])[:1]
        }
        self.helpers = draft.helpers if draft else []
        self.notes = draft.notes if draft else []
        self.writer = ClassWriter(source, draft, said)
        classes = draft.classes if draft else []
        self.waiting = classes[:-1]
        self.made = {root.attribute: classes[-1].modules[root.attribute] for root in roots}
        self.left: list[Left] = []
        self.chunks: list[Chunk] = []
        self.last = 0  # the last line of the statement that the last chunk is of
        self.variables: dict[int, str] = {}  # by id() of a model: the variable that holds it
        self.stretch = 0  # the line from which statements have become part of no class yet

    def text(self) -> str:
        """The translated text."""
        for index, (first, last, statement) in enumerate(self.source.statements):
            if index == 0 and self.source.docstring:
                continue
            self._statement(self.nodes[first], first, last, self.source.code(statement))
        self._comments(len(self.source.text.splitlines()) + 2)
        helpers = [source for source in self.helpers if not source.startswith("from ")]
        own = sorted(source for source in self.helpers if source.startswith("from "))
        chunks = [*(Chunk(text) for text in [*own, *helpers]), *self.chunks]
        return assembled(self.source, self._notes(), chunks, "\n".join(chunk.text for chunk in chunks))

    def _notes(self) -> list[str]:
        import textwrap

        notes = [_HEAD, *self.notes] if self.roots else self.notes
        return [line for note in notes for line in textwrap.wrap(f"# {note}", 98, subsequent_indent="# ")]

    def _comments(self, first: int) -> None:
        """The comments before a statement that stays."""
        for line in self.writer.flow.within(self.stretch, first - 1).rest():
            self._chunk(line, first - 1, first - 1)

    def _chunk(self, text: str, first: int, last: int) -> None:
        """A piece that comes from some lines; close to the one before, where it was in the text."""
        lines = self.source.text.splitlines()
        between = lines[self.last : first - 1]
        self.chunks.append(Chunk(text, close=bool(self.last) and not any(not line.strip() for line in between)))
        self.last = last

    # -- one statement -------------------------------------------------------------------------

    def _statement(self, node: ast.stmt, first: int, last: int, code: str) -> None:
        failed = self.reader.failed.get(node.lineno)
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            self._import(node, first, code)
        elif failed is not None:
            self._leave(first, last, failed.because)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            self._definition(node, first, last, code)
        else:
            self._other(node, first, last, code)

    def _import(self, node: ast.Import | ast.ImportFrom, first: int, code: str) -> None:
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
        if all(module.partition(".")[0] in (*_LIBRARIES, "__future__") for module in modules):
            return
        self._keep(first, code)

    def _keep(self, first: int, code: str) -> None:
        self._comments(first)
        last = first + code.count("\n")
        self._chunk(code, first, last)
        self._take(first, last)

    def _take(self, first: int, last: int) -> None:
        """Comments of lines that stand in the text as they were."""
        self.writer.flow.within(first, last).rest()
        self.stretch = last + 1

    def _leave(self, first: int, last: int, because: str) -> None:
        self._comments(first)
        lines = self.source.text.splitlines()[first - 1 : last]
        self.left.append(Left(first, "\n".join(lines), because))
        self._chunk("\n".join(marked(self.source, first, last, because)), first, last)
        self._take(first, last)

    def _definition(self, node: ast.FunctionDef | ast.ClassDef, first: int, last: int, code: str) -> None:
        value = self.reader.module.names.get(node.name)
        if isinstance(value, Class):
            found = [part for part in self.waiting if part.own == value.name]
            if not found:
                because = "nothing makes it here, or what its input is, is not known: give the shape of its input"
                self._leave(first, last, self.reader.unfinished.get(value.name, because))
                return
            self._write(found, value, first)
        elif isinstance(value, Function):
            self._function(value, first, last, code)
        else:
            self._keep(first, code)

    def _function(self, value: Function, first: int, last: int, code: str) -> None:
        blocks = [part for part in self.waiting if part.own == class_name(value.name)]
        if blocks:
            self._write(blocks, value, first)
            return
        built = self.reader.built_by.get(id(value))
        if built is not None:
            nets = [part for part in leaves(built) if isinstance(part, NetModel)]
            found = [root for root in self.roots if root.model in nets]
            self._comments(first)
            for root in found:
                self._model(root, first, last, ast.get_docstring(value.node) or "")  # type: ignore[arg-type]
            self._take(first, last)
            return
        if value.name in self.reader.inlined:
            self._take(first, last)
            return
        if not _names_libraries(value.node, self.reader):
            self._keep(first, code)
            return
        self._leave(first, last, f"{value.name} is not called here, so that what it is given is not known")

    def _write(self, parts: list[ClassDraft], definition: Class | Function, first: int) -> None:
        self._comments(first)
        node = definition.node
        for part in parts:
            for inside in self._needed(part)[:-1]:
                self._whole(inside, first, node.end_lineno or first)
            self.waiting.remove(part)
            self.chunks.append(Chunk(self.writer.own(part, definition)))
        self.last = node.end_lineno or first
        self._take(first, node.end_lineno or first)

    def _model(self, root: Root, first: int, last: int, doc: str = "") -> None:
        """The class of a model, and before it those of models in it that no definition of the text is."""
        name = self.made[root.attribute].partition("(")[0]
        wanted = next((part for part in self.waiting if part.name == name), None)
        if wanted is None:
            return  # it is one with the class of another model
        for part in self._needed(wanted):
            own = (first, last) if part is wanted else self._lines(part, first, last)
            self._whole(part, *own, doc if part is wanted else "")
        self.last = last

    def _lines(self, part: ClassDraft, first: int, last: int) -> tuple[int, int]:
        """The lines on which a model is defined that is a part of another."""
        making = self.writer.making_of(part)
        for net in self.reader.models:
            if net.making is making and net.kind == "Sequential":
                start = self.reader.made_at.get(id(net), first)
                end = next((end for begin, end, _ in self.source.statements if begin <= net.line <= end), last)
                return max(start, first), max(end, *(line for _, line in net.items))
        return first, last

    def _whole(self, part: ClassDraft, first: int, last: int, doc: str = "") -> None:
        """The class of a Sequential or functional model."""
        self.waiting.remove(part)
        sequential = self.writer.said_sequential(part)
        self.chunks.append(Chunk(self.writer.model(part, first, last, doc, sequential=sequential)))

    def _parts(self, variable: str, model: Any) -> list[str]:
        """Models of the text that are parts of this one, under their names."""
        layers = {id(layer): layer for layer in model.graph.layers}
        made = []
        for name, value in self.reader.module.names.items():
            if not isinstance(value, (NetModel, Instance)) or id(value.layer) not in layers:
                continue
            if id(value) not in self.variables and value.layer is not None:
                self.variables[id(value)] = name
                made.append(f"{name} = {variable}.{identifier(value.layer.name, ())}")
        return made

    def _needed(self, part: ClassDraft) -> list[ClassDraft]:
        names = {ctor.partition("(")[0] for ctor in part.modules.values()}
        inside = [other for other in self.waiting if other.name in names and not other.own and other is not part]
        return [*(one for other in inside for one in self._needed(other)), part]

    def _other(self, node: ast.stmt, first: int, last: int, code: str) -> None:
        values = self.reader.bound.get(node.lineno, {})
        roots = [root for root in self.roots if root.line == node.lineno]
        made: list[str] = []
        for root in roots:
            if isinstance(root.model, NetModel) and id(root.model) not in self.reader.from_functions:
                self._model(root, self.stretch, last)
        for name, value in values.items():
            if id(value) in self.variables:
                made.append(f"{name} = {self.variables[id(value)]}")
                continue
            ctor = next((self.made[root.attribute] for root in self.roots if root.model is value), None)
            if ctor is not None and isinstance(value, (NetModel, Instance)):
                made.append(f"{name} = {ctor}")
                self.variables[id(value)] = name
                made += self._parts(name, value)
        if made:
            self._comments(first)
            for line in made:
                self._chunk(line, first if line is made[0] else self.last + 1, last)
            self._take(first, last)
            return
        if roots:
            return
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            self._keep(first, code)
        elif _summary(node):
            assert isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
            assert isinstance(node.value.func, ast.Attribute)
            self._comments(first)
            self._chunk(f"print({ast.unparse(node.value.func.value)})", first, last)
            self._take(first, last)
        elif _is_plain(node, values) and not _names_libraries(node, self.reader):
            self._keep(first, code)


def _is_plain(node: ast.stmt, values: Mapping[str, Any]) -> bool:
    """Whether a statement is about plain values alone."""
    if any(
        not isinstance(leaf, PLAIN) or isinstance(leaf, Unknown) for value in values.values() for leaf in leaves(value)
    ):
        return False
    return bool(values) or not isinstance(node, ast.Expr) or isinstance(node.value, ast.Constant) or _prints(node)


def _prints(node: ast.Expr) -> bool:
    return isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == "print"


def _summary(node: ast.stmt) -> bool:
    match node:
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr="summary"))):
            return True
    return False


def _names_libraries(node: ast.AST, reader: Reader) -> bool:
    """Whether a statement uses something that the translated text does not have."""
    used = {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)}
    names = reader.module.names
    return any(name in names and not isinstance(names[name], PLAIN) for name in used)
