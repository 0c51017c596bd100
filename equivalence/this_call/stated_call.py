"""The settings that a call states, as a model file would have them; the text is read, never run."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from equivalence.catalogue.index import Index
from equivalence.catalogue.places import places
from equivalence.emit.draft import Oracle
from equivalence.errors import Refused
from equivalence.schema import REQUIRED, WRITTEN, Entry
from equivalence.search.call_text import called_node, called_with
from equivalence.search.names import called
from equivalence.snippets.expressions import evaluate
from equivalence.snippets.known_values import NotUnderstood, Scope, Stock, Symbol, Unknown
from equivalence.snippets.reader import Reader
from equivalence.snippets.stock_layers import make_layer

_MODULES = {
    "keras": "keras", "tf": "tf", "tensorflow": "tf", "layers": "keras.layers", "activations": "keras.activations",
    "np": "numpy", "numpy": "numpy", "math": "math", "initializers": "keras.initializers", "K": "keras.backend",
    "regularizers": "keras.regularizers", "constraints": "keras.constraints", "ops": "keras.ops",
}  # fmt: skip


#: What TensorFlow calls arguments that Keras's functions have by other names.
OF_TENSORFLOW = {
    "depth": "num_classes", "num_or_size_splits": "indices_or_sections", "values": "xs", "input_tensor": "x",
    "multiples": "repeats", "paddings": "pad_width", "keep_dims": "keepdims", "clip_value_min": "x_min",
    "clip_value_max": "x_max", "labels": "target", "logits": "output", "tensor": "x", "input": "x", "params": "x",
    "features": "x", "alpha": "negative_slope", "value": "x",
}  # fmt: skip
#: Among the settings of what makes batches: that targets are handed over, as its cases say it.
WITH_TARGETS = "$on"
#: What fit is given by name, as its entries are told of it.
_BY_NAME = {"validation_data": "x_val, y_val", "sample_weight": "sample_weight", "callbacks": "callbacks"}

#: Stands for a tensor that a call is given by name.
TENSOR = object()


def settings_of(text: str, entry: Entry, index: Index, oracle: Oracle) -> dict[str, Any]:
    """The configuration that the call in `text` gives an entry's symbol.

    Raises Refused, naming the argument, where Keras takes no such call, or where a value is no literal.
    """
    node = called_node(text)
    if node is None:
        raise Refused("it is no call that can be read")
    made = entry.kind == "layer"  # other things are given tensors by name
    reader = Reader(oracle, "the call")
    scope = Scope(names=_names(node, index))
    try:
        if any(isinstance(each, ast.Starred) for each in node.args) or any(each.arg is None for each in node.keywords):
            raise Refused("what stands behind * or ** is not known here: write the arguments")

        def value(part: ast.expr) -> Any:
            if not made and (schedule := _schedule(part, index, oracle)):
                return schedule
            names = (scope.names.get(each.id) for each in ast.walk(part) if isinstance(each, ast.Name))
            tensor = None if made else next((each for each in names if isinstance(each, Unknown)), None)
            return tensor or evaluate(reader, part, scope)

        args = [value(each) for each in node.args]
        kwargs = {str(each.arg): value(each.value) for each in node.keywords}
        if made:
            return _as_keras_takes(dict(make_layer(entry, args, kwargs, 0).layer.config))
        given = _as_keras_takes(_of_another(entry, args, kwargs))
        if ast.unparse(node.func).endswith("_with_logits") and entry.argument("from_logits"):
            given["from_logits"] = True
        return given
    except NotUnderstood as error:
        takes = f"; it takes {', '.join(places(entry))}" if "has no argument" in error.because else ""
        raise Refused(f"{error.because}{takes}") from error


def _schedule(part: ast.expr, index: Index, oracle: Oracle) -> dict[str, Any] | None:
    """A schedule of the learning rate that is made among the arguments, as a file holds it; None where it is none."""
    if not isinstance(part, ast.Call):
        return None
    home = "keras.optimizers.schedules"
    keys = [key for key in called(index.names, ast.unparse(part.func))[1] if key.rpartition(".")[0] == home]
    if not keys or not index.entry(keys[0]).is_class:
        return None
    entry = index.entry(keys[0])
    config = settings_of(ast.unparse(part), entry, index, oracle)
    return {"module": home, "class_name": entry.name, "config": config, "registered_name": None}


def _as_keras_takes(config: dict[str, Any]) -> dict[str, Any]:
    """Settings as a layer keeps them: Keras does not mind how "SAME" is written."""
    written = {name: config[name].lower() for name in ("padding", "mode") if isinstance(config.get(name), str)}
    return {**config, **written}


def called_on(text: str) -> dict[str, Any]:
    """What the layer made in `text` is called with by name: a literal, or TENSOR for anything else.

    Raises Refused where the names are not all written out.
    """
    found: dict[str, Any] = {}
    for keyword in called_with(text):
        if keyword.arg is None:
            raise Refused("what stands behind ** is not known here: write the arguments")
        try:
            found[keyword.arg] = ast.literal_eval(keyword.value)
        except ValueError:
            found[keyword.arg] = TENSOR
    return found


def shape_stated(text: str) -> tuple[int, ...] | None:
    """The shape of the input, without batch, that a layer's call states itself (`input_shape=(28, 28, 1)`)."""
    node = called_node(text)
    for keyword in node.keywords if node else ():
        if keyword.arg in ("input_shape", "batch_input_shape"):
            try:
                shape = ast.literal_eval(keyword.value)
            except ValueError:
                return None
            shape = (shape,) if isinstance(shape, int) else tuple(shape) if isinstance(shape, (list, tuple)) else ()
            shape = shape[1:] if keyword.arg.startswith("batch") else shape
            return shape if shape and all(type(size) is int and size > 0 for size in shape) else None
    return None


def _of_another(entry: Entry, args: list[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of what is no layer: those that its cases state as such; tensors are left out."""
    names = places(entry)
    if len(args) > len(names) and not all(isinstance(each, Unknown) for each in args[len(names) :]):
        raise Refused(f"{entry.name} takes no {len(args)} positional arguments")
    given = dict(zip(names, args, strict=False))
    for name, value in kwargs.items():
        argument = entry.argument(name) or entry.argument(OF_TENSORFLOW.get(name, name))
        if argument is None and name != "name":
            raise Refused(f"{entry.name} has no argument {name!r:.60}; it takes {', '.join(names)}")
        given[argument.keras if argument else name] = value
    stated = {key for case in entry.cases for key in case.config}
    settings = set(stated)
    if entry.kind in WRITTEN:  # none is left out unsaid
        own = (*entry.arguments, *entry.legacy)
        settings |= {each.keras for each in own if not each.inert and each.default is not REQUIRED}
    found: dict[str, Any] = {}
    if entry.kind == "data" and given.get("targets") is not None:
        found[WITH_TARGETS] = "x, y"
    for name, value in given.items():
        if name in settings and not isinstance(value, Unknown):
            found[name] = _plain(value)
        elif entry.kind == "training" and name in _BY_NAME:
            found[name] = _BY_NAME[name]
        elif any(case.config.get(name) == name for case in entry.cases):  # its entry knows it by that name
            found[name] = name
        elif entry.kind in WRITTEN and entry.kind != "data" and name in stated:
            raise Refused(f"{name}: {value.because}")
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Symbol):
        return value.path.rpartition(".")[2]
    if isinstance(value, (Stock, Unknown)):
        raise Refused(f"{value!r:.60} is no value that is known here")
    return list(value) if isinstance(value, tuple) else value


def _names(node: ast.Call, index: Index) -> dict[str, Any]:
    """What the names in a call mean: libraries by what they are called, and what Keras exports."""
    found: dict[str, Any] = {}
    for each in ast.walk(node):
        if isinstance(each, ast.Name) and each is not node.func:
            known = called(index.names, each.id)[1]
            if each.id in _MODULES:
                found[each.id] = Symbol(_MODULES[each.id])
            elif known and known[0].rpartition(".")[2] == each.id:
                found[each.id] = Symbol(known[0])
            else:
                found[each.id] = Unknown(f"{each.id} has no value here: write a number or a text for it")
    return found
