"""Which operations with weights of a torch module are which of Keras's: by name, by what they do, by what leads to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod

from equivalence.diagnosis.aligning import like_names
from equivalence.diagnosis.operation_kinds import kind
from equivalence.diagnosis.reference import Reference
from equivalence.torch_side.run_tape import Operation, Tape

#: An operation of torch's that does what several of the port do.
FUSED = "multi_head_attention_forward"


@dataclass(frozen=True, slots=True)
class Weighted:
    """One place where weights are used: of Keras's tape the operations of a layer that share them, or one alone."""

    operations: tuple[Operation, ...]
    sizes: tuple[int, ...]  # of its weights, sorted
    output: tuple[int, ...]  # sizes of what it gives, sorted
    before: frozenset[int]  # indices of the nearest places that lead to it
    layer: str  # path in Keras; of the torch module, the module's

    @property
    def first(self) -> Operation:
        return self.operations[0]


@dataclass(slots=True)
class Pairs:
    """Places of Keras's tape by index, each with that of the torch module; and between which it was chosen by order."""

    ours: list[Weighted]
    theirs: list[Weighted]
    chosen: dict[int, int] = field(default_factory=dict)
    ties: dict[int, list[int]] = field(default_factory=dict)


def pair_weighted(reference: Reference, tape: Tape, named: Mapping[str, str]) -> Pairs:
    """Pairs the places of both runs. `named`: torch modules by Keras layer, as the caller says.

    In Keras's order each place takes, of those that are left and do the same with weights of the same sizes: the one
    that is named so; else those that the same places lead to, of several the first, which is remembered as a tie.
    """
    fused = {step.module for step in tape.operations if step.name == FUSED}
    names = {index: reference.landmarks[owner].path for index, owner in reference.owners.items()}
    ours = _places(reference.tape, lambda step: names.get(step.index, ""), bool(fused))
    theirs = _places(tape, lambda step: step.module, False)
    pairs = Pairs(ours, theirs)
    for index, place in enumerate(ours):
        left = [other for other in range(len(theirs)) if other not in pairs.chosen.values()]
        fitting = [other for other in left if _fits(place, theirs[other])]
        said = [other for other in left if place.layer in named and theirs[other].layer == named[place.layer]]
        called = [other for other in fitting if like_names(place.layer, theirs[other].layer)]
        led = [other for other in fitting if _led_alike(place, theirs[other], pairs)]
        sized = [other for other in led or fitting if theirs[other].output == place.output]
        found = said or called or sized or led or fitting
        if not found:
            found = [o for o in left if _same_kind(place, theirs[o]) and _led_alike(place, theirs[o], pairs)][:1]
        if found:
            pairs.chosen[index] = found[0]
            if len(found) > 1 and not said and not called:
                pairs.ties[index] = found
    return pairs


def _places(tape: Tape, layer: Callable[[Operation], str], together: bool) -> list[Weighted]:
    """The places of a tape in order. `together`: those of an attention layer are one."""
    from equivalence.diagnosis.matching import derived

    on_the_way = derived(tape)
    groups: dict[object, list[Operation]] = {}
    for step in tape.operations:
        if not any(number in tape.held for number in step.seen()) or not set(step.outputs) & on_the_way:
            continue
        attention = together and kind(step.name) == "linear" and _is_attention(tape, step, layer)
        groups.setdefault((layer(step), "attention") if attention else step.index, []).append(step)
    before = _nearest(tape, {step.index: position for position, steps in enumerate(groups.values()) for step in steps})
    made = []
    for position, steps in enumerate(groups.values()):
        weights = {n: prod(tape.values[n].shape) for step in steps for n in step.seen() if n in tape.held}
        made.append(
            Weighted(
                tuple(steps),
                tuple(sorted(weights.values())),
                tuple(sorted(tape.values[steps[-1].outputs[0]].shape)),
                frozenset(place for step in steps for place in before[step.index] if place != position),
                layer(steps[0]),
            )  # fmt: skip
        )
    return made


def _is_attention(tape: Tape, step: Operation, layer: Callable[[Operation], str]) -> bool:
    return any(
        other.name == "scaled_dot_product_attention" and layer(other) == layer(step) for other in tape.operations
    )


def _nearest(tape: Tape, places: Mapping[int, int]) -> dict[int, frozenset[int]]:
    """For each operation, the nearest places that lead to it; -1 for an input."""
    of_tensor: dict[int, frozenset[int]] = {number: frozenset({-1}) for number in tape.inputs}
    found: dict[int, frozenset[int]] = {}
    for step in tape.operations:
        led = frozenset(place for number in step.seen() for place in of_tensor.get(number, ()))
        found[step.index] = led
        out = frozenset({places[step.index]}) if step.index in places else led
        of_tensor.update(dict.fromkeys(step.outputs, out))
    return found


def _fits(one: Weighted, other: Weighted) -> bool:
    """Whether both do the same with weights of the same sizes, but for a bias or a scale that one has not."""
    if not _same_kind(one, other):
        return False
    if other.first.name == FUSED:
        return sum(one.sizes) == sum(other.sizes)
    largest = (max(one.sizes), max(other.sizes))
    return largest[0] == largest[1] and (not set(one.sizes) - set(other.sizes) or not set(other.sizes) - set(one.sizes))


def _same_kind(one: Weighted, other: Weighted) -> bool:
    kinds = (kind(one.first.name), kind(other.first.name))
    if other.first.name == FUSED:
        return len(one.operations) > 1
    same = kinds[0] == kinds[1] or set(kinds) == {"linear", "convolution"}
    return same and len(one.operations) == 1


def _led_alike(one: Weighted, other: Weighted, pairs: Pairs) -> bool:
    return {pairs.chosen.get(place, place) if place >= 0 else -1 for place in one.before} == set(other.before)


def sequences(places: Sequence[Weighted]) -> list[str]:
    """Names of places, for messages."""
    return [place.layer for place in places]
