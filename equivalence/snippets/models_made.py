"""Sequential and functional models: made, added to, called, built."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from equivalence.snippets.known_values import (
    Example,
    Function,
    Instance,
    Mode,
    NetModel,
    NotUnderstood,
    Stock,
    Symbol,
    Tensor,
    Unknown,
)
from equivalence.snippets.making import Making
from equivalence.snippets.own_classes import examples_of
from equivalence.translation.graph import ClassName, Graph, Layer, Ref
from equivalence.translation.structure import leaves_of, mapped

if TYPE_CHECKING:
    from equivalence.snippets.reading_state import Reading

#: Functions that make a tensor of a shape: what models are called on for a try.
_EXAMPLES = (
    "tf.zeros", "tf.ones", "tf.random.normal", "tf.random.uniform", "numpy.zeros", "numpy.ones", "numpy.random.rand",
    "numpy.random.randn", "numpy.random.random", "numpy.random.normal", "keras.ops.zeros", "keras.ops.ones",
    "keras.random.normal", "keras.random.uniform",
)  # fmt: skip


def example(path: str, args: list[Any], kwargs: dict[str, Any]) -> Example | None:
    """The tensor that a call makes of a shape, or None."""
    if path not in _EXAMPLES:
        return None
    shape = kwargs.get(
        "shape", kwargs.get("size", args if path.endswith(("rand", "randn")) else next(iter(args), None))
    )
    if not isinstance(shape, (tuple, list)) or not shape or not all(isinstance(n, int) for n in shape):
        return None
    dtype = kwargs.get("dtype", "float32")
    dtype = dtype.path.rpartition(".")[2] if isinstance(dtype, Symbol) else str(dtype)
    return Example(tuple(shape), dtype if dtype.startswith("int") else "float32")


def made(reader: Reading, path: str, args: list[Any], kwargs: dict[str, Any], line: int) -> Any:
    """`keras.Input(...)`, `keras.Sequential(...)` or `keras.Model(...)`."""
    if path.endswith(("Input", "InputLayer")):
        return _input(reader, args, kwargs, line)
    if path == "keras.Sequential":
        net = NetModel("Sequential", line)
        listed = kwargs.get("layers", args[0] if args else None) or []
        if not isinstance(listed, (list, tuple)):
            raise NotUnderstood("the layers of a Sequential are not listed", line)
        for item in listed:
            _add(reader, net, item, line)
    else:
        given = dict(zip(("inputs", "outputs", "name"), args, strict=False)) | kwargs
        if "inputs" not in given or "outputs" not in given:
            raise NotUnderstood("a Model is made without inputs and outputs", line)
        net = NetModel("Functional", line, making=reader.home)
        graph = reader.home.functional("model", given["inputs"], given["outputs"])
        net.graph = graph
        reader.makings[id(graph)] = reader.home
        kwargs = given
    if isinstance(kwargs.get("name"), str):
        net.name, net.named, net.stated = kwargs["name"], True, True
    reader.models.append(net)
    return net


def _input(reader: Reading, args: list[Any], kwargs: dict[str, Any], line: int) -> Tensor:
    given = dict(zip(("shape", "batch_size", "dtype"), args, strict=False)) | kwargs
    for key in ("sparse", "ragged", "tensor"):
        if given.get(key):
            raise NotUnderstood(f"an input with {key}={given[key]!r:.20}", line)
    shape = given.get("shape", given.get("input_shape"))
    batch = given.get("batch_shape", given.get("batch_input_shape"))
    shape = tuple(batch[1:]) if batch is not None else (shape,) if isinstance(shape, int) else shape
    if not isinstance(shape, (tuple, list)) or not all(n is None or (type(n) is int and n > 0) for n in shape):
        raise NotUnderstood("the shape of an input is not known", line)
    dtype = given.get("dtype") or "float32"
    dtype = dtype.path.rpartition(".")[2] if isinstance(dtype, Symbol) else str(dtype)
    name = given.get("name")
    made = reader.home.input(name if isinstance(name, str) else "inputs", (None, *shape), dtype)
    if not isinstance(name, str):
        reader.home.unnamed.add(made.ref)
    return made


def _add(reader: Reading, net: NetModel, item: Any, line: int) -> None:
    if net.graph is not None:
        raise NotUnderstood("a layer is added to a model that is built", line)
    if isinstance(item, Tensor) and item.ref in item.home.specs:
        spec = item.home.specs.pop(item.ref)
        item.home.names.discard(spec.name)
        net.shape, net.dtype = spec.shape, spec.dtype
    elif isinstance(item, Function):
        net.items.append((item, item.node.lineno))
    elif isinstance(item, (Stock, Instance, NetModel)):
        net.items.append((item, item.line))
        if isinstance(item, NetModel):
            item.inside = True
    else:
        raise NotUnderstood(f"a {type(item).__name__} stands among the layers of a Sequential", line)


def model_method(reader: Reading, net: NetModel, name: str, args: list[Any], kwargs: dict[str, Any], line: int) -> Any:
    """A method of a model. Raises NotUnderstood for training and files."""
    match name:
        case "add" if net.kind == "Sequential" and len(args) == 1:
            return _add(reader, net, args[0], line)
        case "build":
            if net.graph is None and (shape := next(iter([*args, *kwargs.values()]), None)) is not None:
                found = examples_of(shape, None, line)
                if isinstance(found, Example):
                    net.shape = (None, *found.shape[1:])
            return None
        case "summary" | "count_params":
            return None
    raise NotUnderstood(f"{name}() of a model is no part of its definition", line)


def call_model(reader: Reading, net: NetModel, args: list[Any], kwargs: dict[str, Any], line: int) -> Any:
    """What a model gives of tensors, as a layer of the graph that is being made."""
    examples = leaves_of(Example, args)
    if examples:
        if net.kind == "Sequential" and net.graph is None and net.shape is None:
            net.shape, net.dtype = (None, *examples[0].shape[1:]), examples[0].dtype
        return Unknown("it is what a model gives of numbers")
    tensors = leaves_of(Tensor, args[:1])
    if not tensors or len(args) != 1:
        raise NotUnderstood("a model is called on something else than tensors", line)
    if net.graph is None:
        if net.shape is None:
            net.shape, net.dtype = tensors[0].value.shape, tensors[0].value.dtype
        build(reader, net, line)
    graph, home = net.graph, reader.home
    assert graph is not None
    net.inside = True
    if net.layer is None:
        net.layer = Layer(net.name or graph.cls.name.lower(), graph.cls, {}, graph=graph)
        home.placed(net.layer, net.layer.name, net.line)
    given = leaves_of(Tensor, args[0])
    if isinstance(args[0], dict):
        given = [args[0][spec.name] for spec in graph.specs.values() if spec.name in args[0]]
    if len(given) != len(graph.specs):
        raise NotUnderstood(f"a model of {len(graph.specs)} inputs is called on {len(given)}", line)
    outputs = reader.tracker.graph(graph, [tensor.value for tensor in given])
    kept = {key: value for key, value in kwargs.items() if value is not None and not isinstance(value, Mode)}
    made = home.call(net.layer, [args[0]], kept, outputs)
    return made


def build(reader: Reading, net: NetModel, line: int) -> None:
    """Makes the graph of a Sequential, whose input is known now. Raises NotUnderstood where it is not."""
    first = net.items[0][0] if net.items else None
    if first is None:
        raise NotUnderstood("a Sequential without layers", line)
    if net.shape is None and isinstance(first, Stock) and first.input_shape is not None:
        net.shape = (None, *first.input_shape)
        if first.entry.whole_numbers in ("indices", "keys"):
            net.dtype = "int32"
    if net.shape is None and isinstance(first, NetModel) and (first.graph or first.shape):
        if first.graph is None:
            build(reader, first, line)
        assert first.graph is not None
        spec = next(iter(first.graph.specs.values()))
        net.shape, net.dtype = spec.shape, spec.dtype
    if net.shape is None:
        raise NotUnderstood("the shape of the input of a Sequential is not said: begin it with keras.Input", line)
    making = net.making = Making(reader.tracker)
    before, reader.home = reader.home, making
    try:
        start = making.input("inputs", net.shape, net.dtype)
        tensor: Any = start
        for item, at in net.items:
            making.line = at
            making.turn += 1
            tensor = reader.call(item, [tensor], {}, ast.Constant(None, lineno=at, col_offset=0))
        outputs = mapped(lambda leaf: making.local(leaf) if isinstance(leaf, Tensor) else leaf, tensor)
    finally:
        reader.home = before
    if not leaves_of(Ref, outputs):
        raise NotUnderstood("a Sequential gives no tensor", line)
    cls = ClassName("keras", "Sequential", "")
    net.graph = Graph(
        "sequential", cls, list(making.layers.values()), making.calls, making.specs, start.ref, outputs, ordered=True
    )
    reader.makings[id(net.graph)] = making
