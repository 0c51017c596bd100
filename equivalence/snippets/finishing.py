"""What a text defines and nothing in it calls: functions called by their defaults, classes made, models built."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from functools import partial

from equivalence.emit.again import Again
from equivalence.snippets import models_made, own_classes
from equivalence.snippets.known_values import Class, Example, Function, Instance, NetModel, NotUnderstood, not_followed
from equivalence.snippets.reader import Reader

#: What is said of a model whose input nothing tells.
UNSAID = "what its input is, is not said: give the shape of its input (--input 224,224,3)"


def finish(reader: Reader, inputs: Sequence[Example] = ()) -> list[str]:
    """Builds what is not built; returns the names of models whose input nothing tells.

    `inputs`: what models of unknown inputs are called on.
    """
    _call_functions(reader)
    _make_instances(reader)
    unsaid: list[str] = []
    for net in list(reader.models):
        if net.graph is None and not net.inside:
            _tried(reader, net.line, partial(_build, reader, net, inputs, unsaid))
    for instance in list(reader.instances):
        if instance.graph is None and instance.layer is None and not _is_held(reader, instance):
            _tried(reader, instance.cls.node.lineno, partial(_call, reader, instance, inputs, unsaid))
    return unsaid


def _tried(reader: Reader, line: int, action: Callable[[], object]) -> None:
    statement = max((first for first in reader.statements if first <= line), default=line)
    try:
        action()
    except Again:
        raise
    except Exception as error:
        reader.failed.setdefault(statement, not_followed(error, line))


def _call_functions(reader: Reader) -> None:
    """Functions that build models, called with what their arguments are left out."""
    for function in list(reader.module.names.values()):
        if not isinstance(function, Function) or not isinstance(function.node, ast.FunctionDef):
            continue
        if id(function) in reader.called or not _builds(function):
            continue
        at = function.node.lineno
        _tried(reader, at, partial(reader.call, function, [], {}, _at(at)))


def _builds(function: Function) -> bool:
    called = {
        ast.unparse(part.func).rpartition(".")[2] for part in ast.walk(function.node) if isinstance(part, ast.Call)
    }
    return bool(called & {"Input", "Sequential", "Model"})


def _make_instances(reader: Reader) -> None:
    """Classes of models, and of layers that nothing makes, made with what their arguments are left out."""
    made = {id(instance.cls) for instance in reader.instances}
    classes = [value for value in reader.module.names.values() if isinstance(value, Class)]
    for cls in sorted(classes, key=lambda cls: "Model" not in cls.kind):
        if id(cls) in made or any(cls in other.bases for other in classes):
            continue
        try:
            own_classes.instantiate(reader, cls, [], {}, cls.node.lineno)
        except NotUnderstood as error:
            reader.unfinished[cls.name] = error.because
        made |= {id(instance.cls) for instance in reader.instances}


def _is_held(reader: Reader, instance: Instance) -> bool:
    """Whether another instance keeps it: what it is called on is seen there."""

    def holds(value: object) -> bool:
        return value is instance or (isinstance(value, (list, tuple)) and any(map(holds, value)))

    return any(holds(value) for other in reader.instances for value in other.attributes.values())


def _build(reader: Reader, net: NetModel, inputs: Sequence[Example], unsaid: list[str]) -> None:
    first = net.items[0][0] if net.items else None
    if net.shape is None and getattr(first, "input_shape", None) is None and not isinstance(first, NetModel):
        if not inputs:
            unsaid.append(net.name or "model")
            raise NotUnderstood(UNSAID, net.line)
        net.shape, net.dtype = (None, *inputs[0].shape[1:]), inputs[0].dtype
    models_made.build(reader, net, net.line)


def _call(reader: Reader, instance: Instance, inputs: Sequence[Example], unsaid: list[str]) -> None:
    if not inputs:
        unsaid.append(instance.cls.name)
        raise NotUnderstood(UNSAID, instance.cls.node.lineno)
    found = instance.cls.method("call")
    several = 0
    if found is not None:
        arguments = found[1].node.args
        several = len(arguments.args) - 1 - len(arguments.defaults)
    given = list(inputs[: max(several, 1)])
    own_classes.call_on_examples(reader, instance, given, instance.cls.node.lineno)


def _at(line: int) -> ast.expr:
    return ast.Constant(None, lineno=line, col_offset=0)
