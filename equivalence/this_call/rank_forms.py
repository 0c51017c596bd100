"""Calls whose code depends on how many axes their input has: one form for images, whose channels torch has first, and
one for what has them last, where axes are counted from the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
_NEW_AXIS = ("keras.ops.expand_dims", "keras.ops.stack")
_OTHERS = "vectors and sequences"
_IMAGES = {"any": "images, (N, C, H, W)", "last": "images, (N, H, W, C)"}  # by the entry's layout


def by_axis(entry: Entry, case: Case) -> bool:
    """Whether a case's axes are counted in an input of whose number of axes its entry says nothing."""
    shapes = shapes_of(case)
    return (
        entry.layout in ("any", "last")
        and entry.kind in ("layer", "operation", "activation")
        and any(argument.keras in _COUNTED for argument in entry.arguments)
        and len({len(shape) for shape in shapes}) == 1
        and not (set(draws_of(case)) - {"normal", "wide", "uniform"})
        and not set(case.config) & {"data_format", "shape", "newshape", "indices"}
    )


def has_axes(case: Case, rank: int) -> bool:
    """Whether an input of so many axes has those that the case counts."""
    return all(-rank <= axis < rank for axis in counted(case))


def counted(case: Case) -> list[int]:
    """The axes that the case counts."""
    stated = [value for name, value in case.config.items() if name in _COUNTED]
    found = [axis for value in stated for axis in (value if isinstance(value, (list, tuple)) else [value])]
    return [axis for axis in found if isinstance(axis, int)]


def of_size_one(entry: Entry, case: Case) -> Case:
    """The case with axes of size 1 where they are taken away."""
    if entry.keras != "keras.ops.squeeze":
        return case
    (shape,) = shapes_of(case)
    gone = {axis % len(shape) for axis in counted(case)}
    return case._replace(x=tuple(1 if place in gone else size for place, size in enumerate(shape)))


def holding(case: Case) -> Case:
    """The case of what gives its input another shape that is stated in full, with a vector that fills it."""
    for name in ("target_shape", "newshape"):
        sizes = case.config.get(name)
        if isinstance(sizes, (list, tuple)) and sizes and all(isinstance(size, int) and size > 0 for size in sizes):
            return case._replace(x=(2, prod(sizes)))
    return case


def filling(case: Case) -> dict[int, tuple[Case, Case]]:
    """By number of axes, the case of what gives its input a shape of which one size is left open, with inputs that
    fill it, and with twice as many numbers."""
    for name in ("target_shape", "newshape"):
        sizes = case.config.get(name)
        if isinstance(sizes, (list, tuple)) and len(sizes) > 1 and all(type(size) is int for size in sizes):
            known = prod(size for size in sizes if size > 0)
            channels = next(size for size in (11, 13, 17, 19, 23) if size not in sizes)  # else they may stay in place
            shapes = {2: (3 * known,), 3: (5 * known, channels), 4: (5 * known, 7, channels)}
            return {
                rank: (case._replace(x=(2, first, *rest)), case._replace(x=(2, 2 * first, *rest)))
                for rank, (first, *rest) in shapes.items()
            }
    return {}


def left_open(one: Form, twice: Form, shape: Sequence[int], case: Case) -> Form:
    """The form in which the size that is left open is -1, of what is emitted for an input and for twice as many
    numbers."""
    sizes = next(case.config[name] for name in ("target_shape", "newshape") if name in case.config)
    open_size = prod(shape[1:]) // prod(size for size in sizes if size > 0)
    made = _as_one(one, twice, {"-1": (open_size, 2 * open_size)}, case)
    return made[0] if len(made) == 1 else one


def of_rank(case: Case, rank: int) -> Case:
    """The case with inputs of so many axes."""
    return case._replace(x=[(2,) * rank for _ in shapes_of(case)])


def by_rank(found: Mapping[int, Form], entry: Entry, case: Case) -> list[Form]:
    """The forms of a case by the number of axes, those that are one as one."""
    images = [found[rank] for rank in RANKS[2:] if rank in found]
    others = [found[rank] for rank in RANKS[:2] if rank in found]
    if len(others) == 2:
        two, three = others
        others = _as_one(two, three, _counted_from_the_end(entry, case, 2), case)
        if entry.layout == "last" and images and len(others) == 1:
            of_all = _as_one(three, images[0], _counted_from_the_end(entry, case, 3), case)
            if len(of_all) == 1 and of_all[0].said.lines == others[0].said.lines:
                return others
    made = [*others, *images]
    texts = {(*form.said.helpers, *form.said.lines) for form in made}
    if len(texts) == 1 or not (others and images):
        return made[:1]
    conditions = [_OTHERS] if len(others) == 1 else ["(N, features)", "(N, steps, features)"]
    return [
        form._replace(condition=name) for form, name in zip(made, [*conditions, _IMAGES[entry.layout]], strict=True)
    ]


def _as_one(two: Form, three: Form, counted: Mapping[str, tuple[int, int]], case: Case) -> list[Form]:
    said = named(two.said, three.said, dict(counted), lambda function, place: "")
    if said is None or two.said.helpers != three.said.helpers:
        return [two, three]
    differences = {}
    for name, (right, wrong) in three.differences.items():
        if name in two.differences:
            other_right, other_wrong = two.differences[name]
            differences[name] = (
                _lines_as_one(other_right, right, counted),
                _lines_as_one(other_wrong, wrong, counted),
            )
    return [three._replace(said=said, verdict=_verdict(said, three, case), differences=differences)]


def _counted_from_the_end(entry: Entry, case: Case, axes: int) -> dict[str, tuple[int, int]]:
    """How dimensions of so many axes and of one more are written that are counted from the end; that of a new axis is
    counted among one more."""
    axis = case.config.get("axis")
    if entry.keras in _NEW_AXIS:
        return {str(axis): (axes + axis + 1, axes + axis + 2)} if isinstance(axis, int) and axis < 0 else {}
    return {str(-place): (axes - place, axes + 1 - place) for place in range(1, axes + 1)}


def _verdict(said: Short, form: Form, case: Case) -> str:
    return form.verdict if said.lines == form.said.lines else standing(said, stated(case.config), [])


def _lines_as_one(two: list[str], three: list[str], counted: Mapping[str, tuple[int, int]]) -> list[str]:
    made = named(short("\n".join(two)), short("\n".join(three)), dict(counted), lambda function, place: "")
    return three if made is None else list(made.lines)
