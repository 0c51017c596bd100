"""What the parts of a reader know of it, and ask it for."""

from __future__ import annotations

import ast
from typing import Any, Protocol

from equivalence.snippets.known_values import Function, Instance, NetModel, NotUnderstood, Parent, Scope
from equivalence.snippets.making import Making
from equivalence.snippets.tracking import Tracker


class Reading(Protocol):
    """One reading of a text: its names, the models that it defines, and what was not understood."""

    source: str  # what messages call the text
    tracker: Tracker
    module: Scope
    home: Making  # what calls are noted in now
    models: list[NetModel]  # as they are made
    instances: list[Instance]
    makings: dict[int, Making]  # by id() of a graph: what it was made in, with lines and names
    blocks: dict[str, Function]  # functions that became classes, by name
    built_by: dict[int, Any]  # by id() of a function: what it returned, where it builds models
    made_at: dict[int, int]  # by id() of a model: the line of the module's statement that made it
    bound: dict[int, dict[str, Any]]  # by line: what a statement of the module gave names to
    statements: list[int]  # the lines of the module's statements
    called: set[int]  # id() of functions that were called
    inlined: set[str]  # functions that are written where they are called
    from_functions: dict[int, str]  # by id() of a model: the function that returned it
    unfinished: dict[str, str]  # by name of a class: why it is not made
    failed: dict[int, NotUnderstood]  # by the line of a statement of the module

    def step(self, node: ast.AST) -> None: ...

    def assign(self, target: ast.expr, value: Any, scope: Scope) -> None: ...

    def call(self, function: Any, args: list[Any], kwargs: dict[str, Any], node: ast.expr) -> Any: ...

    def defaults(self, arguments: ast.arguments, scope: Scope) -> dict[str, Any]: ...

    def instance_attribute(self, instance: Instance, name: str, line: int) -> Any: ...

    def parent_attribute(self, parent: Parent, name: str, line: int) -> Any: ...

    def model_attribute(self, model: NetModel, name: str, line: int) -> Any: ...

    def parent_of(self, scope: Scope, line: int) -> Any: ...

    def in_sheet(self, leaf: Any) -> Any: ...

    def in_graph(self, leaf: Any) -> Any: ...
