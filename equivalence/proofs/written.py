"""A case written as the Keras call that a person would type."""

from __future__ import annotations

from equivalence.proofs.case_inputs import shapes_of
from equivalence.schema import WRITTEN, Case, Entry
from equivalence.translation.keras_text import keras_text


def keras_call(entry: Entry, case: Case) -> str:
    """`keras.layers.Conv2D(filters=4, kernel_size=3)(inputs)`, with `inputs` in their places."""
    shapes = shapes_of(case)
    names = [f"input_{index}" for index in range(len(shapes))] if len(shapes) > 1 else ["inputs"]
    config = [f"{name}={keras_text(value, names)}" for name, value in case.config.items()]
    if entry.kind in WRITTEN:
        return f"{entry.keras}({', '.join(config)})"
    call = dict(case.call or {})
    given = [keras_text(value, names) for value in call.pop("$args", [])]
    passed = [f"{name}={keras_text(value, names)}" for name, value in call.items()]
    if not given:
        given = [name for name in names if not any(name in text for text in passed)]
    if entry.kind == "input":
        return f"{entry.keras}({', '.join(config)})"
    if entry.kind in ("layer", "model", "regularizer", "constraint") or (entry.kind == "loss" and entry.is_class):
        inner = given if len(given) == 1 or entry.kind == "loss" else [f"[{', '.join(given)}]"]
        return f"{entry.keras}({', '.join(config)})({', '.join([*inner, *passed])})"
    return f"{entry.keras}({', '.join([*given, *config, *passed])})"
