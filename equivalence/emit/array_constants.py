"""Array constants: buffers of the emitted class; among the arguments of a layer's call, tensors like any other."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from equivalence.emit.class_scope import ClassScope
from equivalence.errors import Refused
from equivalence.translation.graph import Constant, Layer
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import literal
from equivalence.translation.structure import mapped
from equivalence.translation.tables import Table

#: Numbers that are written out in the source; more of them lie in the weights file.
WRITTEN_OUT = 64


class RaggedArray(ValueError):
    """Lists in a list that are no rows of an array."""


def buffer_of(scope: ClassScope, layer: Layer, constant: Constant, base: str, where: str) -> str:
    """The text `self.<name>` of a buffer that holds the array, one for equal ones of a layer.

    Raises Refused where it holds anything but numbers and flags.
    """
    try:
        numbers = _listed(constant.value)
        large = _large(constant)
    except RaggedArray as error:
        raise Refused(f"{where}: its array constant has {error}.") from error
    except (ValueError, RecursionError) as error:
        raise Refused(f"{where}: its array constant holds {constant.value!r:.60}, which is no number.") from error
    text = f"torch.tensor({numbers}, dtype=torch.{constant.dtype})"
    key = (id(layer), text)
    if key not in scope.attributes:
        attribute = scope.attribute(base)
        scope.buffer(attribute, f"torch.zeros({large.shape}, dtype=torch.{constant.dtype})" if large else text, large)
        scope.attributes[key] = (attribute, layer)
    return f"self.{scope.attributes[key][0]}"


def with_tensors(
    scope: ClassScope, layer: Layer, base: str, where: str, args: list[Any], kwargs: Mapping[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """The arguments of a layer's call with its array constants as tensors: floats in float32, as Keras casts them."""

    def held(item: Any) -> Any:
        if not isinstance(item, Constant) or not isinstance(item.value, list):
            return item
        cast = replace(item, dtype="float32") if item.dtype.startswith(("float", "bfloat")) else item
        return scope.new(buffer_of(scope, layer, cast, f"{base}_constant", where), KERAS, f"{base}_constant")

    return [mapped(held, item) for item in args], {name: mapped(held, item) for name, item in kwargs.items()}


def _large(constant: Constant) -> Table | None:
    """The numbers of an array that is better not written out. Raises RaggedArray for rows of unequal length."""
    values, shape = constant.value, []
    if not isinstance(values, list) or constant.dtype == "bfloat16":
        return None
    while values and isinstance(values[0], list):
        shape.append(len(values[0]))
        if any(not isinstance(row, list) or len(row) != shape[-1] for row in values):
            raise RaggedArray("rows of unequal length")
        values = [item for row in values for item in row]
    shape = [len(constant.value), *shape]
    return Table(values, constant.dtype, tuple(shape)) if math.prod(shape) > WRITTEN_OUT else None


def _listed(value: Any) -> str:
    return f"[{', '.join(map(_listed, value))}]" if isinstance(value, (list, tuple)) else literal(value)
