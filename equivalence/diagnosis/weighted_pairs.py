"""Which operations with weights of a torch module are which of Keras's: by name, by what they do, by neighbours."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod

from equivalence.diagnosis.aligning import like_names
from equivalence.diagnosis.matching import derived
from equivalence.diagnosis.operation_kinds import keeps_numbers, kind
from equivalence.diagnosis.reference import Reference
from equivalence.torch_side.run_tape import Operation, Tape

Name = Callable[[str], str]
#: How far around a place its neighbours tell it from others.
_ROUNDS = 6
#: How many operations behind a place are looked at.
_BEHIND = 3


@dataclass(slots=True)
class Weighted:
    """An operation that takes weights, and what tells it from others."""

    step: Operation
    sizes: tuple[int, ...]  # how many numbers each of its weights has, sorted
    shape: tuple[int, ...]  # of the largest
    names: frozenset[str]  # of its weights
    output: tuple[int, ...]  # sizes of what it gives, sorted
    before: frozenset[int]  # the nearest such places that lead to it, by their indices; -1 for an input
    behind: object  # what its output goes into
    ahead: object  # what leads to it, back to such places and inputs
    joined: tuple[int, ...]  # at which places of what is joined its output stands
    layer: str  # path in Keras; of the torch module, the module's
    called: object  # the same as `behind` and `ahead`, by what the operations are called
    labels: list[int] = field(default_factory=list)  # what it is, with more and more of its neighbours
    names_too: list[int] = field(default_factory=list)  # the same, by what operations are called too
    bare: list[int] = field(default_factory=list)  # the same, of places with weights alone


@dataclass(slots=True)
class Pairs:
    """Places of Keras's tape by index, each with that of the torch module; and between which it was chosen by order."""

    ours: list[Weighted]
    theirs: list[Weighted]
    chosen: dict[int, int] = field(default_factory=dict)
    ties: dict[int, list[int]] = field(default_factory=dict)


def pair_weighted(
    reference: Reference, tape: Tape, named: Mapping[str, str], forced: Mapping[int, int] | None = None
) -> Pairs:
    """Pairs the places of both runs. `named`: torch modules by Keras layer, as the caller says; `forced`: places.

    In Keras's order each place takes, of those that are left and do the same with weights of the same sizes, the one
    whose name, neighbours and sizes are most like its own; of several the first, which is remembered as a tie.
    """
    names = {index: reference.landmarks[owner].path for index, owner in reference.owners.items()}
    pairs = Pairs(
        _places(reference.tape, lambda step: names.get(step.index, "")), _places(tape, lambda step: step.module)
    )
    pairs.chosen = dict(forced or {})
    if not named:
        pairs.chosen |= _alike(pairs, "names_too")
        pairs.chosen |= _alike(pairs, "labels")
        _led_to(pairs)
        pairs.chosen |= _in_order(pairs)
    taken = set(pairs.chosen.values())
    for index, place in enumerate(pairs.ours):
        if index in pairs.chosen:
            _tie(pairs, index, taken)
            continue
        left = [other for other in range(len(pairs.theirs)) if other not in taken]
        said = [other for other in left if named.get(place.layer, 0) == pairs.theirs[other].layer]
        fitting = [other for other in said or left if _fits(place, pairs.theirs[other])]
        if not fitting:
            alike = [other for other in said or left if _same_kind(place, pairs.theirs[other])]
            fitting = said or [other for other in alike if _led_alike(place, pairs.theirs[other], pairs.chosen)][:1]
        if fitting:
            scores = {other: _likeness(place, pairs.theirs[other], pairs) for other in fitting}
            found = [other for other in fitting if scores[other] == max(scores.values())]
            pairs.chosen[index] = found[0]
            taken.add(found[0])
            if len({pairs.theirs[other].names for other in found}) > 1:
                pairs.ties[index] = found
    return pairs


def _alike(pairs: Pairs, labels: str) -> dict[int, int]:
    """Those whose neighbours are the same as far as is looked: as many on either side, they correspond in order."""
    groups: dict[object, tuple[list[int], list[int]]] = {}
    for side, places in enumerate((pairs.ours, pairs.theirs)):
        done = (pairs.chosen.keys(), set(pairs.chosen.values()))[side]
        for index, place in enumerate(places):
            if index not in done:
                groups.setdefault(tuple(getattr(place, labels)), ([], []))[side].append(index)
    found: dict[int, int] = {}
    for ours, theirs in groups.values():
        if len(ours) == len(theirs):
            left = list(theirs)
            for i in ours:
                place, known = pairs.ours[i], {**pairs.chosen, **found}
                shared = [
                    (_led_alike(place, pairs.theirs[j], known), _shared_words(place.layer, pairs.theirs[j].layer))
                    for j in left
                ]
                found[i] = left.pop(shared.index(max(shared)))
    return found


def _led_to(pairs: Pairs) -> None:
    """Pairs, of those that the same places lead to, the two that fit each other best; then what they lead to."""
    found = True
    while found:
        found = False
        taken = set(pairs.chosen.values())
        theirs: dict[frozenset[int], list[int]] = {}
        for j, place in enumerate(pairs.theirs):
            if j not in taken:
                theirs.setdefault(place.before, []).append(j)
        ours: dict[frozenset[int], list[int]] = {}
        for i, place in enumerate(pairs.ours):
            if i not in pairs.chosen and all(other in pairs.chosen or other < 0 for other in place.before):
                ours.setdefault(frozenset(pairs.chosen.get(other, other) for other in place.before), []).append(i)
        for led, group in ours.items():
            made = _sole_best(group, theirs.get(led, ()), pairs)
            pairs.chosen.update(made)
            found = found or bool(made)


def _sole_best(ours: Sequence[int], theirs: Sequence[int], pairs: Pairs) -> dict[int, int]:
    """Of places that fit each other, the two that are more like each other than either is like any third."""
    likeness = {
        (i, j): _alone(pairs.ours[i], pairs.theirs[j])
        for i in ours
        for j in theirs
        if _fits(pairs.ours[i], pairs.theirs[j])
    }
    return {
        i: j
        for (i, j), most in likeness.items()
        if all(less < most for pair, less in likeness.items() if (pair[0] == i) != (pair[1] == j))
    }


def _shared_words(layer: str, module: str) -> int:
    """How many words the names of both have in common: "box" and "box_head" have one."""
    words = [set(re.findall(r"\d+d(?![a-z])|[a-z]+|\d+", name.lower())) for name in (layer, module)]
    return len(words[0] & words[1])


def _in_order(pairs: Pairs) -> dict[int, int]:
    """Of the rest, those that correspond if both sides run in one order: of all ways that in which most are alike."""
    ours = [index for index in range(len(pairs.ours)) if index not in pairs.chosen]
    theirs = [index for index in range(len(pairs.theirs)) if index not in pairs.chosen.values()]
    rows, columns = len(ours), len(theirs)
    score = [
        [_alone(pairs.ours[i], pairs.theirs[j]) if _fits(pairs.ours[i], pairs.theirs[j]) else 0.0 for j in theirs]
        for i in ours
    ]
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    for i in range(rows - 1, -1, -1):
        for j in range(columns - 1, -1, -1):
            best[i][j] = max(best[i + 1][j], best[i][j + 1], best[i + 1][j + 1] + score[i][j])
    found, i, j = {}, 0, 0
    while i < rows and j < columns:
        if score[i][j] and best[i][j] == best[i + 1][j + 1] + score[i][j]:
            found[ours[i]] = theirs[j]
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return found


def _tie(pairs: Pairs, index: int, taken: set[int]) -> None:
    """Remembers which others would have done as well."""
    place, chosen = pairs.ours[index], pairs.chosen[index]
    mine = _alone(place, pairs.theirs[chosen])
    others = [
        other
        for other, theirs in enumerate(pairs.theirs)
        if theirs.names != pairs.theirs[chosen].names
        and theirs.before == pairs.theirs[chosen].before
        and _fits(place, theirs)
        and _alone(place, theirs) >= mine
    ]
    if others:
        pairs.ties[index] = [chosen, *others]


def _alone(one: Weighted, other: Weighted) -> float:
    """How alike two places are, whatever was chosen for others."""
    return (
        20.0 * like_names(one.layer, other.layer)
        + 3.0 * (one.output == other.output)
        + 2.0 * (one.behind == other.behind)
        + 2.0 * (one.ahead == other.ahead)
        + (one.joined == other.joined)
        + (one.called == other.called)
        + (one.sizes == other.sizes)
        + 4.0 * (one.shape == other.shape)
        + _depth(one.labels, other.labels)
        + _depth(one.bare, other.bare)
        + 0.5
    )


def _depth(one: Sequence[int], other: Sequence[int]) -> int:
    """How many of two rows of labels agree before the first that does not."""
    return next((i for i, pair in enumerate(zip(one, other, strict=True)) if pair[0] != pair[1]), _ROUNDS)


def _likeness(one: Weighted, other: Weighted, pairs: Pairs) -> float:
    return _alone(one, other) + 5.0 * _led_alike(one, other, pairs.chosen)


def _places(tape: Tape, layer: Callable[[Operation], str]) -> list[Weighted]:
    """The places of a tape in order."""
    on_the_way = derived(tape)
    steps = [
        step
        for step in tape.operations
        if any(number in tape.held for number in step.seen()) and set(step.outputs) & on_the_way
    ]
    at = {id(step): position for position, step in enumerate(steps)}
    before, users, makers = _nearest(tape, at), tape.users(), tape.makers()
    made = []
    for step in steps:
        weights = [tuple(tape.values[number].shape) for number in set(step.seen()) if number in tape.held]
        sizes, shape = sorted(map(prod, weights)), max(weights, key=prod)
        output = tuple(sorted(tape.values[step.outputs[0]].shape))
        behind = _behind(step.outputs[0], users, at, _BEHIND)
        ahead = _ahead(step, makers, at, _BEHIND)
        called = (
            _behind(step.outputs[0], users, at, _BEHIND, _plain_name),
            _ahead(step, makers, at, _BEHIND, _plain_name),
        )
        names = frozenset(tape.held[number] for number in step.seen() if number in tape.held)
        joined = tuple(_joined(step.outputs[0], users, at, _BEHIND))
        made.append(
            Weighted(
                step, tuple(sizes), shape, names, output, before[id(step)], behind, ahead, joined, layer(step), called
            )
        )
    _label(made)
    return made


def _plain_name(name: str) -> str:
    return name.strip("_")


def _label(places: list[Weighted]) -> None:
    after: dict[int, list[int]] = {}
    for index, place in enumerate(places):
        for other in place.before:
            after.setdefault(other, []).append(index)
    told: dict[str, Callable[[Weighted], object]] = {
        "names_too": lambda place: (place.shape, place.behind, place.ahead, place.called),
        "labels": lambda place: (max(place.sizes), place.behind, place.ahead),
        "bare": lambda place: max(place.sizes),
    }
    for name, more in told.items():
        labels = [hash((kind(place.step.name), place.output, more(place))) for place in places]
        for _ in range(_ROUNDS):
            for place, label in zip(places, labels, strict=True):
                getattr(place, name).append(label)
            labels = [
                hash(
                    (
                        label,
                        tuple(sorted(labels[other] if other >= 0 else 0 for other in place.before)),
                        tuple(sorted(labels[other] for other in after.get(index, ()))),
                    )
                )
                for index, (place, label) in enumerate(zip(places, labels, strict=True))
            ]


def _behind(
    number: int, users: Mapping[int, list[Operation]], at: Mapping[int, int], depth: int, name: Name = kind
) -> object:
    """What a tensor goes into: kinds of operations without weights, and at which of several places."""
    found: list[object] = []
    for user in users.get(number, ()) if depth else ():
        if id(user) in at:
            continue
        inner = _behind(user.outputs[0], users, at, depth if keeps_numbers(user) else depth - 1, name)
        if keeps_numbers(user):
            found += inner if isinstance(inner, tuple) else [inner]
        else:
            found.append((name(user.name), inner))
    return tuple(sorted(found, key=repr))


def _ahead(
    step: Operation, makers: Mapping[int, Operation], at: Mapping[int, int], depth: int, name: Name = kind
) -> object:
    """What leads to an operation: kinds of those without weights."""
    found: list[object] = []
    for number in step.seen() if depth else ():
        maker = makers.get(number)
        if maker is not None and id(maker) not in at:
            if keeps_numbers(maker):
                found.append(_ahead(maker, makers, at, depth - 1, name))
            else:
                found.append((name(maker.name), _ahead(maker, makers, at, depth - 1, name)))
    return tuple(sorted(found, key=repr))


def _joined(number: int, users: Mapping[int, list[Operation]], at: Mapping[int, int], depth: int) -> Iterator[int]:
    for user in users.get(number, ()) if depth else ():
        if id(user) in at:
            continue
        if kind(user.name) == "joining":
            yield user.seen().index(number)
        else:
            yield from _joined(user.outputs[0], users, at, depth - 1)


def _nearest(tape: Tape, at: Mapping[int, int]) -> dict[int, frozenset[int]]:
    """For each operation, by its id, the nearest places that lead to it; -1 for an input."""
    of_tensor: dict[int, frozenset[int]] = {number: frozenset({-1}) for number in tape.inputs}
    found: dict[int, frozenset[int]] = {}
    for step in tape.operations:
        led = frozenset(place for number in step.seen() for place in of_tensor.get(number, ()))
        found[id(step)] = led
        of_tensor.update(dict.fromkeys(step.outputs, frozenset({at[id(step)]}) if id(step) in at else led))
    return found


def _fits(one: Weighted, other: Weighted) -> bool:
    """Whether both do the same with weights of the same sizes, but for a bias or a scale that one has not."""
    if not _same_kind(one, other) or max(one.sizes) != max(other.sizes):
        return False
    return not set(one.sizes) - set(other.sizes) or not set(other.sizes) - set(one.sizes)


def _same_kind(one: Weighted, other: Weighted) -> bool:
    kinds = (kind(one.step.name), kind(other.step.name))
    return kinds[0] == kinds[1] or set(kinds) == {"linear", "convolution"}


def _led_alike(one: Weighted, other: Weighted, chosen: Mapping[int, int]) -> bool:
    """Whether the same places lead to both, as far as they are chosen."""
    return {chosen.get(place, -2) if place >= 0 else -1 for place in one.before} == set(other.before)
