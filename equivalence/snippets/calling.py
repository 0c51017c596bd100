"""Calls: of layers, models, functions and classes of the text, and of what Keras and TensorFlow have."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from equivalence.snippets import models_made, own_classes
from equivalence.snippets.dims import shape_of
from equivalence.snippets.functions import bind, run_body
from equivalence.snippets.known_values import (
    MODE,
    Bound,
    Class,
    Function,
    Instance,
    NetModel,
    NotUnderstood,
    Stock,
    Symbol,
    Tensor,
    Unknown,
)
from equivalence.snippets.library_names import activation_name, layer_entry, merging_entry, operation_entry
from equivalence.snippets.making import Making
from equivalence.snippets.plain_python import FUNCTIONS, NUMBERS, plainly
from equivalence.snippets.stock_layers import Opaque, activation, call_layer, make_layer, operation
from equivalence.translation.graph import Held
from equivalence.translation.structure import leaves

if TYPE_CHECKING:
    from equivalence.snippets.reading_state import Reading


def called(reader: Reading, function: Any, args: list[Any], kwargs: dict[str, Any], node: ast.expr) -> Any:
    """What a call gives. Raises NotUnderstood where that is not known."""
    line = node.lineno
    match function:
        case Symbol():
            return _of_library(reader, function.path, args, kwargs, line)
        case Stock():
            return call_layer(reader, function, args, kwargs, line)
        case NetModel():
            return models_made.call_model(reader, function, args, kwargs, line)
        case Instance():
            return own_classes.call_instance(reader, function, args, kwargs, line)
        case Class():
            return own_classes.instantiate(reader, function, args, kwargs, line)
        case Function():
            return call_function(reader, function, args, kwargs, line)
        case Bound():
            return _bound(reader, function, args, kwargs, line)
    if callable(function):
        return plainly(lambda: function(*args, **kwargs), line)
    raise NotUnderstood(f"a {type(function).__name__} is called", line)


def _bound(reader: Reading, bound: Bound, args: list[Any], kwargs: dict[str, Any], line: int) -> Any:
    if bound.function is not None:
        return own_classes.run_method(reader, bound.owner, bound.cls, bound.function, args, kwargs, line)
    if isinstance(bound.owner, NetModel):
        return models_made.model_method(reader, bound.owner, bound.name, args, kwargs, line)
    if isinstance(bound.owner, Instance):
        return own_classes.keras_method(reader, bound.owner, bound.name, args, kwargs, line)
    raise NotUnderstood(f"the method {bound.name!r:.60} of a layer is not known here", line)


# -- functions of the text -----------------------------------------------------------------------


def call_function(reader: Reading, function: Function, args: list[Any], kwargs: dict[str, Any], line: int) -> Any:
    """What a function of the text gives: on tensors it is a block, which becomes a class; else its body is read."""
    given = [*args, *kwargs.values()]
    reader.called.add(id(function))
    if any(isinstance(leaf, (Tensor, Held)) for leaf in leaves(given)):
        if _is_block(reader, function, given):
            return own_classes.call_block(reader, function, args, kwargs, line)
        reader.inlined.add(function.name)
        return run_body(reader, function, bind(function, args, kwargs, line, function.scope))
    before, home, count = reader.home, Making(reader.tracker), len(reader.models)
    reader.home = home
    try:
        made = run_body(reader, function, bind(function, args, kwargs, line, function.scope))
    finally:
        reader.home = before
    if isinstance(made, NetModel) or any(isinstance(part, NetModel) for part in leaves(made)):
        reader.built_by[id(function)] = made
        for model in reader.models[count:]:
            reader.from_functions.setdefault(id(model), function.name)
    return made


def _is_block(reader: Reading, function: Function, given: list[Any]) -> bool:
    """Whether a function can be a class of its own: it is given no layers, and is of more than an expression."""
    if isinstance(function.node, ast.Lambda):
        return False
    if any(isinstance(part, (Stock, Instance, NetModel, Function, Held)) for part in leaves(given)):
        return False
    makes = [part for part in ast.walk(function.node) if isinstance(part, ast.Call) and isinstance(part.func, ast.Call)]
    return bool(makes)


# -- of libraries --------------------------------------------------------------------------------


def _of_library(reader: Reading, path: str, args: list[Any], kwargs: dict[str, Any], line: int) -> Any:
    if path.startswith("builtins."):
        return _of_python(path.removeprefix("builtins."), args, kwargs, line)
    if path in NUMBERS and callable(NUMBERS[path]):
        return plainly(lambda: NUMBERS[path](*args, **kwargs), line)
    if path in ("keras.Model", "keras.Sequential", "keras.Input", "keras.layers.InputLayer"):
        return models_made.made(reader, path, args, kwargs, line)
    if path.startswith(("keras.initializers.", "keras.regularizers.", "keras.constraints.")):
        return Opaque(path)
    if path == "keras.activations.get" and len(args) == 1:
        return Symbol(f"keras.activations.{args[0]}") if isinstance(args[0], str) else args[0]
    if path in ("keras.layers.Layer", "keras.Layer"):
        raise NotUnderstood("keras.layers.Layer computes nothing by itself", line)
    if path.startswith("keras.layers."):
        name = path.removeprefix("keras.layers.")
        if name == "Lambda" and args and isinstance(args[0], Function):
            return args[0]  # a function of the text, which is read where it is called
        if (entry := layer_entry(name)) is not None:
            return make_layer(entry, args, kwargs, line)
        if (entry := merging_entry(name)) is not None and args:
            return call_layer(reader, make_layer(entry, args[1:], kwargs, line), args[:1], {}, line)
        raise NotUnderstood(f"no entry translates {path}", line)
    if path in ("tf.shape", "keras.ops.shape") and args and isinstance(args[0], Tensor):
        return shape_of(args[0])
    if path in ("tf.identity", "tf.convert_to_tensor", "keras.ops.convert_to_tensor") and args:
        return args[0]
    if path in ("tf.rank", "keras.ops.ndim") and args and isinstance(args[0], Tensor):
        return args[0].value.rank
    given = [*args, *kwargs.values()]
    if any(isinstance(leaf, (Tensor, Held)) for leaf in leaves(given)):
        if (function := activation_name(path)) is not None:
            return activation(reader, function, args, kwargs, line)
        if (found := operation_entry(path)) is not None:
            return operation(reader, *found, args, kwargs, line)
        raise NotUnderstood(f"no entry translates {path}", line)
    drawn = models_made.example(path, args, kwargs)
    if drawn is not None:
        return drawn
    if (found := operation_entry(path)) is not None and path.startswith("keras.ops."):
        return operation(reader, *found, args, kwargs, line)
    raise NotUnderstood(f"{path} is not known here", line)


def _of_python(name: str, args: list[Any], kwargs: dict[str, Any], line: int) -> Any:
    if name == "print":
        return None
    if name == "isinstance":
        kinds = {"int": int, "float": float, "str": str, "list": list, "tuple": tuple, "bool": bool, "dict": dict}
        wanted = args[1] if isinstance(args[1], tuple) else (args[1],)
        names = [kind.path.rpartition(".")[2] for kind in wanted if isinstance(kind, Symbol)]
        if len(names) == len(wanted) and all(kind in kinds for kind in names):
            return isinstance(args[0], tuple(kinds[kind] for kind in names))
        raise NotUnderstood("isinstance is known of plain values alone", line)
    if name not in FUNCTIONS or any(isinstance(value, (Unknown, type(MODE))) for value in leaves(args)):
        raise NotUnderstood(f"{name}() is not known here", line)
    if name == "len" and args and isinstance(args[0], NetModel):
        return len(args[0].items)
    return plainly(lambda: FUNCTIONS[name](*args, **kwargs), line)
