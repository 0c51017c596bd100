"""A case written as the Keras call that a person would type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from equivalence.proofs.case_inputs import shapes_of
from equivalence.schema import Case, Entry


def keras_call(entry: Entry, case: Case) -> str:
    """`keras.layers.Conv2D(filters=4, kernel_size=3)(inputs)`, with `inputs` in their places."""
    shapes = shapes_of(case)
    names = [f"input_{index}" for index in range(len(shapes))] if len(shapes) > 1 else ["inputs"]
    config = [f"{name}={_text(value, names)}" for name, value in case.config.items()]
    if entry.kind == "optimizer":
        return f"{entry.keras}({', '.join(config)})"
    call = dict(case.call or {})
    given = [_text(value, names) for value in call.pop("$args", [])]
    passed = [f"{name}={_text(value, names)}" for name, value in call.items()]
    if not given:
        given = [name for name in names if not any(name in text for text in passed)]
    if entry.kind == "input":
        return f"{entry.keras}({', '.join(config)})"
    if entry.kind in ("layer", "loss", "model"):
        inner = given if len(given) == 1 or entry.kind == "loss" else [f"[{', '.join(given)}]"]
        return f"{entry.keras}({', '.join(config)})({', '.join([*inner, *passed])})"
    return f"{entry.keras}({', '.join([*given, *config, *passed])})"


def _text(value: Any, names: Sequence[str]) -> str:
    """An argument of a case, which may hold what `equivalence.keras_side.wire` describes."""
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
            inside = [f"{key}={_text(item, names)}" for key, item in value["config"].items()]
            return f"{value.get('module', 'keras.layers')}.{value['class_name']}({', '.join(inside)})"
        return "{" + ", ".join(f"{key!r}: {_text(item, names)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return _joined("[", value, "]", names)
    if isinstance(value, tuple):
        return _joined("(", value, ",)" if len(value) == 1 else ")", names)
    return repr(value)


def _joined(left: str, items: Sequence[Any], right: str, names: Sequence[str]) -> str:
    return left + ", ".join(_text(item, names) for item in items) + right
