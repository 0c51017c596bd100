"""What was edited, in words: the cause of a fault, with the entry's difference where it states one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from equivalence.catalogue import find
from equivalence.diagnosis.findings import Cause
from equivalence.diagnosis.operation_kinds import kind
from equivalence.diagnosis.reference import Reference
from equivalence.diagnosis.weight_relations import relation
from equivalence.emit.wrapped import class_of
from equivalence.schema import Entry
from equivalence.torch_side.stretch import Edit, Stretch, plain_value
from equivalence.torch_side.operation_arguments import named
from equivalence.torch_side.run_tape import Operation, seen_in
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
        parts = [self._said(entry, edit, edits) for edit in edits]
        told = [part for part in parts if part is not None] or [self._said(entry, edits[0], ())]
        first = told[0]
        assert first is not None
        says = "; ".join(dict.fromkeys(part.says for part in told if part))
        difference = next((part.difference for part in told if part and part.difference), None)
        return first if len(told) == 1 else Cause(says, difference, first.keras_value, first.torch_value, first.fix)

    def entry(self, layer: int | None) -> Entry | None:
        if layer is None or layer >= len(self.reference.landmarks):
            return None
        found = self.reference.layers.get(self.reference.landmarks[layer].path)
        return find(class_of(found)) if found is not None else None

    def _said(self, entry: Entry | None, edit: Edit, all_edits: Sequence[Edit]) -> Cause | None:
        one, other = self.stretch.steps[edit.step]
        if edit.kind == "missing":
            assert one is not None
            if one.name == "pad" and any(e.kind == "argument" and e.name == "padding" for e in all_edits):
                return None  # told with the padding that is there
            return Cause(
                f"{one.name} is missing: Keras has {_call(one)} there",
                _named_after(entry, _MISSING.get(kind(one.name), ())),
                _call(one),
                None,
            )
        if edit.kind == "extra":
            assert other is not None
            return Cause(f"{_call(other)} is one too many: Keras has nothing of it there", None, None, _call(other))
        assert one is not None and other is not None
        if edit.kind == "operation":
            return Cause(
                f"{_call(other)} stands where Keras has {_call(one)}",
                _named_after(entry, _MISSING.get(kind(one.name), ())), _call(one), _call(other),
            )  # fmt: skip
        ours, theirs = named(one)[edit.name], named(other).get(edit.name)
        if edit.kind == "input":
            return self._other_input(edit.name, one, ours, theirs)
        if edit.name in _WEIGHTS and list(seen_in((ours, theirs))):
            return self._weight(entry, edit.name, one, ours, theirs)
        return self._argument(entry, edit, one, ours, theirs, all_edits)

    # -- arguments -----------------------------------------------------------------------------

    def _argument(
        self, entry: Entry | None, edit: Edit, one: Operation, ours: Any, theirs: Any, all_edits: Sequence[Edit]
    ) -> Cause:
        if edit.name == "training":
            says = (
                f"{one.name} runs in training mode, where the model is in inference"
                if theirs
                else f"{one.name} does not run in training mode"
            )
            return Cause(says, _named_after(entry, ("training-mode",)), ours, theirs)
        keras = entry and next((a for a in entry.arguments if a.torch == edit.name), None)
        pads = [self.stretch.steps[e.step][0] for e in all_edits if e.kind == "missing"]
        before = next((step for step in pads if step is not None and step.name == "pad"), None)
        if edit.name == "padding" and before is not None:
            says = f"padding is {theirs!r} on both sides, where Keras pads {_plain(named(before).get('pad'))} (last axis first) before it"
            return Cause(says, _named_after(entry, ("same-stride", "causal")), _call(before), _plain(theirs))
        name = f" ({keras.keras})" if keras and keras.keras != edit.name else ""
        says = f"{edit.name} is {_plain(theirs)!r}, where Keras{name} needs {_plain(ours)!r}"
        ids = (keras.keras if keras else edit.name, *_ARGUMENTS.get(edit.name, ()))
        return Cause(says, _named_after(entry, ids), _plain(ours), _plain(theirs))

    # -- tensors -------------------------------------------------------------------------------

    def _weight(self, entry: Entry | None, name: str, one: Operation, ours: Any, theirs: Any) -> Cause:
        wanted, found = ([leaf.number for leaf in seen_in(tree)] for tree in (ours, theirs))
        tapes = self.stretch.ours, self.stretch.theirs
        if not found:
            return Cause(f"{name} is not there, and Keras has one", None, _shape(tapes[0], wanted), None)
        if not wanted:
            return Cause(f"{name} is there, and Keras has none", None, None, _shape(tapes[1], found))
        for a, b in zip(wanted, found, strict=False):
            expected, held = read(tapes[0].values[a]), read(tapes[1].values[b])
            if expected.shape != held.shape or not (expected == held).all():
                others = (
                    (self.reference.tape.held[number], read(tapes[0].values[number]))
                    for number in self.reference.tape.held
                    if number != a
                )
                told = relation(held, expected, others)
                own = tapes[1].held.get(b, name)
                says = f"its {own} is {told}" if told else f"its {own} has other numbers than Keras's"
                return Cause(says, self._weight_difference(entry, told or ""), f"{expected.shape}", f"{held.shape}")
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
        names = [self._of(number) for number in wanted]
        held = [self._whose(number) for number in found]
        if sorted(map(str, names)) == sorted(map(str, held)) and len(names) > 1:
            return Cause(
                f"{one.name} takes {_list(held)}, where Keras takes {_list(names)}: another order",
                None,
                _list(names),
                _list(held),
            )
        apart = [(a, b) for a, b in zip(names, held, strict=False) if a != b] or [(_list(names), _list(held))]
        says = f"{one.name} takes {apart[0][1]}, where Keras takes {apart[0][0]}"
        return Cause(says, None, apart[0][0], apart[0][1])

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
        maker = self.stretch._their_maker(number)
        if maker is None:
            return "a constant"
        return f"the output of {maker.module!r}" if maker.module else f"what {maker.name} gives"


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
        if any(difference.id == id_ for difference in entry.differences):
            return f"{entry.keras}#{id_}"
    return None


def _call(step: Operation) -> str:
    """An operation with the arguments that say what it does: "max_pool2d(kernel_size=2, stride=2)"."""
    shown = {
        name: _plain(value)
        for name, value in named(step).items()
        if not list(seen_in(value))
        and value not in (None, False, (), [])
        and name not in ("training", "alpha", "layout")
    }
    inside = ", ".join(f"{name}={value!r}" for name, value in shown.items() if not name.isdecimal())
    return f"{step.name.strip('_')}({inside})"


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        parts = tuple(map(_plain, value))
        return parts[0] if parts and all(part == parts[0] for part in parts) else parts
    if isinstance(value, float) and math.isfinite(value):
        return float(f"{value:.12g}")
    return value if isinstance(value, (bool, int, str)) or value is None else str(value)


def _list(names: Sequence[str]) -> str:
    return ", ".join(names)


def _shape(tape: Any, numbers: Sequence[int]) -> str:
    return ", ".join(str(tuple(tape.values[number].shape)) for number in numbers)
