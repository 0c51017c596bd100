"""Arguments of a call as files write them, in both generations, to values with Ref leaves."""

from __future__ import annotations

from typing import Any

from equivalence.formats.document import Document
from equivalence.formats.refusal import shown
from equivalence.translation.graph import Constant, Ref
from equivalence.translation.structure import mapped

Arguments = tuple[list[Any], dict[str, Any]]

#: Keras 2's wrappers of functions: a list of one tensor stays a list for them.
FUNCTION_WRAPPERS = ("TFOpLambda", "SlicingOpLambda", "ClassMethod", "InstanceMethod", "InstanceProperty")


def call_arguments(node: Any, class_name: str, document: Document, what: str) -> Arguments:
    """Positional and keyword arguments of one entry of `inbound_nodes`.

    Keras 3 writes `{"args": …, "kwargs": …}`, Keras 2 a structure of `[layer, node, tensor, kwargs]`.
    """
    if isinstance(node, dict) and "args" in node:
        args = document.expect(node["args"], list, f"the arguments of {what}")
        kwargs = document.expect(node.get("kwargs", {}), dict, f"the keyword arguments of {what}")
        return (
            [_serialised(value, document, what) for value in args],
            {key: _serialised(value, document, what) for key, value in kwargs.items()},
        )
    kwargs = {}
    first = _tensors(node, kwargs, document, what)
    if isinstance(first, list) and len(first) == 1 and class_name not in FUNCTION_WRAPPERS:
        first = first[0]
    return [first], {key: _keyword(value, document, what) for key, value in kwargs.items()}


def tensor_structure(value: Any, document: Document, what: str) -> Any:
    """A structure of `[layer, node, tensor]` as models write their inputs and outputs."""

    def tensor(leaf: Any) -> Ref:
        return Ref(*leaf) if _is_tensor(leaf) else Ref(*document.expect(leaf, list, what))

    return mapped(tensor, value, whole=_is_tensor)


def _is_ref(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) in (3, 4)
        and isinstance(value[0], str)
        and all(isinstance(index, int) and not isinstance(index, bool) for index in value[1:3])
    )


def _is_tensor(value: Any) -> bool:
    return _is_ref(value) and len(value) == 3


def _is_object(value: Any) -> bool:
    return isinstance(value, dict) and "class_name" in value


def _serialised(value: Any, document: Document, what: str) -> Any:
    """One value of Keras 3's serialisation (keras/src/saving/serialization_lib.py)."""
    return mapped(lambda leaf: _object(leaf, document, what) if _is_object(leaf) else leaf, value, whole=_is_object)


def _object(value: dict[str, Any], document: Document, what: str) -> Any:
    kind = value["class_name"]
    if kind == "__ellipsis__":
        return ...
    config = document.expect(value.get("config"), dict, f"an argument of {what} of class {shown(kind)}")
    if kind == "__keras_tensor__" and _is_ref(config.get("keras_history")):
        return Ref(*config["keras_history"][:3])
    if kind in ("__tensor__", "__numpy__") and "value" in config:
        return Constant(config["value"], document.expect(config.get("dtype"), str, f"a dtype in {what}"))
    if kind == "__slice__":
        return _slice(config, document, what)
    raise document.refuse(f"{what} has an argument of class {shown(kind)} that cannot be translated")


def _slice(bounds: dict[str, Any], document: Document, what: str) -> slice:
    parts = [bounds.get(key) for key in ("start", "stop", "step")]
    for part in parts:
        if part is not None:
            document.expect(part, int, f"a bound of a slice in {what}")
    return slice(*parts)


def _tensors(value: Any, kwargs: dict[str, Any], document: Document, what: str) -> Any:
    """Keras 2's first argument; each of its leaves repeats the call's keyword arguments."""

    def tensor(leaf: Any) -> Any:
        leaf = document.expect(leaf, list, f"a call of {what}")
        if len(leaf) == 4:
            kwargs.update(document.expect(leaf[3], dict, f"the keyword arguments of {what}"))
        if leaf[0] == "_CONSTANT_VALUE":
            return leaf[2]
        if not _is_ref(leaf):
            raise document.refuse(f"{what} is called on {shown(leaf)}, which names no tensor")
        return Ref(*leaf[:3])

    return mapped(tensor, value, whole=_names_a_layer)


def _names_a_layer(value: Any) -> bool:
    return isinstance(value, list) and len(value) in (3, 4) and isinstance(value[0], str)


def _keyword(value: Any, document: Document, what: str) -> Any:
    """One keyword argument of Keras 2."""

    def read(leaf: Any) -> Any:
        if _is_tensor(leaf):
            return Ref(*leaf)
        if _is_object(leaf) and leaf["class_name"] == "__ellipsis__":
            return ...
        if _is_object(leaf):
            kind = shown(leaf["class_name"])
            raise document.refuse(f"{what} has an argument of class {kind} that cannot be translated")
        return _slice(leaf, document, what) if _is_slice(leaf) else leaf

    return mapped(read, value, whole=lambda part: _is_tensor(part) or _is_object(part) or _is_slice(part))


def _is_slice(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"start", "stop", "step"}
