"""Classes of the text, and functions that are blocks: made, called, and what of Keras's base classes they use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from equivalence.snippets.functions import bind, run_body
from equivalence.snippets.known_values import (
    MODE,
    Bound,
    Class,
    Example,
    Function,
    Instance,
    NotUnderstood,
    Parent,
    Scope,
    Tensor,
    Unknown,
)
from equivalence.snippets.making import Making, automatic
from equivalence.translation.graph import ClassName, Graph, Held, Layer, Stored
from equivalence.translation.python_text import class_name
from equivalence.translation.structure import leaves, leaves_of, mapped

if TYPE_CHECKING:
    from equivalence.snippets.reading_state import Reading

#: Methods of Keras's that say nothing about what is computed.
_WITHOUT_EFFECT = ("summary", "get_config", "from_config", "add_metric", "count_params")


def instantiate(reader: Reading, cls: Class, args: list[Any], kwargs: dict[str, Any], line: int) -> Instance:
    """A layer or model of a class of the text: its `__init__` is read."""
    if cls.kind == "keras.Sequential":
        raise NotUnderstood("a class of keras.Sequential; write keras.Model, or a function", line)
    made = Instance(cls, line)
    if (found := cls.method("__init__")) is not None:
        owner, function = found
        before, reader.home = reader.home, Making(reader.tracker)
        try:
            scope = bind(function, args, kwargs, line, Scope(around=owner.scope), skip=1)
            made.settings.update(_numbers(scope.names))
            _run(reader, made, owner, function, scope)
        finally:
            reader.home = before
    if isinstance(kwargs.get("name"), str):
        made.name, made.named = kwargs["name"], True
    reader.instances.append(made)
    return made


def _numbers(names: dict[str, Any]) -> dict[str, int | float]:
    return {
        name: value for name, value in names.items() if isinstance(value, (int, float)) and not isinstance(value, bool)
    }


def _run(reader: Reading, instance: Instance, owner: Class, function: Function, scope: Scope) -> Any:
    """What a method returns; `scope` has its arguments but for the instance."""
    arguments = function.node.args
    first = [*arguments.posonlyargs, *arguments.args][:1]
    if not first:
        raise NotUnderstood(f"{owner.name}.{function.name} takes no self", function.node.lineno)
    scope.names[first[0].arg] = instance
    scope.owner, scope.first = owner, instance
    return run_body(reader, function, scope)


def run_method(
    reader: Reading, instance: Instance, cls: Class | None, function: Function, args: Any, kwargs: Any, line: int
) -> Any:
    """What a method of the text gives; its calls belong to the code that calls it."""
    assert cls is not None
    return _run(reader, instance, cls, function, bind(function, args, kwargs, line, cls.scope, skip=1))


def attribute_of(reader: Reading, instance: Instance, name: str, line: int) -> Any:
    """An attribute or a method. Raises NotUnderstood for one that nothing gave it."""
    if name in instance.attributes:
        value = instance.attributes[name]
        if isinstance(value, Unknown):
            raise NotUnderstood(value.because, line)
        return value
    if name in instance.cls.constants:
        return instance.cls.constants[name]
    if name == "name":
        return instance.name or automatic(instance.cls.name)
    if (found := instance.cls.method(name)) is not None and name not in ("call", "__call__"):
        return Bound(instance, name, found[1], found[0])
    return Bound(instance, name)


def attribute_of_parent(parent: Parent, name: str, line: int) -> Any:
    """What `super().name` is."""
    for base in parent.cls.bases:
        if isinstance(base, Class) and (found := base.method(name)) is not None:
            return Bound(parent.instance, name, found[1], found[0])
    return Bound(parent.instance, f"super.{name}")


def keras_method(reader: Reading, instance: Instance, name: str, args: list[Any], kwargs: Any, line: int) -> Any:
    """A method that the class has of Keras's. Raises NotUnderstood for most."""
    match name.removeprefix("super."):
        case "__init__":
            if isinstance(kwargs.get("name"), str):
                instance.name, instance.named = kwargs["name"], True
            if leaves_of(Tensor, [*args, *kwargs.values()]):
                raise NotUnderstood("a class that hands inputs and outputs to keras.Model", line)
            return None
        case "build":
            if name == "build" and (shape := next(iter([*args, *kwargs.values()]), None)) is not None:
                call_on_examples(reader, instance, [examples_of(shape, instance, line)], line)
            return None
        case "add_weight" | "add_variable":
            return _weight(instance, args, kwargs, line)
        case "call" | "__call__" if not name.startswith("super."):
            return call_instance(reader, instance, args, kwargs, line)
        case other if other in _WITHOUT_EFFECT:
            return {}
    raise NotUnderstood(f"the method {name!r:.60} of {instance.cls.name} is not known here", line)


def examples_of(shape: Any, instance: Instance | None, line: int) -> Any:
    """Examples by what `build` is given: a shape with its batch, or several."""
    if isinstance(shape, (list, tuple)) and shape and all(n is None or isinstance(n, int) for n in shape):
        return Example(tuple(shape), "float32")
    if isinstance(shape, list):
        return [examples_of(part, instance, line) for part in shape]
    raise NotUnderstood("build is given no shape that is known", line)


def _weight(instance: Instance, args: list[Any], kwargs: dict[str, Any], line: int) -> Held:
    """A weight of its own. Raises NotUnderstood where its shape is not known."""
    given = dict(
        zip(("name", "shape") if args and isinstance(args[0], str) else ("shape", "initializer"), args, strict=False)
    )
    given.update(kwargs)
    shape = given.get("shape", ())
    shape = (shape,) if isinstance(shape, int) else shape
    if not isinstance(shape, (tuple, list)) or not all(type(n) is int and 0 < n < 10**7 for n in shape):
        raise NotUnderstood("the shape of a weight is not known", line)
    name = given.get("name") or "weight"
    stored = Stored(f"{instance.name}/{name}", "", tuple(shape), "float32", _unread)
    return Held(stored, True, given.get("trainable", True) is not False)


def _unread() -> NoReturn:
    raise ValueError("a definition without weights has no numbers")


# -- calls ---------------------------------------------------------------------------------------


def call_instance(reader: Reading, instance: Instance, args: list[Any], kwargs: dict[str, Any], line: int) -> Any:
    """What a layer of the text gives of tensors: its `call` becomes a graph of its own."""
    found = instance.cls.method("call")
    if found is None:
        raise NotUnderstood(f"{instance.cls.name} has no method call", line)
    if leaves_of(Example, [*args, *kwargs.values()]):
        return call_on_examples(reader, instance, args, line)
    owner, function = found
    home = reader.home
    making = instance.making.again(home) if instance.making else Making(reader.tracker, home, instance.cls.name)
    instance.making = instance.making or making
    _build(reader, instance, args, making, line)

    def body(given: list[Any], named: dict[str, Any]) -> Any:
        scope = bind(function, given, named, line, owner.scope, skip=1)
        _mode(scope, function)
        return _run(reader, instance, owner, function, scope)

    graph, outputs, tensors = _made(reader, making, body, function, args, kwargs, 1, instance.settings)
    first = instance.layer is None
    if instance.layer is None:
        name = instance.name or automatic(instance.cls.name)
        instance.layer = Layer(name, graph.cls, {}, graph=graph)
        home.placed(instance.layer, name, instance.line)
    return home.call(instance.layer, tensors, {}, outputs, None if first else graph)


def call_block(reader: Reading, function: Function, args: list[Any], kwargs: dict[str, Any], line: int) -> Any:
    """What a function of the text gives of tensors: every call of it is an instance of one class."""
    home = reader.home
    making = Making(reader.tracker, home, class_name(function.name))
    scopes: list[Scope] = []

    def body(given: list[Any], named: dict[str, Any]) -> Any:
        scope = bind(function, given, named, line, function.scope)
        _mode(scope, function)
        scopes.append(scope)
        settings.update(_numbers(scope.names))
        return run_body(reader, function, scope)

    settings: dict[str, int | float] = {}
    graph, outputs, tensors = _made(reader, making, body, function, args, kwargs, 0, settings)
    layer = Layer(function.name, graph.cls, {}, graph=graph)
    home.placed(layer, function.name, line)
    reader.blocks.setdefault(function.name, function)
    return home.call(layer, tensors, {}, outputs)


def _mode(scope: Scope, function: Function) -> None:
    """The argument `training`, where nobody says what it is."""
    arguments = function.node.args
    names = [argument.arg for argument in (*arguments.args, *arguments.kwonlyargs)]
    if "training" in names and (scope.names.get("training") is None or scope.names["training"] is False):
        scope.names["training"] = MODE


def _made(
    reader: Reading,
    making: Making,
    body: Callable[[list[Any], dict[str, Any]], Any],
    function: Function,
    args: Sequence[Any],
    kwargs: dict[str, Any],
    skip: int,
    settings: dict[str, int | float],
) -> tuple[Graph, Any, list[Tensor]]:
    """The graph of a body, the values that it returns, and the tensors of the code around that it is called with."""
    home, given = reader.home, list[Tensor]()
    arguments = function.node.args
    listed = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)][skip:]

    def inside(value: Any, name: str) -> Any:
        found = leaves_of(Tensor, value)

        def one(leaf: Any) -> Any:
            if not isinstance(leaf, Tensor):
                return leaf
            home.local(leaf)
            given.append(leaf)
            wanted = name if len(found) == 1 else f"{name}_{len([t for t in given if t in found])}"
            return making.input(wanted, leaf.value.shape, leaf.value.dtype, leaf.value)

        return mapped(one, value) if found else value

    reader.home = making
    making.line = function.node.lineno
    try:
        inner = [inside(value, name) for value, name in zip(args, [*listed, *["input"] * len(args)], strict=False)]
        named = {name: inside(value, name) for name, value in kwargs.items()}
        returned = body(inner, named)
        graph = making.graph(
            making.own, returned, ClassName("", making.own, f"text>{making.own}"),
            traced=True, own=making.own, settings=settings,
        )  # fmt: skip
    finally:
        reader.home = home
    if any(not isinstance(leaf, Tensor) for leaf in leaves(returned)):
        raise NotUnderstood(f"{making.own} returns something else than tensors", making.line)
    reader.makings[id(graph)] = making
    outputs = mapped(lambda tensor: tensor.value, returned)
    return graph, outputs, [*given, *making.captured.values()]


def _build(reader: Reading, instance: Instance, args: Sequence[Any], making: Making, line: int) -> None:
    """Reads `build`, with the shape of what the layer is first called on."""
    if instance.built:
        return
    instance.built = True
    if (found := instance.cls.method("build")) is None or not args:
        return
    owner, function = found
    shapes = mapped(lambda leaf: leaf.value.shape if isinstance(leaf, Tensor) else leaf, args[0])
    before, reader.home = reader.home, making
    try:
        scope = bind(function, [shapes], {}, line, owner.scope, skip=1)
        _run(reader, instance, owner, function, scope)
    finally:
        reader.home = before


def call_on_examples(reader: Reading, instance: Instance, args: list[Any], line: int) -> Any:
    """Calls a model on tensors that stand for its inputs: it is then a model of its own."""
    if instance.graph is not None or instance.layer is not None:
        return Unknown("it is what a model gives of numbers")
    found = instance.cls.method("call")
    if found is None:
        raise NotUnderstood(f"{instance.cls.name} has no method call", line)
    around = Making(reader.tracker)
    example = 0

    def declared(leaf: Any) -> Any:
        nonlocal example
        if not isinstance(leaf, Example):
            return leaf
        example += 1
        return around.input(f"input_{example}", (None, *leaf.shape[1:]), leaf.dtype)

    before, reader.home = reader.home, around
    try:
        call_instance(reader, instance, [mapped(declared, value) for value in args], {}, line)
    finally:
        reader.home = before
    called: Layer | None = instance.layer
    instance.graph = called.graph if called else None
    return Unknown("it is what a model gives of numbers")
