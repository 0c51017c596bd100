"""The forms that the translation of one call takes: one for all sizes, or one for each remainder of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from equivalence.emit.declared_arrays import declare_arrays
from equivalence.emit.draft import FileDraft
from equivalence.emit.emitter import emit
from equivalence.emit.short_text import CODE, Short, differing, short, standing
from equivalence.emit.written_text import emit_written
from equivalence.errors import EquivalenceError, Refused
from equivalence.proofs.case_inputs import draws_of, shapes_of
from equivalence.proofs.shown import shapes_of_draft, shown_text, stated
from equivalence.proofs.truth import single_call
from equivalence.schema import REQUIRED, WRITTEN, Case, Difference, Entry
from equivalence.this_call.call_form import Form
from equivalence.this_call.called_like import NOTHING, called_like, of_tensors, tensors_of
from equivalence.this_call.met_differences import met_by
from equivalence.this_call.rank_forms import (
    RANKS,
    by_axis,
    by_rank,
    counted,
    filling,
    has_axes,
    holding,
    left_open,
    of_rank,
    of_size_one,
)
from equivalence.this_call.stated_call import WITH_TARGETS
from equivalence.this_call.unknown_names import named
from equivalence.torch_side.constructor_names import argument_at
from equivalence.torch_side.oracle import TorchOracle
from equivalence.translation.held_layers import snake_case
from equivalence.translation.order import FIRST, KERAS, to_torch_shape
from equivalence.translation.python_text import class_name

_PRIMES = (101, 193)  # channels, in what is emitted twice: numbers of one length, as long lines are written otherwise
_SPATIAL = ((4 * 29, 4 * 31, 4 * 37), (4 * 41, 4 * 43, 4 * 47))  # the same of positions, before their remainder
_NAMES = {1: ("steps",), 2: ("height", "width"), 3: ("depth", "height", "width")}
_CALLED = {"loss": ("y_true", "y_pred")}  # what people call the inputs of an entry of this kind
_MOST_REMAINDERS = 4
_MOST_TEMPLATES = 3

Shape = tuple[int | None, ...]


def forms(
    entry: Entry, config: Mapping[str, Any], given: Sequence[Shape] = (), call: Mapping[str, Any] = NOTHING
) -> list[Form]:
    """The translation of a call of an entry with these settings, by sizes where it depends on them.

    `given`: shapes without batch, in Keras's order; without them, sizes that are not stated are names. `call`: what a
    layer is called with by name, as `called_on` gives it.
    Raises Refused, naming the argument, where Keras or the port takes no such call.
    """
    if entry.kind == "input":
        return [_declared(config)]
    if entry.kind in WRITTEN:
        return [_written(entry, config)]
    if given:
        case = _like(entry, config, call)._replace(x=[(2, *shape) for shape in given], declared=None)
        return [_form(entry, _on_a_list(entry, case), "", None)]
    if entry.layout == "spatial" and config.get("axis") in (1, [1]) and entry.argument("axis"):
        return _of_channels_first(entry, config, call)
    return _of_unknown_sizes(entry, config, call)


def _of_channels_first(entry: Entry, config: Mapping[str, Any], call: Mapping[str, Any]) -> list[Form]:
    """Axis 1 is that of the channels where Keras has them first, as torch always does; else it is the height."""
    first = _of_unknown_sizes(entry, {**config, "axis": -1}, call)
    last = _of_unknown_sizes(entry, config, call)
    return [form._replace(condition="channels first in Keras too, (N, C, H, W)") for form in first] + [
        form._replace(condition="channels last in Keras, (N, H, W, C): axis 1 is the height") for form in last
    ]


def _of_unknown_sizes(entry: Entry, config: Mapping[str, Any], call: Mapping[str, Any]) -> list[Form]:
    last: Refused | None = None
    for template in _templates(entry, config, call):
        try:
            made = _merged(_by_size(entry, _as_taken(entry, template._replace(config=dict(config), declared=None))))
            return [form._replace(shapes={}) for form in made]  # of sizes that stand for those that are not known
        except Refused as refusal:
            last = last or refusal
    if last is not None and "of shape" in str(last):
        raise Refused(f"{str(last).rstrip('.')}: state the input, as --input 224,224,3") from last
    raise last or Refused("no case of it is called like this")


def _on_a_list(entry: Entry, case: Case) -> Case:
    """The case of something with several inputs that Keras takes as a list."""
    several = len(shapes_of(case))
    places = sum(argument.default is REQUIRED for argument in entry.arguments)
    listed = entry.kind == "layer" or (entry.kind == "operation" and places < several)
    if not listed or several < 2 or tensors_of(case):
        return case
    return case._replace(
        call={**(case.call or {}), "$args": [[{"$input": place} for place in range(len(shapes_of(case)))]]}
    )


def _declared(config: Mapping[str, Any]) -> Form:
    """What an input is in torch: a parameter of forward."""
    shape = config.get("shape") or (config.get("batch_shape") or [None])[1:]
    sizes = to_torch_shape(FIRST if len(shape) > 2 else KERAS, [None, *shape])[1:]
    shown = ", ".join(["N", *("any" if size is None else str(size) for size in sizes)])
    text = f"def forward(self, inputs: Tensor) -> Tensor: ...  # {f'({shown})' if sizes else 'a tensor'}"
    return Form("", Short((text,), (), ()), CODE, {}, {})


def _as_taken(entry: Entry, case: Case) -> Case:
    """The same, but for layers that take their inputs by place (MultiHeadAttention)."""
    listed = _on_a_list(entry, case)
    try:
        if listed is not case:
            _emitted(entry, _sized(listed, 0, 0, positions=False))
    except EquivalenceError:
        try:
            _emitted(entry, _sized(case, 0, 0, positions=False))
        except EquivalenceError:
            return listed
        return case
    return listed


def _templates(entry: Entry, config: Mapping[str, Any], call: Mapping[str, Any] = NOTHING) -> list[Case]:
    """The entry's cases with inputs, those that are most like the call first."""

    telling = {difference.case for difference in entry.differences}

    def unlike(case: Case) -> tuple[int, bool, bool]:
        others = sum(config.get(name) != value for name, value in case.config.items())
        plain = entry.kind == "loss" or case.id == "defaults" or case.id in telling
        return case.draw != "normal", others + 2 * len(case.call or {}), not plain

    by_ranks: dict[str, Case] = {}
    for case in sorted(of_tensors(entry, called_like(entry, call)), key=unlike):
        by_ranks.setdefault(str([len(shape) for shape in shapes_of(case)]), case)
    return list(by_ranks.values())[:_MOST_TEMPLATES]


def _by_size(entry: Entry, case: Case) -> list[Form]:
    if (held := holding(case)) is not case:
        return [_form(entry, held, "", None)]
    if filled := filling(case):
        found = {}
        for rank, (one, twice) in filled.items():
            single, double = (_form(entry, each, "", None) for each in (one, twice))
            found[rank] = left_open(single, double, shapes_of(one)[0], case)
        return by_rank(found, entry, case)
    return _by_rank(entry, case) if by_axis(entry, case) else list(_by_remainder(entry, case))


def _by_rank(entry: Entry, case: Case) -> list[Form]:
    """A form for images, whose channels torch has first, and one for what has them last; the axes that are counted
    from the end are counted so in it."""
    found: dict[int, Form] = {}
    for rank in RANKS:
        if not has_axes(case, rank):
            continue
        try:
            # what is summed over the batch is computed: such sizes stay small
            times = 1 if 0 in counted(case) else 12
            one, other = (of_size_one(entry, _sized(of_rank(case, rank), which, 0, times=times)) for which in (0, 1))
            _emitted(entry, one)
            found[rank] = _form(entry, one, "", other)
        except EquivalenceError:
            continue
    return by_rank(found, entry, case) or list(_by_remainder(entry, case))


def _like(entry: Entry, config: Mapping[str, Any], call: Mapping[str, Any] = NOTHING) -> Case:
    return _templates(entry, config, call)[0]._replace(config=dict(config))


def _by_remainder(entry: Entry, case: Case) -> Iterator[Form]:
    """A form for each remainder of the sizes that its strides tell apart."""
    if entry.layout != "spatial" or len(shapes_of(case)) != 1:
        yield _of_any_positions(entry, case) or _form(
            entry, _sized(case, 0, 0, positions=False), "", _sized(case, 1, 0, positions=False)
        )
        return
    rank = len(shapes_of(case)[0]) - 2
    step = _modulus(entry, case)
    for remainder in range(step):
        where = " and ".join(_NAMES.get(rank, ("sizes",)))
        if step == 2:
            condition = f"{('even', 'odd')[remainder]} {where}"
        else:
            condition = f"{where} that leave {remainder} when divided by {step}" if step > 1 else ""
        yield _form(entry, _sized(case, 0, remainder), condition, _sized(case, 1, remainder))


def _of_any_positions(entry: Entry, case: Case) -> Form | None:
    """The form for an image of any height and width, where the layer takes one; None where it is none of these."""
    if entry.kind != "layer" or entry.layout != "any" or [len(shape) for shape in shapes_of(case)] != [4]:
        return None
    free = [_sized(case, which, 0, positions=False) for which in (0, 1)]
    one, other = (each._replace(declared=(None, None, shapes_of(each)[0][-1])) for each in free)
    if case.config.get("data_format") == "channels_first":
        return None
    try:
        _emitted(entry, one)
        return _form(entry, one, "", other)
    except EquivalenceError:
        return None


def _modulus(entry: Entry, case: Case) -> int:
    """By how much sizes may differ without changing what padding="same" adds."""
    if case.config.get("padding") != "same":
        return 1
    for name in ("strides", "pool_size"):
        argument = entry.argument(name)
        value = case.config.get(name, argument.default if argument else None)
        values = [each for each in (value if isinstance(value, (list, tuple)) else [value]) if isinstance(each, int)]
        if values:
            return min(math.lcm(*(max(each, 1) for each in values)), _MOST_REMAINDERS)
    return 1


def _sized(case: Case, which: int, remainder: int, positions: bool = True, times: int = 12) -> Case:
    """The case with the first or the second of the sizes that stand for unknown ones."""
    channels = _PRIMES[which] * _parts(case)
    first = case.config.get("data_format") == "channels_first"
    made = []
    for shape in shapes_of(case):
        sizes = list(shape)
        if len(sizes) > 1:
            sizes[1 if first else -1] = channels
        if positions:
            places = range(2, len(sizes)) if first else range(1, len(sizes) - 1)
            for place, size in zip(places, _SPATIAL[which], strict=False):
                sizes[place] = times * size + remainder
        made.append(tuple(sizes))
    return case._replace(x=made)


def _parts(case: Case) -> int:
    """Into how many parts the channels are to be cut."""
    for name in ("groups", "indices_or_sections"):
        parts = case.config.get(name)
        if type(parts) is int and parts > 0:
            return parts
    return 1


def _form(entry: Entry, case: Case, condition: str, other: Case | None) -> Form:
    """The form for the sizes of a case; with `other`, the case in other sizes, those that are not stated are names."""
    try:
        text, shapes = _emitted(entry, case)
    except EquivalenceError:
        if other is None:
            raise
        text, shapes, case, other = _in_other_sizes(entry, case)
    said = _said(entry, case, other, None) or short(text)
    values = [size for shape in shapes_of(case) for size in (*shape[1:], tuple(shape[1:]))]
    verdict = standing(short(text), stated(case.config), values)
    met = {}
    for difference in met_by(entry, case.config):
        if (naive := _said(entry, case, other, difference)) is not None and (
            (naive.helpers, naive.lines) != (said.helpers, said.lines) or difference.weights
        ):
            met[difference.id] = differing(said, naive)
    return Form(condition, said, verdict, shapes, met)


def _in_other_sizes(entry: Entry, case: Case) -> tuple[str, dict[str, list[str]], Case, Case | None]:
    """What is emitted where free sizes of all inputs do not do: channels of those that are like the first, no size but
    the entry's own, or one for all inputs. Also that case, and the same in the second sizes where there are such."""
    own = _as_in_the_entry(entry, case)
    first, second = (_with_channels(own, size) for size in _PRIMES)
    alike = case._replace(x=[shapes_of(case)[0]] * len(shapes_of(case)))
    tried: list[tuple[Case, Case | None]] = [(own, None), (alike, None)]
    for made, other in [(first, second), *tried] if case.call else tried:
        try:
            return *_emitted(entry, made), made, other
        except EquivalenceError as error:
            last = error
    raise last


def _with_channels(case: Case, channels: int) -> Case:
    """The case with so many channels of the inputs that are drawn and have as many axes as the first."""
    shapes, draws = shapes_of(case), draws_of(case)
    like = [(len(shape), how) == (len(shapes[0]), draws[0]) for shape, how in zip(shapes, draws, strict=True)]
    return case._replace(
        x=[(*shape[:-1], channels) if same else shape for shape, same in zip(shapes, like, strict=True)]
    )


def _as_in_the_entry(entry: Entry, case: Case) -> Case:
    """The case in the sizes that the entry's own of that name has; what is given beside the first input (a state) in
    the call's own settings, where its sizes are settings (units)."""
    own = next(each for each in entry.cases if each.id == case.id)
    settings = {
        value: case.config[name]
        for name, value in own.config.items()
        if isinstance(value, int) and isinstance(case.config.get(name), int)
    }
    first, *others = shapes_of(own)
    return case._replace(
        x=[first, *((shape[0], *(settings.get(size, size) for size in shape[1:])) for shape in others)]
    )


def _said(entry: Entry, case: Case, other: Case | None, naive: Difference | None) -> Short | None:
    """What is emitted, with names for sizes that are not stated; None where a naive form is none of this call's."""
    try:
        first = short(_emitted(entry, case, naive)[0])
        if other is None:
            return first
        second = short(_emitted(entry, other, naive)[0])
    except (EquivalenceError, ValueError, RuntimeError):
        return None  # what it exchanges is not in this call
    return named(first, second, _sizes_by_name(case, other), argument_at) or first


def _sizes_by_name(case: Case, other: Case) -> dict[str, tuple[int, int]]:
    """The sizes in which two cases differ, by what they are called."""
    factor = _parts(case)
    channels = _PRIMES[0] * factor, _PRIMES[1] * factor
    pairs = list(zip(*(shapes_of(each)[0][1:] for each in (case, other)), strict=True)) if shapes_of(case) else []
    moved = [(one, two) for one, two in pairs if one != two and (one, two) != channels]
    return {"channels": channels, **dict(zip(_NAMES.get(len(pairs) - 1, ()), moved, strict=False))}


def _emitted(entry: Entry, case: Case, naive: Difference | None = None) -> tuple[str, dict[str, list[str]]]:
    model = single_call(entry, case, snake_case(entry.name), _CALLED.get(entry.kind, ()))
    if entry.kind == "layer":
        for layer in model.graph.layers:
            declare_arrays(layer, entry)
    options: dict[str, Any] = {"naive": (entry, naive)} if naive else {}

    def written() -> FileDraft:
        return emit(model, TorchOracle(), class_name(f"{entry.name}_example"), alone=True, **options)

    draft, first = written(), model.graph.outputs
    while entry.kind in (
        "layer",
        "operation",
    ):  # all that the call returns: states beside outputs, the parts of a split
        held = model.graph.outputs
        made = [held] if held is first else held
        model.graph.outputs = [*made, first._replace(tensor=len(made))]
        try:
            draft = written()
        except Refused:
            break
    return shown_text(draft), shapes_of_draft(draft)


def _merged(made: list[Form]) -> list[Form]:
    """Forms with the same code, once."""
    by_lines: dict[tuple[str, ...], list[Form]] = {}
    for form in made:
        by_lines.setdefault((*form.said.helpers, *form.said.lines), []).append(form)
    if len(by_lines) == 1:
        return [made[0]._replace(condition="")]
    return [each[0]._replace(condition="; ".join(form.condition for form in each)) for each in by_lines.values()]


def _written(entry: Entry, settings: Mapping[str, Any]) -> Form:
    config = {name: value for name, value in settings.items() if name != WITH_TARGETS}
    call = {"on": settings[WITH_TARGETS]} if WITH_TARGETS in settings else None
    text = emit_written(entry, config, TorchOracle(), call=call).shown
    said, met = short(text), {}
    for difference in met_by(entry, config):
        try:
            naive = emit_written(entry, config, TorchOracle(), difference, call=call).shown
        except (EquivalenceError, ValueError, RuntimeError):
            continue
        if naive != text:
            met[difference.id] = differing(said, short(naive))
    return Form("", said, standing(said, stated(config), []), {}, met)
