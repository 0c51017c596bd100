"""Calls whose code depends on how many axes their input has: one form for images, whose channels torch has first, and
one for what has them last, where axes are counted from the end."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from equivalence.emit.short_text import Short, short, standing
from equivalence.proofs.case_inputs import draws_of, shapes_of
from equivalence.proofs.shown import stated
from equivalence.schema import Case, Entry
from equivalence.this_call.call_form import Form
from equivalence.this_call.unknown_names import named

#: Numbers of axes that are tried, the batch's among them; the last are images.
RANKS = (2, 3, 4)
_COUNTED = ("axis", "axes")
_FROM_THE_END = {"-1": (1, 2), "-2": (0, 1)}  # a dimension of two axes and of three
_IMAGES, _OTHERS = "images, (N, C, H, W)", "vectors and sequences"


def by_axis(entry: Entry, case: Case) -> bool:
    """Whether a case's axes are counted in an input of whose number of axes its entry says nothing."""
    shapes = shapes_of(case)
    return (
        entry.layout == "any"
        and entry.kind in ("layer", "operation", "activation")
        and any(argument.keras in _COUNTED for argument in entry.arguments)
        and len({len(shape) for shape in shapes}) == 1
        and not (set(draws_of(case)) - {"normal", "wide", "uniform"})
        and not set(case.config) & {"data_format", "shape", "newshape", "indices"}
    )


def has_axes(case: Case, rank: int) -> bool:
    """Whether an input of so many axes has those that the case counts."""
    stated = [value for name, value in case.config.items() if name in _COUNTED]
    counted = [axis for value in stated for axis in (value if isinstance(value, (list, tuple)) else [value])]
    return all(-rank <= axis < rank for axis in counted if isinstance(axis, int))


def holding(case: Case) -> Case:
    """The case of what gives its input another shape that is stated in full, with a vector that fills it."""
    for name in ("target_shape", "newshape"):
        sizes = case.config.get(name)
        if isinstance(sizes, (list, tuple)) and sizes and all(isinstance(size, int) and size > 0 for size in sizes):
            return case._replace(x=(2, prod(sizes)))
    return case


def of_rank(case: Case, rank: int) -> Case:
    """The case with inputs of so many axes."""
    return case._replace(x=[(2,) * rank for _ in shapes_of(case)])


def by_rank(found: Mapping[int, Form], case: Case) -> list[Form]:
    """The forms of a case by the number of axes, those that are one as one."""
    images = [found[rank] for rank in RANKS[2:] if rank in found]
    others = [found[rank] for rank in RANKS[:2] if rank in found]
    if len(others) == 2:
        others = _as_one(others[0], others[1], case)
    made = [*others, *images]
    texts = {(*form.said.helpers, *form.said.lines) for form in made}
    if len(texts) == 1 or not (others and images):
        return made[:1]
    conditions = [_OTHERS] if len(others) == 1 else ["(N, features)", "(N, steps, features)"]
    return [form._replace(condition=name) for form, name in zip(made, [*conditions, _IMAGES], strict=True)]


def _as_one(two: Form, three: Form, case: Case) -> list[Form]:
    said = named(two.said, three.said, _FROM_THE_END, lambda function, place: "")
    if said is None or two.said.helpers != three.said.helpers:
        return [two, three]
    differences = {}
    for name, (right, wrong) in three.differences.items():
        if name in two.differences:
            other_right, other_wrong = two.differences[name]
            differences[name] = _lines_as_one(other_right, right), _lines_as_one(other_wrong, wrong)
    return [three._replace(said=said, verdict=_verdict(said, three, case), differences=differences)]


def _verdict(said: Short, form: Form, case: Case) -> str:
    return form.verdict if said.lines == form.said.lines else standing(said, stated(case.config), [])


def _lines_as_one(two: list[str], three: list[str]) -> list[str]:
    made = named(short("\n".join(two)), short("\n".join(three)), _FROM_THE_END, lambda function, place: "")
    return three if made is None else list(made.lines)
