"""Layers and functions of Keras and TensorFlow as a text makes and calls them: bound to their entries' arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from equivalence import catalogue
from equivalence.catalogue.places import places
from equivalence.emit.declared_arrays import declare_arrays
from equivalence.errors import Refused
from equivalence.schema import Entry
from equivalence.snippets.dims import Dim
from equivalence.snippets.known_values import Mode, NetModel, NotUnderstood, Stock, Symbol, Tensor
from equivalence.snippets.library_names import activation_name
from equivalence.snippets.making import automatic
from equivalence.translation.graph import ClassName, Held, Layer
from equivalence.translation.structure import leaves_of, mapped

if TYPE_CHECKING:
    from equivalence.snippets.reading_state import Reading

#: What every layer takes and no forward depends on.
_LEFT_OUT = ("trainable", "weights", "dynamic", "input_length", "autocast", "build_config")


class Opaque(str):
    """What an initialiser, a regulariser or a constraint is here: its text."""


def make_layer(entry: Entry, args: Sequence[Any], kwargs: Mapping[str, Any], line: int) -> Stock:
    """A layer of Keras's by its constructor's arguments. Raises NotUnderstood for one that it does not take."""
    if len(args) > len(places(entry)):
        raise NotUnderstood(f"{entry.name} takes no {len(args)} positional arguments", line)
    given = dict(zip(places(entry), args, strict=False))
    for name, value in kwargs.items():
        if name in given:
            raise NotUnderstood(f"{entry.name} is given {name} twice", line)
        given[name] = value
    named = given.pop("name", None)
    shape = input_shape_of(given, line)
    module, _, cls = entry.keras.rpartition(".")
    layer = Layer(str(named or automatic(cls)), ClassName(module, cls, ""), {})
    layer.trainable = given.get("trainable", True) is not False
    made = Stock(entry, layer, line, named=named is not None, input_shape=shape)
    for name, value in given.items():
        argument = entry.argument(name)
        if name in _LEFT_OUT or (argument is not None and argument.inert and name != "seed"):
            continue
        if argument is None and name != "dtype":
            raise NotUnderstood(f"{entry.name} has no argument {name!r:.60}", line)
        if name != "seed":
            layer.config[name] = _setting(value, name, layer, line)
    try:
        declare_arrays(layer, entry)
    except Refused as error:
        raise NotUnderstood(str(error), line) from error
    return made


def input_shape_of(given: dict[str, Any], line: int) -> tuple[int | None, ...] | None:
    """The shape without batch that a first layer states, taken out of its arguments."""
    for name in ("input_shape", "batch_input_shape"):
        if (shape := given.pop(name, None)) is not None:
            shape = (shape,) if isinstance(shape, int) else shape
            if not isinstance(shape, (tuple, list)) or not all(n is None or isinstance(n, int) for n in shape):
                raise NotUnderstood(f"{name} is no shape", line)
            return tuple(shape[1:] if name.startswith("batch") else shape)
    if "input_dim" in given and "output_dim" not in given and isinstance(given["input_dim"], int):
        return (given.pop("input_dim"),)
    return None


def _setting(value: Any, name: str, layer: Layer, line: int) -> Any:
    """An argument's value as a model file has it."""
    if isinstance(value, Symbol):
        if (found := activation_name(value.path)) is not None:
            return found
        if value.path.startswith(("tf.", "numpy.")) and "dtype" in name:
            return value.path.rpartition(".")[2]
        raise NotUnderstood(f"{name} is {value.path}, of which nothing is known here", line)
    if isinstance(value, Stock):
        config = {**value.layer.config, "name": value.layer.name}
        return {
            "module": value.layer.cls.module,
            "class_name": value.layer.cls.name,
            "config": config,
            "registered_name": None,
        }
    if isinstance(value, NetModel):
        raise NotUnderstood(f"{name} is a model, which is kept inside a layer here", line)
    if isinstance(value, (list, tuple)):
        return [_setting(item, name, layer, line) for item in value]
    if value is None or isinstance(value, (bool, int, float, str, Dim)):
        return value
    raise NotUnderstood(f"{name} is of a kind that is not known here: {type(value).__name__}", line)


def call_layer(reader: Reading, stock: Stock, args: Sequence[Any], kwargs: Mapping[str, Any], line: int) -> Any:
    """What a layer gives of tensors, in the graph that is being made."""
    home = reader.home
    if stock.home is not None and stock.home.family is not home.family:
        raise NotUnderstood(f"the layer {stock.name!r:.60} is called in two places of different classes", line)
    if stock.home is None:
        home.placed(stock.layer, stock.layer.name, stock.line)
        stock.home = home
    kept = {name: value for name, value in kwargs.items() if value is not None and not isinstance(value, Mode)}
    return written(reader, stock.layer, args, kept, line)


def written(reader: Reading, layer: Layer, args: Sequence[Any], kwargs: Mapping[str, Any], line: int) -> Any:
    """The outputs of a call that an entry translates."""
    home, tracker = reader.home, reader.tracker
    shared = home.counted.get(id(layer), 0) > 0
    config = layer.config
    if leaves_of(Dim, config):
        layer.config = mapped(reader.in_sheet, config)
    try:
        made = tracker.call(layer, mapped(reader.in_sheet, list(args)), mapped(reader.in_sheet, dict(kwargs)), shared)
    except NotUnderstood as error:
        raise NotUnderstood(error.because, line) from error
    finally:
        layer.config = config
    if leaves_of(Dim, config):
        layer.config = mapped(reader.in_graph, config)
    return home.call(layer, mapped(reader.in_graph, list(args)), mapped(reader.in_graph, dict(kwargs)), made)


def operation(
    reader: Reading, entry: Entry, cls: ClassName, args: Sequence[Any], kwargs: Mapping[str, Any], line: int
) -> Any:
    """A function of tensors: what the entry's cases state as settings are its layer's configuration."""
    of_tensorflow = cls.module == "tf"
    settings = {key for case in entry.cases for key in case.config}
    names = list(places(entry))
    config: dict[str, Any] = {"function": cls.name} if of_tensorflow else {}
    given: list[Any] = []
    rest: dict[str, Any] = {}
    for place, value in enumerate(args):
        name = names[place] if place < len(names) else ""
        if name in settings and not _has_tensors(value):
            (rest if of_tensorflow else config)[name] = _plain(value, line)
        else:
            given.append(_plain(value, line))
    for name, value in kwargs.items():
        argument = entry.argument(name)
        own = argument.keras if argument else name
        if name == "name" or (value is None and own not in settings):
            continue
        if own in settings and not _has_tensors(value) and not of_tensorflow:
            config[own] = _plain(value, line)
        elif not of_tensorflow and own in names and names.index(own) == len(given):
            given.append(_plain(value, line))
        else:
            rest[name] = _plain(value, line)
    found = ClassName("", "TFOpLambda", "") if of_tensorflow else cls
    layer = Layer("", found, config)
    reader.home.placed(layer, automatic(entry.name), line)
    return written(reader, layer, given, rest, line)


def _has_tensors(value: Any) -> bool:
    return bool(leaves_of(Tensor, value) or leaves_of(Held, value))


def _plain(value: Any, line: int) -> Any:
    def leaf(part: Any) -> Any:
        if isinstance(part, Symbol):
            return part.path.rpartition(".")[2]  # a dtype: tf.float32
        if isinstance(part, slice):
            return part
        if part is None or isinstance(part, (bool, int, float, str, Dim, Tensor, Held, type(...))):
            return part
        raise NotUnderstood(f"a function of tensors is given {type(part).__name__}", line)

    return mapped(leaf, value)


def tensor_operation(reader: Reading, name: str, args: Sequence[Any], line: int) -> Any:
    """The function of keras.ops of this name, on tensors and numbers."""
    entry = catalogue.find(ClassName("keras.ops", name, ""))
    if entry is None:
        raise NotUnderstood(f"no entry translates keras.ops.{name}", line)
    return operation(reader, entry, ClassName("keras.ops", name, ""), args, {}, line)


def get_item(reader: Reading, value: Any, key: Any, line: int) -> Any:
    """`value[key]` of a tensor."""
    keys = (
        tuple(slice(*(p for p in (k.start, k.stop, k.step))) if isinstance(k, slice) else k for k in key)
        if isinstance(key, tuple)
        else key
    )
    layer = Layer("", ClassName("keras.ops", "get_item", ""), {})
    reader.home.placed(layer, "get_item", line)
    return written(reader, layer, [value, keys], {}, line)


def activation(reader: Reading, name: str, args: Sequence[Any], kwargs: Mapping[str, Any], line: int) -> Any:
    """An activation as a function: as the layer Activation does, or, with settings, as keras.ops does."""
    if len(args) + len(kwargs) > 1:
        entry = catalogue.find(ClassName("keras.ops", name, ""))
        if entry is None:
            raise NotUnderstood(f"keras.activations.{name} is known with one argument alone", line)
        return operation(reader, entry, ClassName("keras.ops", name, ""), args, kwargs, line)
    layer = Layer("", ClassName("keras.layers", "Activation", ""), {"activation": name})
    reader.home.placed(layer, name, line)
    return written(reader, layer, [*args, *kwargs.values()], {}, line)
