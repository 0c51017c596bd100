"""Translate the text of Keras definitions into PyTorch source, or the other way; nothing of it is run."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import libcst as cst

from equivalence.emit.again import Again
from equivalence.emit.draft import FileDraft
from equivalence.errors import EquivalenceError, Refused
from equivalence.json_forms import stated
from equivalence.snippets.finishing import UNSAID, finish
from equivalence.snippets.known_values import Example, NotUnderstood
from equivalence.snippets.placing_statements import Placer
from equivalence.snippets.reader import Reader
from equivalence.snippets.roots import Root, file_of
from equivalence.snippets.stated_emitter import Said, emit_stated
from equivalence.snippets.torch_file import defines_modules, to_keras
from equivalence.snippets.unsaid_inputs import NOTE, deduced
from equivalence.snippets.written_file import Left, Source
from equivalence.torch_side.oracle import TorchOracle

_LONGEST = 200_000  # characters


@dataclass(frozen=True, slots=True)
class Translation:
    """A translated text."""

    source: str  # the text
    translated: str
    not_understood: tuple[Left, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether nothing is left in comments."""
        return not self.not_understood

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values: what `translate --json` prints."""
        left = [{"line": each.line, "text": each.text, "because": each.because} for each in self.not_understood]
        return stated({"source": self.source, "translated": self.translated, "not_understood": left})


def translate(text: str, *, inputs: Sequence[tuple[int | None, ...]] = (), name: str = "the text") -> Translation:
    """PyTorch source of the Keras models that a text defines: Sequential, functional, or classes of its own; of a text
    that imports torch instead, Keras source of its nn.Module classes and rows of modules.

    The text is parsed, and never run. Names, comments and structure stay; what is not understood stays as a comment
    that says its line and why. `inputs`: the shapes, without batch, of the inputs of models whose text does not tell
    them. `name` is what messages call the text.

    Raises Refused where the text is no Python.
    """
    if len(text) > _LONGEST:
        raise Refused(f"{name}: is longer than {_LONGEST} characters; give the definitions alone.")
    try:
        tree, source = ast.parse(text), Source.of(text)
    except (SyntaxError, cst.ParserSyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or getattr(error, "raw_line", None)
        where = f", line {line}" if line else ""
        raise Refused(f"{name}{where}: is no Python that can be parsed.") from error
    if defines_modules(tree):
        keras, rest = to_keras(tree, source)
        return Translation(text, keras, tuple(rest))
    given = [Example((None, *shape), "float32") for shape in inputs]
    placer, unsaid = _placed(tree, source, name, given)
    found, left = placer.text(), placer.left
    if unsaid:

        def tried(examples: Sequence[Example]) -> str | None:
            """The translation for inputs, where it leaves nothing that was left for want of them alone."""
            other, more = _placed(tree, source, name, examples)
            made = other.text()
            lines = {each.line for each in other.left}
            if more or not lines <= {each.line for each in left if UNSAID not in each.because}:
                return None
            lefts[made] = other.left
            return made

        lefts: dict[str, list[Left]] = {}
        if (text_of_any := deduced(tried)) is not None:
            found, left = _noted(text_of_any), min(lefts.values(), key=len)
    return Translation(text, found, tuple(left))


def _noted(text: str) -> str:
    """With what is said of lazy modules, below what is said of the whole text."""
    if "nn.Lazy" not in text:
        return text
    return text.replace("\nfrom __future__ import", f"{NOTE}\n\nfrom __future__ import", 1)


def _placed(tree: ast.Module, source: Source, name: str, examples: Sequence[Example]) -> tuple[Placer, list[str]]:
    """The text, read and emitted; and the models whose input nothing tells."""
    options: dict[str, Any] = {}
    while True:
        reader = Reader(TorchOracle(), name, **options)
        try:
            reader.read(tree)
            unsaid = finish(reader, examples)
        except Again as again:
            options |= again.options
            continue
        break
    roots, draft, said = _emitted(reader)
    return Placer(source, tree, reader, roots, draft, said), unsaid


def _emitted(reader: Reader) -> tuple[list[Root], FileDraft | None, Said]:
    """The models of a text, emitted together; those that cannot be are noted as not understood."""
    without: set[int] = set()
    while True:
        model, roots = file_of(reader, without)
        if not roots:
            return roots, None, Said()
        try:
            return roots, *emit_stated(model, TorchOracle(), "Text", reader.makings)
        except EquivalenceError:
            for root in roots:
                others = {id(each.model) for each in roots} - {id(root.model)}
                try:
                    emit_stated(file_of(reader, without | others)[0], TorchOracle(), "Text", reader.makings)
                except EquivalenceError as error:
                    without.add(id(root.model))
                    reader.failed[root.line] = NotUnderstood(str(error), root.line)
            if not any(id(root.model) in without for root in roots):
                raise
