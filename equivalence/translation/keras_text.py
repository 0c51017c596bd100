"""Values of a Keras configuration as the Python text that a person would type."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*\Z", re.ASCII)


def keras_text(value: Any, names: Sequence[str] = ()) -> str:
    """An argument of a case or of a configuration, which may hold what `equivalence.keras_side.wire` describes.

    `names` are those of the tensors that `{"$input": index}` stands for. Raises ValueError where what should name a
    class or an argument is no name: text of a model file never becomes code.
    """
    if isinstance(value, dict):
        if "$input" in value:
            return names[value["$input"]]
        if "$tuple" in value:
            return _joined("(", value["$tuple"], ",)" if len(value["$tuple"]) == 1 else ")", names)
        if "$slice" in value:
            start, stop, step = ("" if part is None else repr(part) for part in value["$slice"])
            return f"slice({start or None}, {stop or None}, {step or None})"
        if "$ellipsis" in value:
            return "..."
        if "$array" in value:
            return f"np.array({value['$array']!r}, {value['dtype']!r})"
        if "class_name" in value and "config" in value:
            inside = [f"{_name(key)}={keras_text(item, names)}" for key, item in value["config"].items()]
            return f"{_name(value.get('module', 'keras.layers'))}.{_name(value['class_name'])}({', '.join(inside)})"
        return "{" + ", ".join(f"{key!r}: {keras_text(item, names)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return _joined("[", value, "]", names)
    if isinstance(value, tuple):
        return _joined("(", value, ",)" if len(value) == 1 else ")", names)
    if isinstance(value, float) and not math.isfinite(value):
        return f"float({str(value)!r})"
    return repr(value)


def _name(text: Any) -> str:
    if not isinstance(text, str) or not _NAME.match(text):
        raise ValueError(f"{text!r:.80} is no name")
    return text


def _joined(left: str, items: Sequence[Any], right: str, names: Sequence[str]) -> str:
    return left + ", ".join(keras_text(item, names) for item in items) + right
