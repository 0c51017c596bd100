"""Which tensors of a torch run hold which of Keras's numbers, and where the two part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from equivalence.diagnosis.operation_kinds import keeps_numbers, kind
from equivalence.diagnosis.reference import Reference
from equivalence.torch_side.arranged import Match, Numbered, filled_up
from equivalence.torch_side.run_tape import Operation, Tape

#: Of so few whole numbers others are the same in another order by chance.
_FEW = 16


class Board:
    """Both runs side by side. A tensor is matched where the other run has its numbers, in whatever order they lie.

    It is off where it is not matched and something it goes into is off, down to the outputs: what has no counterpart
    of its own, as a padding that a convolution does itself, is not off where what comes of it is right.
    """

    def __init__(self, reference: Reference, tape: Tape, before: Board | None = None, unchanged: int = 0) -> None:
        self.reference = reference
        self.tape = tape
        self.makers = reference.tape.makers()  # of Keras's tensors
        ours, theirs = derived(reference.tape), derived(tape)
        self.theirs = theirs
        self.held: Numbered = Numbered(
            {number: tape.values[number] for number in sorted(theirs)},
            None if before is None else before.held,
            unchanged,
        )
        self.wanted: Numbered = (
            before.wanted if before is not None else Numbered({n: reference.tape.values[n] for n in sorted(ours)})
        )
        self.matches: dict[int, list[Match]] = {}
        self.padded: dict[int, Match] = {}  # those of the matches that are filled up with zeros
        used, mine = _used(tape), sorted(ours & _used(reference.tape))
        weak: dict[int, list[Match]] = {}
        for number in mine:
            found = [match for match in self.held.holding(self.wanted.of(number)) if match.number in used]
            found = [match for match in found if self._may_be(number, match)]
            strong = [match for match in found if match.arranged is not None]
            if not strong and (strong := list(self._padded(number))):
                self.padded[number] = strong[0]
            if strong:
                self.matches[number] = strong
            elif found:
                weak[number] = found
        self._moved(weak)
        self._beside()
        self.matched = {match.number for found in self.matches.values() for match in found}
        self.wrong_outputs = self._wrong_outputs()
        self.off = _off(
            reference.tape, ours, set(self.matches), {reference.tape.outputs[i] for i in self.wrong_outputs}
        )
        ends = tape.outputs if tape.error is None else [n for n in theirs if n not in tape.users()]
        self.theirs_off = _off(tape, theirs, self.matched, set(ends))

    def _may_be(self, number: int, match: Match) -> bool:
        """An input is the one of its place, and few whole numbers in another order are no others' by chance."""
        inputs = self.reference.tape.inputs, self.tape.inputs
        if number in inputs[0] and match.number in inputs[1]:
            return inputs[0].index(number) == inputs[1].index(match.number)
        value = self.tape.values[match.number]
        return match.arranged is not None or value.is_floating_point() or value.numel() > _FEW

    def _beside(self) -> None:
        """Matches what the module makes and does not use, of an operation of which the rest agrees: a state that is
        forgotten."""
        makers, users = self.tape.makers(), self.reference.tape.users()
        for step in self.reference.tape.operations if self.tape.error is None else ():
            there = [m.number for n in step.outputs for m in self.matches.get(n, ()) if m.number in makers]
            beside = {n for number in there for n in makers[number].outputs} - set(there)
            pending = [number for number in step.outputs if number not in self.matches] if beside else []
            while pending:
                number = pending.pop()
                held = self.held.holding(self.wanted.of(number))
                if found := [match for match in held if match.number in beside and match.arranged is not None]:
                    self.matches[number] = found
                    pending += [n for user in users.get(number, ()) for n in user.outputs if n not in self.matches]

    def _moved(self, weak: Mapping[int, list[Match]]) -> None:
        """Of a tensor with the right numbers in an unknown order nothing is known, unless an operation moved them about
        that was given what agrees."""
        ours, theirs = self.reference.tape.makers(), self.tape.makers()
        known = {match.number for found in self.matches.values() for match in found}
        for number, found in weak.items():
            maker = ours.get(number)
            from_ours = maker is not None and keeps_numbers(maker) and set(maker.seen()) & set(self.matches)
            moved = [m for m in found if m.number in theirs and keeps_numbers(theirs[m.number])]
            from_theirs = [m for m in moved if set(theirs[m.number].seen()) & known]
            kept = from_theirs or (found if from_ours and any(m.number in known for m in found) else [])
            if kept:
                self.matches[number] = kept
                known.update(match.number for match in kept)

    def _padded(self, number: int) -> Iterator[Match]:
        """Sequences that torch filled up with zeros, where Keras repeats the last step: right in all other steps."""
        wanted = self.reference.tape.values[number]
        padded: set[int] = set()
        for step in self.tape.operations if wanted.dim() == 3 else ():
            again = step.name == "index_select" and step.seen()[0] in padded  # unsorted, as enforce_sorted=False does
            if step.name == "_pad_packed_sequence" or again:
                padded.add(step.outputs[0])
                found = self.tape.values[step.outputs[0]]
                if (arranged := filled_up(found, wanted)) is not None:
                    yield Match(step.outputs[0], arranged)

    def _wrong_outputs(self) -> list[int]:
        """Which of the returned tensors do not hold what Keras returns there."""
        returned = dict(enumerate(self.tape.outputs))
        return [
            index
            for index, number in enumerate(self.reference.tape.outputs)
            if returned.get(index) not in {match.number for match in self.matches.get(number, ())}
        ]

    def status(self, landmark: int) -> str:
        """What became of a layer: see `findings.LayerRow`."""
        number = self.reference.landmarks[landmark].number
        if number in self.matches:
            return "equal"
        return "different" if number in self.off else "within"

    def off_operations(self) -> list[Operation]:
        """Of Keras's, those whose result is off, in order."""
        return [step for step in self.reference.tape.operations if any(n in self.off for n in step.outputs)]

    def their_off_operations(self) -> list[Operation]:
        """Of the torch module's, those whose result is nothing that Keras has and leads to nothing of it, in order."""
        return [step for step in self.tape.operations if any(n in self.theirs_off for n in step.outputs)]

    def repeated(self) -> list[Operation]:
        """The torch module's operations with weights that give once more what Keras has once, and lead to what is off:
        each stands where another should."""
        makers, held = self.tape.makers(), self.tape.held
        by_numbers: dict[frozenset[int], set[int]] = {}
        for number, matches in self.matches.items():
            maker = self.makers.get(number)
            if maker is not None and any(given in self.reference.tape.held for given in maker.seen()):
                by_numbers.setdefault(frozenset(match.number for match in matches), set()).add(maker.index)
        returned = {self.tape.outputs[index] for index in self.wrong_outputs if index < len(self.tape.outputs)}
        users, off_ones, found = self.tape.users(), self.theirs_off | returned, list[Operation]()
        for numbers, ours in by_numbers.items():
            steps = [makers[n] for n in sorted(numbers) if n in makers and set(makers[n].seen()) & set(held)]
            if len(steps) > len(ours):
                off = [s for s in steps if any(n in returned or _leads_to(n, off_ones, users) for n in s.outputs)]
                found += off if len(off) < len(steps) else off[len(ours) :]
        return found


def _leads_to(number: int, off: set[int], users: Mapping[int, list[Operation]]) -> bool:
    """Whether a tensor goes into what is off, itself or moved about."""
    return any(
        set(user.outputs) & off or (keeps_numbers(user) and any(_leads_to(n, off, users) for n in user.outputs))
        for user in users.get(number, ())
    )


def derived(tape: Tape) -> set[int]:
    """The tensors that are computed from the inputs, or looked up in weights by places that are no input; and the
    inputs."""
    found = set(tape.inputs)
    for operation in tape.operations:
        looked_up = kind(operation.name) == "lookup" and any(number in tape.held for number in operation.seen())
        if looked_up or any(number in found for number in operation.seen()):
            found.update(operation.outputs)
    return found


def reached(operations: Iterable[Operation], numbers: Iterable[int]) -> list[Operation]:
    """Those of the operations, in order, that some of the tensors lead to through each other."""
    known, found = set(numbers), []
    for operation in operations:
        if any(number in known for number in operation.seen()):
            known.update(operation.outputs)
            found.append(operation)
    return found


def _used(tape: Tape) -> set[int]:
    """The tensors that lead to what the module returns, and those of operations that nothing is used of: a state that
    a used operation gives beside its result is neither. All of them where the module did not come so far."""
    if tape.error is not None:
        return set(tape.values)
    makers, pending, found = tape.makers(), list(tape.outputs), set[int]()
    while pending:
        number = pending.pop()
        if number not in found:
            found.add(number)
            pending += makers[number].seen() if number in makers else []
    on_the_way = derived(tape)
    for step in tape.operations:
        if not found & set(step.outputs) and all(n in found for n in step.seen() if n in on_the_way):
            found.update(step.outputs)
    return found


def _off(tape: Tape, numbers: set[int], matched: set[int], ends: set[int]) -> set[int]:
    users: dict[int, list[Operation]] = tape.users()
    off: set[int] = set()
    made = [number for step in reversed(tape.operations) for number in reversed(step.outputs)]
    for number in dict.fromkeys([*made, *tape.inputs]):
        if number not in numbers or number in matched:
            continue
        led_to = (result for user in users.get(number, ()) for result in user.outputs)
        if number in ends or any(result in off for result in led_to):
            off.add(number)
    return off


def shape(tensor: Any) -> tuple[int, ...]:
    return tuple(tensor.shape)
