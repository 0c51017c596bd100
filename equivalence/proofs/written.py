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
    if entry.kind in WRITTEN and (case.trial or {}).get("given"):
        return _call_of_method(entry, case)
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


def _call_of_method(entry: Entry, case: Case) -> str:
    """`model.fit(x, y, class_weight={0: 0.5})`: what is `given` first, and texts that name arrays without quotes."""
    assert case.trial is not None
    given: str = case.trial["given"]
    named = case.trial.get("named", ())
    names = ["keras", *entry.keras.split(".")[1:]]
    if names[1] == "Model":  # an argument's entry is shown by the method that takes it
        names = ["model", names[2]]
    config = [
        f"{name}={_named(value) if name in named else keras_text(value, [])}" for name, value in case.config.items()
    ]
    return f"{'.'.join(names)}({', '.join([given, *config])})"


def _named(value: str) -> str:
    return f"({value})" if "," in value else value
