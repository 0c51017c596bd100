"""What was edited, in words: the cause of a fault, with the entry's difference where it states one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from equivalence.catalogue import find
from equivalence.diagnosis.findings import Cause
from equivalence.diagnosis.operation_kinds import kind
from equivalence.diagnosis.reference import Reference
from equivalence.diagnosis.weight_causes import WrongWeight
from equivalence.diagnosis.weight_relations import relation
from equivalence.emit.wrapped import class_of
from equivalence.schema import Entry
from equivalence.torch_side.operation_arguments import named
from equivalence.torch_side.run_tape import Operation, seen_in
from equivalence.torch_side.stretch import Edit, Stretch, plain_value
from equivalence.torch_side.torch_arrays import read

#: What an argument of torch's is called in words.
_WEIGHTS = ("weight", "bias", "running_mean", "running_var", "params", "in_proj_weight", "in_proj_bias",
            "out_proj_weight", "out_proj_bias")  # fmt: skip


class Words:
    """Says what edits mean."""

    def __init__(self, reference: Reference, stretch: Stretch) -> None:
        self.reference = reference
        self.stretch = stretch

    def cause(self, layer: int | None, edits: Sequence[Edit]) -> Cause:
        """One sentence for the edits of one layer."""
        entry = self.entry(layer)
        told = self._told(entry, edits)
        first = told[0]
        if len(told) == 1:
            return first
        difference = next((part.difference for part in told if part.difference), None)
        says = "; ".join(dict.fromkeys(part.says for part in told))
        return Cause(says, difference, first.keras_value, first.torch_value, first.fix)

    def count(self, edits: Sequence[Edit]) -> int:
        """How many things are to be said of the edits; what stands otherwise as a whole counts twice."""
        told = {part.says for part in self._told(None, edits)}
        return len(told) + len({edit.step for edit in edits if edit.kind in ("missing", "extra", "operation")}) // 3

    def _told(self, entry: Entry | None, edits: Sequence[Edit]) -> list[Cause]:
        weights = [edit for edit in edits if self._is_weight(edit)]
        rest = [edit for edit in edits if edit not in weights]
        parts = [self._said(entry, edit, edits) for edit in rest]
        found = [part for part in parts if part is not None]
        if weights:
            found.append(self._weights(entry, weights))
        return found or [part for edit in edits if (part := self._said(entry, edit, ())) is not None]

    def _is_weight(self, edit: Edit) -> bool:
        one, other = self.stretch.steps[edit.step]
        if edit.kind != "argument" or edit.name not in _WEIGHTS or one is None or other is None:
            return False
        return bool(list(seen_in((self.stretch.arguments(edit.step)[edit.name], named(other).get(edit.name)))))

    def _weights(self, entry: Entry | None, edits: Sequence[Edit]) -> Cause:
        """What is wrong with one or several weights."""
        wrong: list[WrongWeight] = []
        for edit in edits:
            _, other = self.stretch.steps[edit.step]
            assert other is not None
            found = self._apart(edit.name, self.stretch.arguments(edit.step)[edit.name], named(other).get(edit.name))
            if isinstance(found, Cause):
                return found
            wrong.append(found)
        return self.wrong_weights(entry, wrong)

    def wrong_weights(self, entry: Entry | None, wrong: Sequence[WrongWeight]) -> Cause:
        """What is wrong with weights of one layer that a module was given."""
        if (blocks := _blocks(wrong)) is not None:
            return blocks
        told = [self._relation(entry, weight) for weight in wrong]
        names = [_part_name(weight.name) for weight in wrong]
        first = wrong[0]
        difference = self._weight_difference(entry, told[0] or "")
        shapes = f"{first.wanted.shape}", f"{first.found.shape}"
        if len(wrong) == 1:
            says = f"its {names[0]} is {told[0]}" if told[0] else f"its {names[0]} has other numbers than Keras's"
            return Cause(says, difference, *shapes)
        owners = {
            text.removeprefix("that of ").rpartition(".")[0] for text in told if text and text.startswith("that of ")
        }
        all_names = f"{', '.join(names[:-1])} and {names[-1]}"
        same = all(text and text.startswith("that of ") for text in told)
        if same and len(owners) == 1 and first.layer.replace("/", ".") not in owners:
            return Cause(f"its {all_names} are those of another layer, {owners.pop()}", difference, *shapes)
        if all(told):
            return Cause(
                "; ".join(f"its {n} is {text}" for n, text in zip(names, told, strict=True)), difference, *shapes
            )
        return Cause(f"its {all_names} have other numbers than Keras's", difference, *shapes)

    def _relation(self, entry: Entry | None, weight: WrongWeight) -> str | None:
        tape = self.reference.tape
        others = ((name, read(tape.values[n])) for n, name in tape.held.items() if name != weight.source)
        told = relation(weight.found, weight.wanted, others)
        if told and told.startswith(f"that of {weight.layer.replace('/', '.')}."):
            return f"{told}: exchanged with it"
        drawn = weight.found.size >= 32 and abs(weight.found.mean()) < 0.25 and abs(weight.found.std() - 1) < 0.25
        if told is None and entry is not None and entry.name == "Embedding" and drawn:
            return "another than Keras's: it looks left as torch draws it at the start, normal"
        return told

    def entry(self, layer: int | None) -> Entry | None:
        if layer is None or layer >= len(self.reference.landmarks):
            return None
        found = self.reference.layers.get(self.reference.landmarks[layer].path)
        return find(class_of(found)) if found is not None else None

    def _said(self, entry: Entry | None, edit: Edit, all_edits: Sequence[Edit]) -> Cause | None:
        one, other = self.stretch.steps[edit.step]
        if edit.kind == "output":
            last = next((other for _, other in reversed(self.stretch.steps) if other is not None), None)
            name = last.name if last else "the module"
            return Cause(
                f"another output of {name} is used than Keras uses: its state or step, not what it returns",
                _named_after(entry, ("last-output", "last-of-both", "state-order")),
            )
        if edit.kind == "missing":
            assert one is not None
            if one.name == "pad" and any(e.kind == "argument" and e.name == "padding" for e in all_edits):
                return None  # told with the padding that is there
            known = _named_after(entry, _MISSING.get(kind(one.name), ()))
            return Cause(f"{called(one)} is missing, which Keras has there", known, formula(one), None)
        if edit.kind == "extra":
            assert other is not None
            if kind(other.name) == "dropout":
                return Cause(f"{formula(other)} is active: it runs in training mode", None, None, formula(other))
            return Cause(f"{called(other)} is one too many: Keras has nothing of it there", None, None, formula(other))
        assert one is not None and other is not None
        if edit.kind == "operation" and kind(other.name) == "dropout":
            return Cause(f"{formula(other)} is active: it runs in training mode", None, None, formula(other))
        if edit.kind == "operation":
            known = _named_after(entry, _MISSING.get(kind(one.name), ()))
            says = f"{formula(other)} stands where Keras has {formula(one)}"
            return Cause(says, known, formula(one), formula(other))
        ours, theirs = self.stretch.arguments(edit.step)[edit.name], named(other).get(edit.name)
        if edit.kind == "input":
            return self._other_input(edit.name, one, ours, theirs)
        return self._argument(entry, edit, one, other, ours, theirs, all_edits)

    # -- arguments -----------------------------------------------------------------------------

    def _argument(
        self, entry: Entry | None, edit: Edit, one: Operation, other: Operation, ours: Any, theirs: Any,
        all_edits: Sequence[Edit],
    ) -> Cause:  # fmt: skip
        if edit.name == "training":
            mode = (
                "runs in training mode, where the model is in inference" if theirs else "does not run in training mode"
            )
            return Cause(f"{one.name} {mode}", _named_after(entry, ("training-mode",)), ours, theirs)
        keras = next((a for a in entry.arguments if a.torch == edit.name), None) if entry else None
        pads = [self.stretch.steps[e.step][0] for e in all_edits if e.kind == "missing"]
        before = next((step for step in pads if step is not None and step.name == "pad"), None)
        if edit.name == "padding" and before is not None:
            sides = plain_value(named(before).get("pad"))
            both = f"padding is {plain_value(theirs)!r} on both sides"
            says = f"{both}, where Keras pads {sides} (last axis first) before it"
            return Cause(says, _named_after(entry, ("same-stride", "causal")), formula(before), _shown(theirs))
        if kind(one.name) == "arithmetic" and edit.name == "other":
            says = f"{formula(other)} stands where Keras has {formula(one)}"
            return Cause(says, _named_after(entry, ("size-per-head",)), formula(one), formula(other))
        name = f" ({keras.keras})" if keras and keras.keras != edit.name else ""
        says = f"{edit.name} of {one.name} is {_shown(theirs)!r}, where Keras{name} needs {_shown(ours)!r}"
        ids = (keras.keras if keras else edit.name, *_ARGUMENTS.get(edit.name, ()))
        return Cause(says, _named_after(entry, ids), _shown(ours), _shown(theirs))

    # -- tensors -------------------------------------------------------------------------------

    def _apart(self, name: str, ours: Any, theirs: Any) -> WrongWeight | Cause:
        """The tensor of an argument that is another than Keras's; a cause where one side has none."""
        wanted, found = ([leaf.number for leaf in seen_in(tree)] for tree in (ours, theirs))
        tapes = self.stretch.ours, self.stretch.theirs
        if not found:
            return Cause(f"it has no {name}, and Keras has one", None, _shape(tapes[0], wanted), None)
        if not wanted:
            return Cause(f"it has a {name}, and Keras has none", None, None, _shape(tapes[1], found))
        for a, b in zip(wanted, found, strict=False):
            expected, held = read(tapes[0].values[a]), read(tapes[1].values[b])
            if expected.shape != held.shape or not (expected == held).all():
                own = tapes[1].held.get(b, name)
                source = tapes[0].held.get(a, "")
                return WrongWeight(own, source.rpartition(".")[0], source, held, expected)
        return Cause(f"{name} has other numbers than Keras's", None)

    def _weight_difference(self, entry: Entry | None, told: str) -> str | None:
        if "blocks" in told:
            return _named_after(entry, ("gate-order",))
        if "columns in another order" in told and "flatten" in self._names_before():
            return "keras.layers.Flatten#flatten-order"
        if "axes" in told or "transposed" in told or "reshaped" in told:
            return _named_after(entry, ("kernel-layout", "recurrent-kernel-layout"))
        return None

    def _names_before(self) -> set[str]:
        """What leads to the first step of Keras's."""
        makers = self.stretch.makers
        first = next(one for one, _ in self.stretch.steps if one is not None)
        pending, names = list(first.seen()), set[str]()
        for _ in range(6):
            pending = (
                [given for number in pending if number in makers for given in makers[number].seen()[:1]]
                if names
                else pending
            )
            names |= {makers[number].name for number in pending if number in makers}
        return names

    def _other_input(self, name: str, one: Operation, ours: Any, theirs: Any) -> Cause:
        wanted = [leaf.number for leaf in seen_in(ours)]
        found = [leaf.number for leaf in seen_in(theirs)]
        if "mask" in name:
            says = "the mask is ignored" if not found else "its mask is another than Keras's"
            if not wanted:
                says = "it has a mask, and Keras has none"
            return Cause(says, None)
        same = [number for number in wanted if {m for m, _ in self.stretch.matches.get(number, ())} & set(found)]
        if same:
            says = "its numbers lie in another order there: flattened or reshaped otherwise than in Keras"
            return Cause(f"{one.name} gets the right tensor, but {says}", None)
        names, held = [self._of(number) for number in wanted], [self._whose(number) for number in found]
        if sorted(names) == sorted(held) and len(names) > 1:
            says = f"{one.name} takes {', '.join(held)} in another order than Keras, which takes {', '.join(names)}"
            return Cause(says, None, ", ".join(names), ", ".join(held))
        apart = [pair for pair in zip(names, held, strict=False) if pair[0] != pair[1]]
        wants, has = apart[0] if apart else (", ".join(names), ", ".join(held) or "nothing")
        return Cause(f"{one.name} takes another tensor: {has} instead of {wants}", None, wants, has)

    def _of(self, number: int) -> str:
        """The Keras layer whose output a tensor of Keras's tape is."""
        for landmark in self.reference.landmarks:
            if landmark.number == number:
                return f"the output of {landmark.path!r}"
        if number in self.reference.tape.inputs:
            return "the model's input"
        maker = self.stretch.makers.get(number)
        return f"what {maker.name} gives" if maker is not None else "a constant"

    def _whose(self, number: int) -> str:
        """Whose output a tensor of the torch module is."""
        for ours, found in self.stretch.matches.items():
            if any(match == number for match, _ in found):
                said = self._of(ours)
                if said.startswith("the output") or ours in self.reference.tape.inputs:
                    return said
        maker = self.stretch.their_makers.get(number)
        if maker is None:
            return "a constant"
        return f"the output of {maker.module!r}" if maker.module else f"what {maker.name} gives"


def _part_name(name: str) -> str:
    """ "in_proj_weight#0/3" as it is spoken of."""
    whole, _, part = name.partition("#")
    index, _, count = part.partition("/")
    return f"{whole} (part {int(index) + 1} of {count})" if part else name


def _blocks(wrong: Sequence[WrongWeight]) -> Cause | None:
    """Parts of one tensor that are each other's: the order in which it holds them."""
    weights = {weight.name: weight for weight in wrong if "weight" in weight.name}
    names = {name.partition("#")[0] for name in weights}
    if len(names) != 1 or len(weights) < 2 or any(not name.endswith("/3") for name in weights):
        return None
    order = {}
    for own, weight in weights.items():
        for other, there in weights.items():
            if weight.found.shape == there.wanted.shape and (weight.found == there.wanted).all():
                order[_index(own)] = _index(other)
    if len(order) != len(weights):
        return None
    held = [order.get(place, place) for place in range(3)]
    roles = ("queries", "keys", "values")
    found = ", ".join(roles[place] for place in held)
    says = f"its {names.pop()} holds its 3 blocks in the order {tuple(held)}: {found}"
    return Cause(says, None, ", ".join(roles), found)


def _index(part: str) -> int:
    return int(part.partition("#")[2].partition("/")[0])


#: Which differences tell of an operation of a kind that is missing, or of another in its place.
_MISSING: Mapping[str, tuple[str, ...]] = {
    "activation": ("activation", "gelu-exact", "leaky-slope", "leaky-layer-slope", "activation-defaults"),
    "padding": ("same-stride", "causal", "padding-value"),
}
#: Which differences tell of an argument, beside that of its own name.
_ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "eps": ("epsilon",),
    "dim": ("axis", "axes", "softmax-axis", "softmax-layer-axis"),
    "count_include_pad": ("padding-counted",),
    "ceil_mode": ("same-stride",),
    "padding": ("same-stride", "causal"),
    "pad": ("same-stride", "causal", "order-of-axes"),
    "value": ("padding-value",),
    "negative_slope": ("leaky-slope", "leaky-layer-slope"),
    "approximate": ("gelu-exact",),
    "scale": ("no-scaling",),
    "num_heads": ("size-per-head",),
    "attn_mask": ("mask-polarity",),
    "key_padding_mask": ("mask-polarity",),
}


def _named_after(entry: Entry | None, ids: Sequence[str]) -> str | None:
    """The first difference of an entry that is one of these."""
    for id_ in ids if entry is not None else ():
        assert entry is not None
        if any(difference.id == id_ for difference in entry.differences):
            return f"{entry.keras}#{id_}"
    return None


_SIGNS = {"add": "+", "sub": "-", "mul": "*", "div": "/", "truediv": "/", "radd": "+", "rmul": "*"}


_SCALES, _SHIFTS = ("mul", "div", "truediv", "rmul"), ("add", "sub", "radd")


def called(step: Operation) -> str:
    """An operation as it is spoken of: "the scaling x * 0.5", "relu"."""
    number = isinstance(named(step).get("other"), (int, float))
    what = (
        "the scaling " if number and step.name in _SCALES else "the shift " if number and step.name in _SHIFTS else ""
    )
    return what + formula(step)


def formula(step: Operation) -> str:
    """What an operation computes: "x * 0.5", "max_pool2d(kernel_size=2, stride=2)"."""
    given = named(step)
    other = given.get("other")
    if step.name in _SIGNS and isinstance(other, (int, float)):
        return f"x {_SIGNS[step.name]} {_shown(other)}"
    if step.name in ("rsub", "__rsub__") and isinstance(other, (int, float)):
        return f"{_shown(other)} - x"
    shown = {
        name: _shown(value)
        for name, value in given.items()
        if not list(seen_in(value))
        and value not in (None, False, (), [])
        and name not in ("training", "alpha", "layout", "dtype", "device", "pin_memory")
    }
    inside = ", ".join(f"{name}={value!r}" for name, value in shown.items() if not name.isdecimal())
    return f"{step.name.strip('_')}({inside})" if inside else step.name.strip("_")


def _shown(value: Any) -> Any:
    value = plain_value(value)
    if isinstance(value, tuple):
        return tuple(map(_shown, value))
    if isinstance(value, float) and math.isfinite(value):
        return float(f"{value:.12g}")
    return value if isinstance(value, (bool, int, str)) or value is None else str(value)


def _shape(tape: Any, numbers: Sequence[int]) -> str:
    return ", ".join(str(tuple(tape.values[number].shape)) for number in numbers)
