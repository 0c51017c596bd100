"""JSON text of a model file, checked as it is taken apart: every value has the type it is used as."""

from __future__ import annotations

import codecs
import json
from dataclasses import dataclass, field
from typing import Any, TypeVar

from equivalence.catalogue import find
from equivalence.errors import Refused
from equivalence.formats.file_limits import Limits, lifted_by
from equivalence.formats.refusal import shown
from equivalence.translation.graph import ClassName, Layer
from equivalence.translation.structure import mapped

#: Module of an operation whose file tells none.
OPERATIONS = "keras.ops"
#: What is no operation, and writes no `trainable` either.
WITHOUT_TRAINABLE = (
    *("InputLayer", "Functional", "Model", "Sequential"),
    *("SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "Discretization", "HashedCrossing"),
)
T = TypeVar("T")


@dataclass(slots=True)
class Document:
    """What building a graph needs to know of its file."""

    source: str  # file name, for messages
    keras_version: str  # of the writer, "" where unknown
    shared: dict[int, Layer] = field(default_factory=dict)  # by `shared_object_id`

    @property
    def old(self) -> bool:
        """Whether Keras 2 wrote it."""
        return self.keras_version.startswith("2.")

    def refuse(self, message: str) -> Refused:
        return Refused(f"{self.source}: {message}")

    def expect(self, value: Any, kind: type[T], what: str) -> T:
        """The value, if it is of that type (a bool is no int); else Refused."""
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self.refuse(f"{what} should be of type {kind.__name__} and is {shown(value)}")
        return value

    def shape(self, value: Any, what: str) -> tuple[int | None, ...]:
        """A shape with batch; unknown sizes are None."""
        sizes = self.expect(value, list, what)
        for size in sizes:
            if size is not None and (isinstance(size, bool) or not isinstance(size, int) or size < 0):
                raise self.refuse(f"{what} has the size {shown(size)}")
        return tuple(sizes)


def parse(text: str | bytes, what: str, source: str, limits: Limits) -> dict[str, Any]:
    """A JSON object. Raises Refused where it is none, or is larger or deeper than any model."""
    too_deep = f"{source}: {what} is nested deeper than {limits.json_depth}; {lifted_by('json_depth')}"
    if len(text) > limits.json_bytes:
        raise Refused(
            f"{source}: {what} has {len(text)} bytes, more than {limits.json_bytes}; {lifted_by('json_bytes')}"
        )
    if (values := _values_at_most(text)) > limits.json_values:
        raise Refused(
            f"{source}: {what} has up to {values} values, more than {limits.json_values}; {lifted_by('json_values')}"
        )
    try:
        # of bytes json would guess the encoding, and import it
        value = json.loads(text if isinstance(text, str) else text.removeprefix(codecs.BOM_UTF8).decode())
    except RecursionError as error:
        raise Refused(too_deep) from error
    except ValueError as error:
        raise Refused(f"{source}: {what} is no JSON: {shown(str(error))[1:-1]}") from error
    level = [value]
    for _ in range(limits.json_depth):
        level = [inner for outer in level for inner in _children(outer)]
        if not level:
            break
    else:
        raise Refused(too_deep)
    if not isinstance(value, dict):
        raise Refused(f"{source}: {what} should be an object and is {shown(value)}")
    return value


def _values_at_most(text: str | bytes) -> int:
    """An upper bound of the number of its values, from what begins or parts them: no parser has run yet."""
    if isinstance(text, str):
        return sum(map(text.count, "[{,"))
    return sum(map(text.count, (b"[", b"{", b",")))


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [inner for inner in value.values() if isinstance(inner, (dict, list))]
    return [inner for inner in value if isinstance(inner, (dict, list))] if isinstance(value, list) else []


def writer(version: Any, source: str) -> str:
    """The version of the Keras that wrote a file, "" where it says none. Raises Refused for Keras 1."""
    if version is not None and not isinstance(version, str):
        raise Refused(f"{source}: keras_version should be a text and is {shown(version)}")
    if version and not version[0].isdecimal():
        raise Refused(f"{source}: keras_version is {shown(version)}, which is no version")
    if version and version.startswith(("0.", "1")):
        raise Refused(f"{source} was written by Keras 1: it is not read; load and save it with Keras 2.2 first")
    return version or ""


def without_tuples(value: Any) -> Any:
    """Keras 2 marks tuples (`{"class_name": "__tuple__", "items": …}`); here they become lists."""
    return mapped(lambda leaf: without_tuples(leaf["items"]) if _is_tuple(leaf) else leaf, value, whole=_is_tuple)


def _is_tuple(value: Any) -> bool:
    marked = isinstance(value, dict) and value.get("class_name") in ("__tuple__", "TensorShape")
    return marked and isinstance(value.get("items"), list)


def class_name(item: dict[str, Any], document: Document) -> ClassName:
    """The class of a serialised object, with "" for what the file does not say."""
    name = document.expect(item.get("class_name"), str, "the class_name of a layer")
    module, registered = item.get("module"), item.get("registered_name")
    for value, key in ((module, "module"), (registered, "registered_name")):
        if value is not None:
            document.expect(value, str, f"the {key} of a layer of class {shown(name)}")
    if module is None and _is_operation(name, item.get("config"), document):
        module = OPERATIONS
    # Keras repeats the class name as the registered one for objects of its own.
    return ClassName(module or "", name, "" if registered in (None, name) else registered)


def _is_operation(name: str, config: Any, document: Document) -> bool:
    """Whether a class without a module is one of keras.ops, not the layer of the same name.

    An `.h5` file of Keras 3 tells no modules: `x * 2` and the layer Multiply are both a "Multiply". But every layer
    writes whether it is trainable (keras/src/layers/layer.py, get_config), and an operation its arguments alone.
    """
    if document.old or not isinstance(config, dict) or "trainable" in config:
        return False
    known = find(ClassName("", name, ""))
    others = known is not None and not known.keras.startswith("keras.")  # of another package: as it likes
    return name not in WITHOUT_TRAINABLE and ">" not in name and not others
