"""Why a stretch gives other numbers: what is tried, in which order, and what counts as a cause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from equivalence.catalogue import find
from equivalence.diagnosis.aligning import Place
from equivalence.diagnosis.cause_words import Words
from equivalence.diagnosis.findings import Cause
from equivalence.diagnosis.lines_to_write import carried, constructor, expression
from equivalence.diagnosis.minimal_edits import minimal
from equivalence.diagnosis.naive_forms import NaiveForms
from equivalence.diagnosis.operation_kinds import EXCHANGEABLE, PRODUCTS, keeps_numbers, kind
from equivalence.diagnosis.other_heads import Heads, other_heads
from equivalence.diagnosis.own_arguments import own_argument
from equivalence.diagnosis.reference import Reference
from equivalence.diagnosis.spoken import formula
from equivalence.diagnosis.stretches import Cut
from equivalence.diagnosis.weight_causes import Expected, WrongWeight, expected, weights_to_blame
from equivalence.diagnosis.weight_words import OF_ANOTHER, wrong_weights
from equivalence.diagnosis.weighted_pairs import Pairs, pair_weighted
from equivalence.emit.wrapped import class_of
from equivalence.schema import Entry
from equivalence.torch_side.arranged import arrangement, same_numbers
from equivalence.torch_side.operation_arguments import named
from equivalence.torch_side.run_tape import Operation, Tape
from equivalence.torch_side.stretch import Edit, numbers_in
from equivalence.torch_side.torch_arrays import read, tensor_of
from equivalence.verification.keras_layout import from_keras_array

#: One layer that needs more things changed than this has no cause that could be told.
_MOST_EDITS = 3


@dataclass(slots=True)
class Told:
    """What is said of one layer."""

    layer: int  # landmark
    step: Operation | None  # of the torch module
    cause: Cause | None
    edits: Sequence[Edit] = ()  # with which it was found

    @property
    def of_others(self) -> bool:
        """Whether the cause is that it takes another tensor, or weights of another layer."""
        of_another = self.cause is not None and any(f" {words}" in self.cause.says for words in OF_ANOTHER)
        return of_another or any(edit.kind == "input" for edit in self.edits)


class Explaining:
    """Finds causes. `tape`: the first run of the module."""

    def __init__(self, reference: Reference, tape: Tape) -> None:
        self.reference = reference
        self.tape = tape
        self.naive = NaiveForms(reference)
        self._expected: Expected | None = None

    @cached_property
    def pairs(self) -> Pairs:
        """What corresponds by structure, of what has weights."""
        return pair_weighted(self.reference, self.tape, {})

    @cached_property
    def places(self) -> dict[Place, int]:
        """For the module's operations with weights, the indices of Keras's that they are by structure."""
        steps = ((self.pairs.ours[i].step, self.pairs.theirs[j].step) for i, j in self.pairs.chosen.items())
        return {(other.index, other.offset): one.index for one, other in steps}

    def explain(self, found: Sequence[Cut]) -> tuple[Cut, list[Told]]:
        """The first of the cuts that has a cause, and what is said of each layer of it; the shortest without one."""
        for cut in found:
            edits = minimal(cut.stretch, cut.wanted)
            told = self._of_edits(cut, edits) if edits else self._of_weights(cut)
            if edits and any(edit.kind in ("input", "operation") for edit in edits):
                told = self._of_weights(cut) or told
            if told:
                return cut, told
            if (difference := self._of_difference(cut)) is not None:
                return cut, [difference]
            if (other := self._of_heads(cut) or self._of_own_argument(cut)) is not None:
                return cut, [other]
        layers = found[0].layers[found[0].layers.index(found[0].first) :]
        layers = [layer for layer in layers if not self._is_mask(layer)] or layers
        return found[0], [Told(layers[0], _last(found[0]), None)]

    # -- edits ---------------------------------------------------------------------------------

    def _of_edits(self, cut: Cut, edits: list[Edit]) -> list[Told]:
        words = Words(self.reference, cut.stretch)
        by_layer: dict[int, list[Edit]] = {}
        for edit in edits:
            by_layer.setdefault(self._layer_of(cut, edit), []).append(edit)
        if (
            any(words.count(own) > _MOST_EDITS for own in by_layer.values())
            or self._stands_instead(cut, edits)
            or self._is_there(cut, edits)
            or any(self._is_the_same(cut, edit) for edit in edits)
            or any(edit.kind == "operation" and not _is_given_alike(cut, edit) for edit in edits)
            or (any(edit.kind == "operation" for edit in edits) and _is_a_gate(cut))
        ):
            return self._of_weights(cut)
        made = []
        for layer, own in by_layer.items():
            cause = words.cause(layer, own)
            if "of another layer" in cause.says and words.count(own) > 1:
                return self._of_weights(cut)  # another layer as a whole stands there: not one thing is wrong with it
            if cause.difference is None and (known := self._difference(layer, cut, self._given_by(cut, layer, own))):
                cause = replace(cause, difference=known[1])
            if cause.fix is None:
                cause = replace(cause, fix=self._fix(cut, layer, own))
            made.append(Told(layer, _their_step(cut, own[0]), cause, own))
        return made

    def _fix(self, cut: Cut, layer: int, edits: Sequence[Edit]) -> str | None:
        """The line to write: the module's, where its settings are wrong; else the call."""
        mark = self.reference.landmarks[layer]
        weights = [n for edit in edits for n in self._sources(cut, edit)]
        if weights:
            return next((line for name in weights if (line := carried(self.reference, name)) is not None), None)
        steps = [one for edit in edits if (one := cut.stretch.steps[edit.step][0]) is not None]
        if all(edit.kind == "argument" for edit in edits):
            made = constructor(self.reference, mark.path)
            if made and all(self._is_of(made, one) for one in steps):
                return made
            if any(cut.stretch.lies_elsewhere(one, edit.name) for one, edit in zip(steps, edits, strict=True)):
                return None  # the port counts axes in another order than the module
        return expression(self.reference, mark)

    def _is_of(self, constructed: str, step: Operation) -> bool:
        """Whether a module that is made so runs an operation itself: it has its weights or its name."""
        name = constructed.partition("(")[0].rpartition(".")[2]
        held = any(number in self.reference.tape.held for number in step.seen())
        return held or name.lower() == step.name.replace("_", "")

    def _sources(self, cut: Cut, edit: Edit) -> list[str]:
        """The parameters of the port that an edit is about: those that the module has otherwise."""
        one, other = cut.stretch.steps[edit.step]
        if edit.kind != "argument" or one is None or other is None:
            return []
        ours, theirs = self.reference.tape, cut.stretch.theirs
        wanted, found = numbers_in(cut.stretch.arguments(edit.step)[edit.name]), numbers_in(named(other).get(edit.name))
        return [
            ours.held[a]
            for a, b in zip(wanted, found, strict=False)
            if a in ours.held and not np.array_equal(read(ours.values[a]), read(theirs.values[b]))
        ]

    def _layer_of(self, cut: Cut, edit: Edit) -> int:
        """The layer that an edit belongs to: that of its step, or of the next one that Keras has; of a mask's, the
        layer that the mask is for."""
        steps = cut.stretch.steps
        for one, _ in [*steps[edit.step :], *reversed(steps[: edit.step])]:
            if one is not None:
                layer = self.reference.owners.get(one.index, cut.layers[-1])
                return cut.layers[-1] if self._is_mask(layer) else layer
        return cut.layers[-1]

    def _is_mask(self, layer: int) -> bool:
        value = self.reference.value(self.reference.landmarks[layer])
        return not value.is_floating_point() and not value.is_complex()

    def _stands_instead(self, cut: Cut, edits: list[Edit]) -> bool:
        """Whether something of the module's own stands where an edit puts in what Keras has: then it is not missing."""
        missing = {edit.step for edit in edits if edit.kind == "missing"}
        extra = {edit.step for edit in edits if edit.kind == "extra"}
        for at in missing:
            for direction in (1, -1):
                beside = at + direction
                while 0 <= beside < len(cut.stretch.steps) and cut.stretch.steps[beside][0] is None:
                    other = cut.stretch.steps[beside][1]
                    if (
                        other is not None
                        and beside not in extra
                        and not keeps_numbers(other)
                        and self._leads_on(cut, beside)
                    ):
                        return True
                    beside += direction
        return False

    def _is_there(self, cut: Cut, edits: list[Edit]) -> bool:
        """Whether the module has, somewhere, what an edit would have missing: with the same weights, or with others of
        the same sizes as often as Keras runs such: then it runs one of them in place of another."""
        ours, theirs = cut.stretch.ours, cut.stretch.theirs
        for edit in edits:
            one = cut.stretch.steps[edit.step][0]
            if edit.kind != "missing" or one is None:
                continue
            held = [ours.values[number] for number in one.seen() if number in ours.held]
            if any(same_numbers(weight, theirs.values[n]) for weight in held for n in theirs.held):
                return True
            sizes = sorted(weight.numel() for weight in held)
            if held and _runs_of(theirs, one.name, sizes) >= _runs_of(ours, one.name, sizes):
                return True
        return False

    @staticmethod
    def _is_the_same(cut: Cut, edit: Edit) -> bool:
        """Whether what is said to stand in place of an operation does the same: a 1x1 convolution with the weights of
        a product, a sum of other tensors."""
        one, other = cut.stretch.steps[edit.step]
        if edit.kind != "operation" or one is None or other is None:
            return False
        held = [cut.stretch.ours.values[n] for n in one.seen() if n in cut.stretch.ours.held]
        theirs = cut.stretch.theirs
        alike = any(same_numbers(a, theirs.values[n]) for a in held for n in other.seen() if n in theirs.held)
        if one.name in PRODUCTS and other.name in PRODUCTS and not held:
            return True  # of two tensors: what is wrong is what goes in, or how it is laid
        return formula(one) == formula(other) or (alike and (kind(one.name), kind(other.name)) in EXCHANGEABLE)

    def _leads_on(self, cut: Cut, at: int) -> bool:
        """Whether what a step gives goes into the end of the cut."""
        other = cut.stretch.steps[at][1]
        assert other is not None
        known = set(other.outputs)
        for _, step in cut.stretch.steps[at + 1 :]:
            if step is not None and known & set(step.seen()):
                known |= set(step.outputs)
        return cut.end in known

    # -- weights -------------------------------------------------------------------------------

    def _of_weights(self, cut: Cut) -> list[Told]:
        if cut.end is None:
            return []
        if self._expected is None:
            self._expected = expected(self.reference, self.tape, self.pairs)
        wrong = weights_to_blame(cut, self._expected)
        if not wrong:
            return []
        by_path = {mark.path: index for index, mark in enumerate(self.reference.landmarks)}
        by_layer: dict[str, list[WrongWeight]] = {}
        for weight in wrong:
            by_layer.setdefault(weight.layer, []).append(weight)
        made = []
        for path, own in by_layer.items():
            layer = by_path.get(path, cut.layers[-1])
            flattened = any(weight.name in self._expected.reordered for weight in own)
            cause = wrong_weights(self.reference, self.entry(layer), own, behind_flatten=flattened)
            if not flattened:  # the port counts there otherwise than the module
                cause = replace(cause, fix=carried(self.reference, own[0].source))
            made.append(Told(layer, _using(cut, own[0].name), cause))
        return made

    # -- differences of the catalogue ----------------------------------------------------------

    def _of_difference(self, cut: Cut) -> Told | None:
        known = self._difference(cut.layers[-1], cut, cut.end)
        if known is None:
            return None
        mark = self.reference.landmarks[cut.layers[-1]]
        return Told(cut.layers[-1], _last(cut), Cause(*known, fix=expression(self.reference, mark)))

    def _of_heads(self, cut: Cut) -> Told | None:
        """Attention that is right but for the number of its heads."""
        for layer in cut.layers:
            mark = self.reference.landmarks[layer]
            held = self.reference.layers.get(mark.path)
            count, size = (held.config.get(name) if held else None for name in ("num_heads", "key_dim"))
            if not isinstance(count, int) or not isinstance(size, int):
                continue
            if (found := other_heads(cut, Heads(count, size))) is not None:
                theirs, step = found
                says = f"attention has {_heads(theirs)}, where Keras has {_heads(Heads(count, size))}"
                fix = constructor(self.reference, mark.path)
                return Told(layer, step, Cause(says, None, count, theirs.number, fix))
        return None

    def _of_own_argument(self, cut: Cut) -> Told | None:
        """What is right but for one argument of an operation that Keras has inside another."""
        layer = cut.layers[-1]
        mark = self.reference.landmarks[layer]
        held, entry = self.reference.layers.get(mark.path), self.entry(layer)
        if held is None or entry is None or (found := own_argument(cut, held.config)) is None:
            return None
        known = any(difference.id == found.setting for difference in entry.differences)
        difference = f"{entry.keras}#{found.setting}" if known else None
        fix = constructor(self.reference, mark.path)
        return Told(layer, found.step, Cause(found.says(), difference, found.wanted, found.found, fix))

    def _given_by(self, cut: Cut, layer: int, edits: Sequence[Edit]) -> int | None:
        """What the module has where Keras has the output of a layer: the end of the cut, or what a missing step would
        have been given."""
        if layer == cut.layers[-1]:
            return cut.end
        one = cut.stretch.steps[edits[0].step][0] if edits[0].kind == "missing" else None
        data = cut.stretch.data_input(one) if one is not None else None
        if data is None:
            return None
        matches = cut.stretch.matches.get(data, ())
        return matches[0][0] if matches else cut.stretch.paired.get(data)

    def _difference(self, layer: int, cut: Cut, number: int | None) -> tuple[str, str] | None:
        """The difference whose naive form gives the module's numbers: what it says, and its name."""
        entry = self.entry(layer)
        if entry is None or number is None:
            return None
        mark = self.reference.landmarks[layer]
        found = cut.stretch.theirs.values[number]
        for difference, output in self.naive.outputs(entry, mark):
            made = from_keras_array(output, mark.order) if output.ndim > 1 else output
            if made.size == found.numel() and arrangement(found, tensor_of(np.ascontiguousarray(made), found)):
                return difference.says, f"{entry.keras}#{difference.id}"
        return None

    def entry(self, layer: int) -> Entry | None:
        found = self.reference.layers.get(self.reference.landmarks[layer].path)
        return find(class_of(found)) if found is not None else None


def _is_given_alike(cut: Cut, edit: Edit) -> bool:
    """Whether an operation that is said to stand in place of another is called on something that that is called on."""
    one, other = cut.stretch.steps[edit.step]
    if one is None or other is None:
        return True
    ours = [number for number in one.seen() if number not in cut.stretch.ours.held]
    theirs = [number for number in other.seen() if number not in cut.stretch.theirs.held]
    return not ours or any(cut.stretch.corresponds(a, b) for a in ours for b in theirs)


def _is_a_gate(cut: Cut) -> bool:
    """Whether the module goes on with the end of the cut and what went into it, as in x * sigmoid(x), and Keras does
    not: then the end is a part of something else."""
    stretch, gates = cut.stretch, []
    for tape, side, end in ((stretch.ours, 0, cut.wanted), (stretch.theirs, 1, cut.end)):
        taken = {n for pair in stretch.steps if (step := pair[side]) is not None for n in step.seen()} - set(tape.held)
        users = tape.users().get(-1 if end is None else end, ())
        gates.append(any(kind(user.name) == "arithmetic" and taken & set(user.seen()) - {end} for user in users))
    return gates == [False, True]


def _heads(heads: Heads) -> str:
    return f"{heads.number} heads of {heads.size} numbers" if heads.number > 1 else f"one head of {heads.size} numbers"


def _runs_of(tape: Tape, name: str, sizes: list[int]) -> int:
    """How many operations of a name take weights of these sizes."""
    of_name = (step for step in tape.operations if step.name == name)
    return sum(sorted(tape.values[n].numel() for n in step.seen() if n in tape.held) == sizes for step in of_name)


def _last(cut: Cut) -> Operation | None:
    return next((other for _, other in reversed(cut.stretch.steps) if other is not None), None)


def _using(cut: Cut, name: str) -> Operation | None:
    held = cut.stretch.theirs.held
    for _, other in cut.stretch.steps:
        if other is not None and any(held.get(number) == name for number in other.seen()):
            return other
    return _last(cut)


def _their_step(cut: Cut, edit: Edit) -> Operation | None:
    """The torch operation that an edit is made at; of what is missing, the one before it."""
    steps = cut.stretch.steps
    after = [other for _, other in steps[edit.step :] if other is not None]
    before = [other for _, other in steps[: edit.step] if other is not None]
    if steps[edit.step][1] is None:
        return before[-1] if before else (after[0] if after else None)
    return after[0]
