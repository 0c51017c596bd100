"""`compile(optimizer=..., loss=..., metrics=[...])` as the objects of a loop: each by its own entry."""

from __future__ import annotations

import ast
import re
from typing import Any

from equivalence.catalogue.index import Index
from equivalence.catalogue.named_objects import named_object
from equivalence.emit.compiled_parts import metric_meant
from equivalence.emit.short_text import CODE, short
from equivalence.emit.text_imports import imports_of
from equivalence.emit.written_text import emit_written
from equivalence.errors import Refused
from equivalence.schema import Entry
from equivalence.search.call_text import called_node
from equivalence.search.names import called
from equivalence.this_call.call_form import Form
from equivalence.this_call.call_forms import forms
from equivalence.this_call.stated_call import settings_of
from equivalence.torch_side.oracle import TorchOracle
from equivalence.translation.held_layers import snake_case

COMPILE = "keras.Model.compile"
_TOLD = ("optimizer", "loss", "metrics", "weighted_metrics")


def compiled_form(text: str, index: Index) -> Form | None:
    """The optimizer, the loss and the metrics that the call in `text` names, as a loop has them; None where it names
    none of them. Raises Refused where one is none of Keras's, or is no more than a name."""
    node = called_node(text)
    assert node is not None
    given = dict(zip(_TOLD[:2], node.args, strict=False))
    given |= {str(each.arg): each.value for each in node.keywords}
    helpers: list[str] = []
    lines: list[str] = []
    if "optimizer" in given:
        entry, config = _object(given["optimizer"], "keras.optimizers", index)
        written = emit_written(entry, config, TorchOracle())
        helpers += written.helpers
        lines += [f"{name} = {made}" for name, made in written.lines]  # a schedule's is the second
    loss: tuple[Entry, dict[str, Any]] | None = None
    if "loss" in given:
        loss = _object(given["loss"], "keras.losses", index)
        (form, *others) = forms(loss[0], {**loss[1], "reduction": "none"})
        if others:
            raise Refused(f"loss={ast.unparse(given['loss'])} depends on its inputs: look it up by itself")
        helpers += [each for each in form.said.helpers if not each.startswith(("import ", "from "))]
        helpers, lines = _with_function(snake_case(loss[0].name), form.said.lines, helpers, lines)
    metrics = {}
    for name in ("metrics", "weighted_metrics"):
        for each in _listed(given.get(name)):
            entry, config = _metric(each, loss, index)
            written = emit_written(entry, config, TorchOracle())
            helpers += [helper for helper in written.helpers if helper not in helpers]
            metrics[re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", entry.name).lower()] = written.expression
    if metrics:
        lines.append("metrics = {" + ", ".join(f'"{name}": {made}' for name, made in metrics.items()) + "}")
    if not lines:
        return None
    text = "\n\n\n".join(["\n".join(imports_of([*helpers, *lines])), *helpers, "\n".join(lines)])
    return Form("", short(text), CODE, {}, {})


def _object(node: ast.expr, home: str, index: Index) -> tuple[Entry, dict[str, Any]]:
    what = home.rpartition(".")[2].removesuffix("es" if home.endswith("losses") else "s")
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        entry, config = named_object(node.value, home, f"the {what}")
        return entry, dict(config)
    name = ast.unparse(node.func if isinstance(node, ast.Call) else node)
    found = [index.entry(key) for key in called(index.names, name)[1] if key.rpartition(".")[0] == home]
    if not found:
        raise Refused(f"the {what} {name:.60} is none of {home} that an entry translates: write it yourself")
    entry = next((each for each in found if each.is_class), found[0])
    return entry, settings_of(ast.unparse(node), entry, index, TorchOracle()) if isinstance(node, ast.Call) else {}


def _metric(node: ast.expr, loss: tuple[Entry, dict[str, Any]] | None, index: Index) -> tuple[Entry, dict[str, Any]]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and loss is not None:
        of = loss[0].name
        kind = "Binary" if of.startswith("Binary") else "Sparse" if of.startswith("Sparse") else "Categorical"
        meant = metric_meant(node.value, one=kind == "Binary", sparse=kind == "Sparse")
        return _object(ast.Constant(meant), "keras.metrics", index)
    return _object(node, "keras.metrics", index)


def _listed(node: ast.expr | None) -> list[ast.expr]:
    if node is None:
        return []
    return node.elts if isinstance(node, (ast.List, ast.Tuple)) else [node]


def _with_function(
    name: str, said: tuple[str, ...], helpers: list[str], lines: list[str]
) -> tuple[list[str], list[str]]:
    """The helpers and the lines with those of an expression, as a function of predictions and targets that gives one
    number for each sample."""
    *before, last = ast.parse("\n".join(said)).body
    value = last.value if isinstance(last, (ast.Expr, ast.Assign)) else None
    assert value is not None
    if not before:
        return helpers, [*lines, f"loss = lambda y_pred, y_true: {ast.unparse(value)}"]
    told = [*(ast.unparse(part) for part in before), f"return {ast.unparse(value)}"]
    body = "\n".join(f"    {line}" for text in told for line in text.split("\n"))
    return [*helpers, f"def {name}(y_pred, y_true):\n{body}"], [*lines, f"loss = {name}"]
