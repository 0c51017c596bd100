"""Reads a text of Keras definitions: every statement's meaning, as far as it is known without running it."""

from __future__ import annotations

import ast
from typing import Any

from equivalence.emit.again import Again
from equivalence.emit.draft import Oracle
from equivalence.emit.held_values import held_value, size_value
from equivalence.snippets import calling, own_classes
from equivalence.snippets.dims import Dim
from equivalence.snippets.expressions import evaluate
from equivalence.snippets.known_values import (
    Bound,
    Function,
    Instance,
    NetModel,
    NotUnderstood,
    Parent,
    Scope,
    Tensor,
    Unknown,
    not_followed,
)
from equivalence.snippets.making import Making
from equivalence.snippets.reading_state import Reading
from equivalence.snippets.statements import assign, execute
from equivalence.snippets.tracking import Tracker
from equivalence.translation.graph import Held

_STEPS = 500_000  # of evaluation, after which a text is given up
_DEPTH = 60


class Reader(Reading):
    """A reading; see `Reading` for what it keeps."""

    def __init__(self, oracle: Oracle, source: str, **options: Any) -> None:
        self.source = source
        self.tracker = Tracker(oracle, source, **options)
        self.module = Scope()
        self.home = Making(self.tracker)
        self.steps = 0
        self.depth = 0
        self.models: list[NetModel] = []
        self.instances: list[Instance] = []
        self.makings: dict[int, Making] = {}
        self.blocks: dict[str, Function] = {}
        self.built_by: dict[int, Any] = {}
        self.made_at: dict[int, int] = {}
        self.bound: dict[int, dict[str, Any]] = {}
        self.statements: list[int] = []
        self.called: set[int] = set()
        self.inlined: set[str] = set()
        self.from_functions: dict[int, str] = {}
        self.unfinished: dict[str, str] = {}
        self.failed: dict[int, NotUnderstood] = {}

    # -- reading -------------------------------------------------------------------------------

    def read(self, tree: ast.Module) -> None:
        """Reads a module, statement by statement; what one needs of another that is not known is not understood."""
        self.statements = [statement.lineno for statement in tree.body]
        for statement in tree.body:
            before = len(self.models), len(self.instances)
            try:
                execute(self, [statement], self.module)
            except Again:
                raise
            except Exception as error:
                self.failed[statement.lineno] = not_followed(error, statement.lineno)
                for name in _bound(statement):
                    self.module.names[name] = Unknown(f"it comes from line {statement.lineno}, which is not understood")
            for model in [*self.models[before[0] :], *self.instances[before[1] :]]:
                self.made_at.setdefault(id(model), statement.lineno)
            names = self.module.names
            self.bound[statement.lineno] = {name: names[name] for name in _bound(statement) if name in names}

    def step(self, node: ast.AST) -> None:
        """Counts what is done, so that no text keeps its reader for long. Raises NotUnderstood."""
        self.steps += 1
        if self.steps > _STEPS:
            raise NotUnderstood("there is more to do than in any definition", getattr(node, "lineno", 0))

    # -- what expressions and statements ask ---------------------------------------------------

    def assign(self, target: ast.expr, value: Any, scope: Scope) -> None:
        """See `statements.assign`."""
        assign(self, target, value, scope)

    def call(self, function: Any, args: list[Any], kwargs: dict[str, Any], node: ast.expr) -> Any:
        """See `calling.called`."""
        self.depth += 1
        if self.depth > _DEPTH:
            raise NotUnderstood("calls are nested deeper than in any definition", node.lineno)
        try:
            return calling.called(self, function, args, kwargs, node)
        finally:
            self.depth -= 1

    def defaults(self, arguments: ast.arguments, scope: Scope) -> dict[str, Any]:
        """The defaults of a function's arguments, by name."""
        listed = [*arguments.posonlyargs, *arguments.args]
        pairs = list(zip(listed[len(listed) - len(arguments.defaults) :], arguments.defaults, strict=True))
        pairs += [(arg, node) for arg, node in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if node]
        found = {}
        for arg, node in pairs:
            try:
                found[arg.arg] = evaluate(self, node, scope)
            except NotUnderstood as error:
                found[arg.arg] = Unknown(error.because)
        return found

    def instance_attribute(self, instance: Instance, name: str, line: int) -> Any:
        """See `own_classes.attribute_of`."""
        return own_classes.attribute_of(self, instance, name, line)

    def parent_attribute(self, parent: Parent, name: str, line: int) -> Any:
        """See `own_classes.attribute_of_parent`."""
        return own_classes.attribute_of_parent(parent, name, line)

    def model_attribute(self, model: NetModel, name: str, line: int) -> Any:
        """What definitions ask of a model: its layers."""
        if name == "layers" and model.kind == "Sequential":
            return [item for item, _ in model.items]
        return Bound(model, name)

    def parent_of(self, scope: Scope, line: int) -> Any:
        """What `super()` is in a method."""
        around: Scope | None = scope
        while around is not None and around.owner is None:
            around = around.around
        if around is None:
            raise NotUnderstood("super() is called outside of a class", line)
        return Parent(around.owner, around.first)

    # -- tensors as the scratch sheet and as the graph have them --------------------------------

    def in_sheet(self, leaf: Any) -> Any:
        """A tensor's stand-in."""
        if isinstance(leaf, Tensor):
            return leaf.value
        if isinstance(leaf, Held):
            return held_value(self.tracker.scope, leaf, self.source)
        if isinstance(leaf, Dim):
            tensors = [tensor.value for tensor, _ in leaf.axes]
            return size_value(self.tracker.scope, leaf.size_of(lambda tensor: tensor.ref), tensors)
        return leaf

    def in_graph(self, leaf: Any) -> Any:
        """A size as the graph that is being made has it."""
        return leaf.size_of(self.home.local) if isinstance(leaf, Dim) else leaf


def _bound(statement: ast.stmt) -> list[str]:
    """Names that a statement gives a value."""
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        return [statement.name]
    return [node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
