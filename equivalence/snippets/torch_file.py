"""A text of nn.Module classes as Keras: classes and rows of modules translated in their places, the rest as it was."""

from __future__ import annotations

import ast

from equivalence.snippets.comments import Flow
from equivalence.snippets.known_values import NotUnderstood
from equivalence.snippets.torch_classes import (
    imported,
    is_module,
    kind_of_first,
    made_by,
    translated_class,
    translated_function,
    written,
)
from equivalence.snippets.torch_forward import Names, constructed
from equivalence.snippets.written_file import Chunk, Left, Source, joined, marked

_HEAD = (
    "# Translated from PyTorch by its text. Images and sequences with channels have them last, (N, H, W, C).",
    "# Weights begin as Keras's layers begin.",
)


def defines_modules(tree: ast.Module) -> bool:
    """Whether a text is one of PyTorch: it imports torch, and neither Keras nor TensorFlow."""
    roots = set()
    for node in tree.body:
        if isinstance(node, ast.Import):
            roots |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            roots.add((node.module or "").partition(".")[0])
    return "torch" in roots and not roots & {"keras", "tensorflow", "tf_keras"}


def to_keras(tree: ast.Module, source: Source) -> tuple[str, list[Left]]:
    """The text as Keras, and what is left of it."""
    return _File(tree, source).text()


class _File:
    def __init__(self, tree: ast.Module, source: Source) -> None:
        self.tree, self.source = tree, source
        self.names = Names(imported(tree), {})
        classes: dict[str, str | None] = {}
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and is_module(node, self.names):
                classes[node.name] = None
                self.names = Names(self.names.imports, classes, self.names.gives, self.names.helpers)
                classes[node.name] = kind_of_first(node, self.names)
            elif isinstance(node, ast.FunctionDef) and (made := made_by(node, self.names)):
                classes[node.name], self.names.gives[node.name] = made
        self.nodes = {
            min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))]): node
            for node in tree.body
        }
        self.flow = Flow(source.comments)
        self.chunks: list[Chunk] = []
        self.left: list[Left] = []
        self.last = 0

    def text(self) -> tuple[str, list[Left]]:
        """The text, and what is left of it."""
        for index, (first, last, statement) in enumerate(self.source.statements):
            if index == 0 and self.source.docstring:
                continue
            node = self.nodes[first]
            try:
                found = self._statement(node, self.source.code(statement))
            except NotUnderstood as error:
                where = f" (line {error.line})" if error.line and error.line != first else ""
                lines = self.source.text.splitlines()[first - 1 : last]
                self.left.append(Left(error.line or first, "\n".join(lines), error.because))
                found = "\n".join(marked(self.source, first, last, f"{error.because}{where}"))
            if found is None:
                continue
            for line in self.flow.within(self.last + 1, first - 1).rest():
                self._add(line, first - 1, first - 1)
            self._add(found, first, last)
            self.flow.within(first, last).rest()
        for line in self.flow.rest():
            self._add(line, self.last + 1, self.last + 1)
        parts = [self.source.docstring] if self.source.docstring else []
        code = "\n".join([*self.names.helpers.values(), *(chunk.text for chunk in self.chunks)])
        needs_numpy = any(isinstance(node, ast.Name) and node.id == "np" for node in ast.walk(ast.parse(code)))
        has_numpy = "import numpy as np" in self.source.text
        imports = ["import keras", *(["import numpy as np"] if needs_numpy and not has_numpy else [])]
        head = "\n\n".join([*parts, "\n".join(_HEAD), "\n".join(imports)])
        helpers = [Chunk(text) for text in self.names.helpers.values()]
        return joined(head, [*helpers, *self.chunks]), self.left

    def _add(self, text: str, first: int, last: int) -> None:
        between = self.source.text.splitlines()[self.last : first - 1]
        self.chunks.append(Chunk(text, close=bool(self.last) and not any(not line.strip() for line in between)))
        self.last = last

    def _statement(self, node: ast.stmt, code: str) -> str | None:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            return None if all(name.partition(".")[0] in ("torch", "__future__") for name in modules) else code
        if isinstance(node, ast.ClassDef) and node.name in self.names.classes:
            return translated_class(node, self.names, self.flow.within(node.lineno, node.end_lineno or 0))
        if isinstance(node, ast.FunctionDef) and node.name in self.names.classes:
            return translated_function(node, self.names, self.flow.within(node.lineno, node.end_lineno or 0))
        used = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
        if not used & set(self.names.imports):
            return code
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            made = constructed(self.names, node.value)
            left = {each.id for each in ast.walk(made) if isinstance(each, ast.Name)} & set(self.names.imports)
            if not left:
                return written(f"{node.targets[0].id} = ", made)
        raise NotUnderstood("it uses torch beyond the definition of a module", node.lineno)
