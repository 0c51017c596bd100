"""What was edited, in words: the cause of a fault, with the entry's difference where it states one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from equivalence.catalogue import find
from equivalence.diagnosis.findings import Cause
from equivalence.diagnosis.operation_kinds import kind
from equivalence.diagnosis.reference import Reference
from equivalence.diagnosis.spoken import called, formula, index, shown
from equivalence.diagnosis.weight_causes import WrongWeight
from equivalence.diagnosis.weight_words import wrong_weights
from equivalence.emit.wrapped import class_of
from equivalence.schema import Entry
from equivalence.torch_side.operation_arguments import named
from equivalence.torch_side.run_tape import Operation, seen_in
from equivalence.torch_side.stretch import Edit, Stretch, numbers_in, plain_value
from equivalence.torch_side.torch_arrays import read

#: What an argument of torch's is called in words.
_WEIGHTS = ("weight", "bias", "running_mean", "running_var", "params", "in_proj_weight", "in_proj_bias",
            "out_proj_weight", "out_proj_bias")  # fmt: skip


#: Of more tensors than this their order is told by numbers.
_MOST_NAMES = 4

#: What operations give that give several tensors.
_OUTPUTS = {
    "lstm": ("whole sequence", "last hidden state", "last cell state"),
    "gru": ("whole sequence", "last state"),
    "rnn_tanh": ("whole sequence", "last state"),
    "rnn_relu": ("whole sequence", "last state"),
}


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
        if (exchanged := self._exchanged(rest)) is not None:
            return [exchanged]
        parts = [self._said(entry, edit, edits) for edit in rest]
        found = [part for part in parts if part is not None]
        if weights:
            found.append(self._weights(entry, weights))
        return found or [part for edit in edits if (part := self._said(entry, edit, ())) is not None]

    def _is_weight(self, edit: Edit) -> bool:
        one, other = self.stretch.steps[edit.step]
        if edit.kind != "argument" or one is None or other is None:
            return False
        if edit.name in ("self", "other", "tensors"):
            both = self.stretch.arguments(edit.step)[edit.name], named(other).get(edit.name)
            held = (self.stretch.ours.held, self.stretch.theirs.held)
            return all(any(n in own for n in numbers_in(tree)) for own, tree in zip(held, both, strict=True))
        if edit.name not in _WEIGHTS:
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
        return wrong_weights(self.reference, entry, wrong, behind_flatten="flatten" in self._names_before())

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
            )
        if edit.kind == "missing":
            assert one is not None
            if one.name == "pad" and any(e.kind == "argument" and e.name == "padding" for e in all_edits):
                return None  # told with the padding that is there
            return Cause(f"{called(one)} is missing, which Keras has there", None, formula(one), None)
        if edit.kind == "extra":
            assert other is not None
            if kind(other.name) == "dropout":
                return Cause(f"{formula(other)} is active: it runs in training mode", None, None, formula(other))
            return Cause(f"{called(other)} is one too many: Keras has nothing of it there", None, None, formula(other))
        assert one is not None and other is not None
        if edit.kind == "operation" and kind(other.name) == "dropout":
            return Cause(f"{formula(other)} is active: it runs in training mode", None, None, formula(other))
        if edit.kind == "operation":
            says = f"{formula(other)} stands where Keras has {formula(one)}"
            return Cause(says, None, formula(one), formula(other))
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
            return Cause(f"{one.name} {mode}", None, ours, theirs)
        ours = self.stretch.counted_there(one, edit.name, ours)
        keras = next((a for a in entry.arguments if a.torch == edit.name), None) if entry else None
        pads = [self.stretch.steps[e.step][0] for e in all_edits if e.kind == "missing"]
        before = next((step for step in pads if step is not None and step.name == "pad"), None)
        if edit.name == "padding" and before is not None:
            sides = plain_value(named(before).get("pad"))
            both = f"padding is {plain_value(theirs)!r} on both sides"
            says = f"{both}, where Keras pads {sides} (last axis first) before it"
            return Cause(says, None, formula(before), shown(theirs))
        if kind(one.name) == "arithmetic" and edit.name == "other":
            says = f"{formula(other)} stands where Keras has {formula(one)}"
            return Cause(says, None, formula(one), formula(other))
        if edit.name == "pad":
            says = f"it pads {shown(theirs)}, where Keras pads {shown(ours)} (last axis first)"
            return Cause(says, None, shown(ours), shown(theirs))
        if one.name == "__getitem__":
            says = f"it goes on with x{index(theirs)}, where Keras goes on with x{index(ours)}"
            return Cause(says, None, index(ours), index(theirs))
        name = f" ({keras.keras})" if keras and keras.keras not in (edit.name, "data_format") else ""
        says = f"{edit.name} of {one.name} is {shown(theirs)!r}, where Keras{name} needs {shown(ours)!r}"
        return Cause(says, _of_argument(entry, keras.keras) if keras else None, shown(ours), shown(theirs))

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
            if len(wanted) > 1 and a not in tapes[0].held and b not in tapes[1].held:
                continue  # what a weight is joined with
            expected, held = read(tapes[0].values[a]), read(tapes[1].values[b])
            if expected.squeeze().shape == held.squeeze().shape:
                held = held.reshape(expected.shape)  # weight[:, None, None]
            if expected.shape != held.shape or not (expected == held).all():
                own = tapes[1].held.get(b, name)
                source = tapes[0].held.get(a, "")
                return WrongWeight(own, source.rpartition(".")[0], source, held, expected)
        return Cause(f"{name} has other numbers than Keras's", None)

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
        if kind(one.name) == "joining" and len(parts := self._parts(wanted)) == len(found):
            wanted = parts  # Keras joins what was joined before, the module all at once
        names, held = [self._of(number) for number in wanted], [self._whose(number) for number in found]
        if (order := self._order(wanted, found)) is not None and (names == held or len(names) > _MOST_NAMES):
            says = f"{one.name} takes its tensors in another order than Keras, which takes them in the order {order}"
            return Cause(says, None, order, ", ".join(str(place + 1) for place in range(len(wanted))))
        if sorted(names) == sorted(held) and names != held:
            says = f"{one.name} takes {', '.join(held)} in another order than Keras, which takes {', '.join(names)}"
            return Cause(says, None, ", ".join(names), ", ".join(held))
        same = [a for a, b in zip(wanted, found, strict=False) if self._is_moved(a, b)]
        if (not same or len(same) < len(wanted)) and (of_one := self._other_output(wanted, found)) is not None:
            return of_one
        pairs = zip(wanted, found, strict=False)
        if (same and len(same) == len(wanted)) or (names == held and all(self._is_rearranged(*pair) for pair in pairs)):
            says = "its numbers lie in another order there: flattened or reshaped otherwise than in Keras"
            return Cause(f"{one.name} gets the right tensor, but {says}", None)
        apart = [pair for pair in zip(names, held, strict=False) if pair[0] != pair[1]]
        wants, has = apart[0] if apart else (", ".join(names), ", ".join(held) or "nothing")
        return Cause(f"{one.name} takes another tensor: {has} instead of {wants}", None, wants, has)

    def _parts(self, numbers: Sequence[int]) -> list[int]:
        """What is joined; of what was joined before, its parts."""
        found: list[int] = []
        for number in numbers:
            maker = self.stretch.makers.get(number)
            if maker is not None and kind(maker.name) == "joining":
                found += self._parts(maker.seen())
            else:
                found.append(number)
        return found

    def _exchanged(self, edits: Sequence[Edit]) -> Cause | None:
        """Two tensors of which each is taken where Keras takes the other, as the values of attention for its keys."""
        if len(edits) != 2 or any(edit.kind != "input" for edit in edits):
            return None
        taken = []
        for edit in edits:
            one, other = self.stretch.steps[edit.step]
            assert one is not None and other is not None
            ours = numbers_in(self.stretch.arguments(edit.step)[edit.name])
            theirs = numbers_in(named(other).get(edit.name))
            if len(ours) != 1 or len(theirs) != 1:
                return None
            taken.append((ours[0], theirs[0]))
        (one_wanted, one_found), (other_wanted, other_found) = taken
        if not (self._holds(other_wanted, one_found) and self._holds(one_wanted, other_found)):
            return None
        has, wants = self._of(other_wanted), self._of(one_wanted)
        return Cause(f"two tensors are exchanged: {has} stands where Keras has {wants}", None, wants, has)

    def _is_moved(self, ours: int, theirs: int) -> bool:
        """Whether the module's tensor is Keras's, or that moved about."""
        while not self._holds(ours, theirs):
            maker = self.stretch.their_makers.get(theirs)
            data = self.stretch.data_input(maker) if maker is not None and self.stretch.moves_only(maker) else None
            if data is None:
                return False
            theirs = data
        return True

    def _is_rearranged(self, ours: int, theirs: int) -> bool:
        """Whether two tensors have the same numbers, in whatever order."""
        one, other = read(self.stretch.ours.values[ours]), read(self.stretch.theirs.values[theirs])
        return one.size == other.size and np.allclose(np.sort(one, None), np.sort(other, None), rtol=1e-9, atol=0.0)

    def _holds(self, ours: int, theirs: int) -> bool:
        return any(number == theirs for number, _ in self.stretch.matches.get(ours, ()))

    def _order(self, wanted: Sequence[int], found: Sequence[int]) -> str | None:
        """Keras's order of the tensors that the module takes, counted from 1, where both take the same ones."""
        matches = [{number for number, _ in self.stretch.matches.get(a, ())} for a in wanted]
        at = [[place for place, b in enumerate(found) if b in own] for own in matches]
        order = [places[0] for places in at if len(places) == 1]
        if len(order) != len(found) or sorted(order) != list(range(len(found))) or order == sorted(order):
            return None
        return ", ".join(str(place + 1) for place in order)

    def _other_output(self, wanted: Sequence[int], found: Sequence[int]) -> Cause | None:
        """Where another output of the right operation is taken, as the cell state of an LSTM for its hidden state."""
        for a, b in zip(wanted, found, strict=False):
            one, other = self.stretch.makers.get(a), self.stretch.their_makers.get(b)
            if one is None or other is None or len(one.outputs) < 2 or one.name != other.name:
                continue
            right, taken = one.outputs.index(a), other.outputs.index(b)
            if right != taken:
                has, wants = (self._output(step, step.outputs[i]) for step, i in ((other, taken), (one, right)))
                return Cause(f"the {has} of {one.name} is taken, where Keras takes the {wants}", None, wants, has)
        return None

    @staticmethod
    def _output(step: Operation, number: int) -> str:
        """Which output of an operation a tensor is."""
        index, names = step.outputs.index(number), _OUTPUTS.get(step.name, ())
        return names[index] if index < len(names) else f"output {index}"

    def _input(self, index: int) -> str:
        """An input of the model, by its name where there are several."""
        specs = [spec for _, _, spec in self.reference.ported.draft.classes[-1].inputs]
        return f"the model's input {specs[index].name!r}" if len(specs) > 1 else "the model's input"

    def _of(self, number: int) -> str:
        """The Keras layer whose output a tensor of Keras's tape is."""
        for landmark in self.reference.landmarks:
            if landmark.number == number:
                several = sum(mark[:2] == landmark[:2] for mark in self.reference.landmarks) > 1
                which = f"output {landmark.index} of" if several else "output of"
                return f"the {which} {landmark.path!r}"
        if number in self.reference.tape.inputs:
            return self._input(self.reference.tape.inputs.index(number))
        maker = self.stretch.makers.get(number)
        if (
            maker is not None
            and self.stretch.moves_only(maker)
            and (data := self.stretch.data_input(maker)) is not None
        ):
            return self._of(data)
        if maker is None:
            return "a constant"
        if maker.name in _OUTPUTS and (owner := self.reference.owners.get(maker.index)) is not None:
            return f"the {self._output(maker, number)} of {self.reference.landmarks[owner].path!r}"
        held = next((self.reference.tape.held[n] for n in maker.seen() if n in self.reference.tape.held), None)
        return f"what {maker.name} with {held} gives" if held else f"what {maker.name} gives"

    def _whose(self, number: int) -> str:
        """Whose output a tensor of the torch module is."""
        for ours, found in self.stretch.matches.items():
            if any(match == number for match, _ in found):
                said = self._of(ours)
                if said.startswith("the output") or ours in self.reference.tape.inputs:
                    return said
        maker = self.stretch.their_makers.get(number)
        if maker is None or not maker.seen():
            return "zeros" if not self.stretch.theirs.values[number].any() else "a constant"
        if self.stretch.moves_only(maker) and (data := self.stretch.data_input(maker)) is not None:
            return self._whose(data)
        return f"the output of {maker.module!r}" if maker.module else f"what {maker.name} gives"


def _of_argument(entry: Entry | None, argument: str) -> str | None:
    """The difference of an entry that is called after an argument."""
    found = entry is not None and any(difference.id == argument for difference in entry.differences)
    return f"{entry.keras}#{argument}" if entry is not None and found else None


def _shape(tape: Any, numbers: Sequence[int]) -> str:
    return ", ".join(str(tuple(tape.values[number].shape)) for number in numbers)
