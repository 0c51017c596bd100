"""The forward of a port once more, as a function of the module that gives further tensors beside the outputs.

What a penalty of an activity is taken of, and the mask that an output has in Keras, may stand in the middle of a line
of the port, where no hook reaches. Both are written from the same values as the port's own forward.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from equivalence.emit.called_text import defined
from equivalence.emit.class_text import annotation, parameter, signature
from equivalence.emit.draft import FileDraft
from equivalence.emit.forward_text import ForwardText
from equivalence.emit.line_breaking import broken, indented
from equivalence.translation.call_site import Value
from equivalence.translation.order import KERAS


class Beside(NamedTuple):
    """The text of the function, what of the port's file it calls, and what its caller calls the further tensors."""

    name: str
    source: str
    imported: tuple[str, ...]
    names: tuple[str, ...]


class Further(NamedTuple):
    """A tensor beside the outputs: its name in the script, what it is, and a value or the expression that makes it."""

    name: str
    says: str
    made: Value | str


#: What such a function may be called, by what it gives.
NAMES = ("with_penalty", "with_mask", "with_penalty_and_mask")


def _called(wanted: Sequence[Further]) -> str:
    penalty, mask, both = NAMES
    kinds = {isinstance(each.made, Value) for each in wanted}
    return both if len(kinds) > 1 else mask if True in kinds else penalty


def beside_outputs(draft: FileDraft, wanted: Sequence[Further]) -> Beside:
    """The forward of the model with further tensors, in which the module is an argument."""
    model = draft.classes[-1]
    values, trees = [*model.forward.values], dict(model.forward.trees)
    more = list[Value]()
    for index, each in enumerate(wanted):
        value = each.made
        if isinstance(value, str):
            value = Value(f"_v0{index}_", value, KERAS, (), hint=each.name)
            values.append(value)
            trees[value.token] = ast.parse(value.expr, mode="eval").body
        more.append(value)
    held: dict[str, Any] = {"values": values, "trees": trees}
    forward = replace(model.forward, **held, outputs=(model.outputs, *more))
    inputs = {name for name, _, _ in forward.inputs}
    module = next(name for name in ("model", "module", "port", "net") if name not in inputs)
    text = ForwardText(forward, False, {*draft.names, module})
    body = [(prefix, _Renamed(module).visit(copy.deepcopy(tree))) for _, prefix, tree in text.statements()]
    used = {node.id for _, tree in body for node in ast.walk(tree) if isinstance(node, ast.Name)}
    parameters = [f"{module}: {model.name}", *(f"{name}: {parameter(value)}" for name, value, _ in forward.inputs)]
    lines = [
        signature(_called(wanted), parameters, annotation(forward.returned), 0),
        f'    """The outputs of the model, and {" and ".join(dict.fromkeys(each.says for each in wanted))}."""',
        *(indented(broken(prefix, tree, 4), 1) for prefix, tree in body),
    ]
    imported = tuple(sorted(used & {defined(text) for text in draft.helpers}))
    return Beside(_called(wanted), "\n".join(lines), imported, tuple(each.name for each in wanted))


class _Renamed(ast.NodeTransformer):
    """Writes a name for `self`."""

    def __init__(self, name: str) -> None:
        self.name = name

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self.name if node.id == "self" else node.id, node.ctx)
