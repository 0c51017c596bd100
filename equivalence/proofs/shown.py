"""What a record shows of the code that was proved: a case in a line or two, and where the naive forms differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from equivalence.emit.class_text import render_class
from equivalence.emit.draft import FileDraft
from equivalence.emit.short_text import differing, short, standing
from equivalence.proofs.case_inputs import shapes_of
from equivalence.proofs.written import keras_call
from equivalence.schema import Case, Entry
from equivalence.translation.call_site import Value
from equivalence.translation.order import Flat, to_torch_shape
from equivalence.translation.structure import leaves_of

#: The form of a case that a port is made of, and the one that also trains as Keras does where that is another.
PORT, EXACT = "port", "exact"
_MOST_TENSORS = 3  # of a side whose shapes are shown


@dataclass(slots=True)
class Written:
    """What is emitted for a case: its text by form, and the shapes of what goes in and comes out, on both sides."""

    texts: dict[str, str]
    shapes: dict[str, list[str]] = field(default_factory=dict)


def shown(entry: Entry, cases: Sequence[tuple[Case, Written]]) -> dict[str, Any] | None:
    """`keras` and `torch`: both sides of one case; `short`: the latter as a person would say it; `shapes` of it;
    `cases`: how near each is to one call of torch's, that case first; `differences`: the lines in which each naive
    form is another.

    None for what has no counterpart.
    """
    if entry.no_counterpart or not cases:
        return None
    cases = sorted(cases, key=lambda pair: pair[0].id != "defaults")
    case, first = cases[0]
    return {
        "keras": keras_call(entry, case),
        "torch": first.texts[PORT],
        "short": list(short(first.texts[PORT]).lines),
        "shapes": first.shapes or None,
        "cases": {
            case.id: standing(short(each.texts[PORT]), stated(case.config), _sizes(case)) for case, each in cases
        },
        "differences": dict(_differences(entry, cases)),
    }


def _differences(entry: Entry, cases: Sequence[tuple[Case, Written]]) -> Iterator[tuple[str, dict[str, Any]]]:
    for case, each in cases:
        for difference in entry.differences:
            if difference.case == case.id and difference.id in each.texts:
                naive = each.texts[difference.id]
                meant = each.texts[EXACT if naive == each.texts[PORT] and EXACT in each.texts else PORT]
                right, wrong = differing(short(meant), short(naive))
                yield difference.id, {"keras": keras_call(entry, case), "wrong": wrong, "right": right}


def stated(config: Mapping[str, Any]) -> list[object]:
    """The values that a Keras call states, as emitted text may have them."""
    return [form for value in config.values() for form in _forms(value)]


def _sizes(case: Case) -> list[object]:
    return [size for shape in shapes_of(case) for size in (*shape[1:], tuple(shape[1:]))]


def _forms(value: object) -> Iterator[object]:
    """A value as Keras has it and as torch may: a tuple for a list, a number for equal ones."""
    yield value
    if isinstance(value, (list, tuple)):
        yield tuple(value)
        if len({repr(each) for each in value}) == 1:
            yield value[0]


def shown_text(draft: FileDraft) -> str:
    """What entries wrote: helpers and classes, without the file around them."""
    return "\n\n\n".join([*draft.helpers, *map(render_class, draft.classes)])


def shapes_of_draft(draft: FileDraft) -> dict[str, list[str]]:
    """Shapes of inputs and outputs, by side ("keras", "torch"); none where there are many."""
    model = draft.classes[-1]
    inputs = [value for _, value, _ in model.inputs]
    outputs = leaves_of(Value, model.outputs)
    if not inputs or max(len(inputs), len(outputs)) > _MOST_TENSORS:
        return {}
    sides = (inputs, outputs)
    return {
        "keras": [", ".join(_text(value.shape) for value in values) for values in sides],
        "torch": [", ".join(_text(_in_torch(value)) for value in values) for values in sides],
    }


def _in_torch(value: Value) -> tuple[int | None, ...]:
    return value.shape if isinstance(value.order, Flat) else to_torch_shape(value.order, value.shape)


def _text(shape: Sequence[int | None]) -> str:
    """A shape with N for its batch and ? for what Keras does not declare."""
    if not shape:
        return "()"
    sizes = ["N" if shape[0] is None else str(shape[0]), *("?" if size is None else str(size) for size in shape[1:])]
    return f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"


def of_forms(forms: Mapping[str, Any]) -> Written:
    """What the emitted forms of a case come to; `forms` as `emitted_forms` gives them."""
    return Written({name: form.shown for name, form in forms.items()}, shapes_of_draft(forms[PORT].draft))
