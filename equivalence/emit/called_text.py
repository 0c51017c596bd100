"""What Keras calls on tensors that are no layer's (a loss, a regularizer, a constraint), as a plain function."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from equivalence.emit.class_text import render_class
from equivalence.emit.draft import Oracle
from equivalence.emit.emitter import emit
from equivalence.errors import Refused
from equivalence.schema import Entry
from equivalence.translation.graph import Call, ClassName, Graph, Layer, ModelFile, Ref, Spec


class CalledText(NamedTuple):
    """A function of tensors, and what it calls."""

    name: str
    helpers: tuple[str, ...]
    source: str


def function_text(
    entry: Entry,
    config: Mapping[str, Any],
    inputs: Sequence[Spec],
    name: str,
    oracle: Oracle,
    where: str,
    mask: tuple[int | None, ...] | None = None,
) -> CalledText:
    """The function `name` that does to tensors what the object of an entry does; they lie as in Keras.

    `inputs`: names, shapes with batch and dtypes of its parameters; with the shape of a `mask`, the last comes with
    one, which is a parameter behind all of them. `where` stands in messages. Raises Refused where it cannot be
    written, or keeps something.
    """
    module, _, cls = entry.keras.rpartition(".")
    layer = Layer(entry.name, ClassName(module, cls, ""), dict(config))
    refs = [Ref(spec.name, 0, 0) for spec in inputs]
    graph = Graph(
        entry.name, ClassName("keras", "Functional", ""), [layer], [Call(layer, 0, [*refs], {})],
        dict(zip(refs, inputs, strict=True)), refs[0] if len(refs) == 1 else [*refs], Ref(layer.name, 0, 0),
    )  # fmt: skip
    given = tuple((mask if index == len(inputs) - 1 else None, index) for index in range(len(inputs)))
    model = ModelFile(where, ".keras", "", graph, lambda: None)
    draft = emit(model, oracle, "Called", given=given if mask else None)
    written = render_class(draft.classes[-1], taken=draft.names)
    (body,) = ast.parse(written).body
    assert isinstance(body, ast.ClassDef)
    forward = next(each for each in body.body if isinstance(each, ast.FunctionDef) and each.name == "forward")
    if any(isinstance(node, ast.Attribute) and _is_self(node.value) for node in ast.walk(forward)):
        raise Refused(f"{where}: {entry.name} keeps something between calls, which a function does not")
    lines = written.splitlines()[forward.lineno - 1 : forward.end_lineno]
    source = textwrap.dedent("\n".join(lines)).replace("def forward(self, ", f"def {name}(", 1)
    return CalledText(name, tuple(draft.helpers), source)


def defined(text: str) -> str:
    """The name of the function or class that a helper defines."""
    return text.split("(", 1)[0].split(":", 1)[0].split()[-1]


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"
