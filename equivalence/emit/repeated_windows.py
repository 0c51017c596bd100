"""Where the same layers follow one another again and again in a model: windows of its calls that could be one class."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from equivalence.emit.block_names import named_by_it
from equivalence.emit.call_kinds import call_kind, layer_kind
from equivalence.translation.graph import Call, Graph, Layer, Ref, is_operation
from equivalence.translation.structure import leaves_of

_LONGEST = 120  # calls of a window
_GIVEN = 3  # tensors that a window is given, at most
_CLASS = 12  # lines of a class but for its modules and its forward
_A_LINE = 3  # calls that stand on one line


class Window(NamedTuple):
    """Calls that follow one another, of which one tensor alone is used by others."""

    start: int
    length: int
    given: tuple[Ref, ...]  # the tensors of others that it uses, in the order in which it does
    made: Ref  # the one that others use


@dataclass(slots=True)
class _Calls:
    """The calls of a graph, and who uses what."""

    calls: Sequence[Call]
    kinds: list[int | None]  # None: not to be put into a class with others
    producer: dict[tuple[str, int], int] = field(default_factory=dict)
    made: dict[int, list[tuple[Ref, int]]] = field(default_factory=dict)  # tensors that are used, and their last user

    def place(self, ref: Ref) -> int:
        return self.producer.get((ref.layer, ref.node), -1)


def repeated_windows(graph: Graph, calls: Sequence[Call], apart: frozenset[str] = frozenset()) -> list[list[Window]]:
    """Groups of windows that do not overlap, those of one group alike but for names and sizes; best groups first.

    `apart`: names of layers that no window begins with.
    """
    known = _known(graph, calls)
    found = list(_groups(known, apart))
    taken = [False] * len(calls)
    # of groups that save as much, the one whose windows are best told by their names, then the earliest
    waiting = [(-_saved(known, group, taken), -_named(known, group), index) for index, group in enumerate(found)]
    heapq.heapify(waiting)
    made: list[list[Window]] = []
    while waiting:
        score, named, index = heapq.heappop(waiting)
        now = -_saved(known, found[index], taken)
        if now >= 0:
            continue
        if now > score and waiting and now > waiting[0][0]:
            heapq.heappush(waiting, (now, named, index))
            continue
        chosen = _apart_from(found[index], taken)
        made.append(chosen)
        for window in chosen:
            taken[window.start : window.start + window.length] = [True] * window.length
    return made


def _known(graph: Graph, calls: Sequence[Call]) -> _Calls:
    numbers: dict[Hashable, int] = {}
    often = {id(call.layer): 0 for call in calls}
    for call in calls:
        often[id(call.layer)] += 1
    layers = {id(call.layer): call.layer for call in calls}.values()
    holders = Counter(array for layer in layers for array in _arrays(layer))
    kinds: list[int | None] = []
    for call in calls:
        layer = call.layer
        alone = often[id(layer)] == 1 and call.inside is None and not layer.inside and not call.masks
        alone &= all(holders[array] == 1 for array in _arrays(layer))
        kind = layer_kind(layer, sized=False), call_kind(call, lambda ref: ref.tensor)
        kinds.append(numbers.setdefault(kind, len(numbers)) if alone else None)
    known = _Calls(calls, kinds)
    last: dict[Ref, int] = {}
    for index, call in enumerate(calls):
        known.producer[call.layer.name, call.node] = index
        last.update(dict.fromkeys(call.refs(), index))
    last.update(dict.fromkeys(leaves_of(Ref, graph.outputs), len(calls)))
    for ref, user in last.items():
        known.made.setdefault(known.place(ref), []).append((ref, user))
    return known


def _arrays(layer: Layer) -> set[int]:
    """id() of each of its arrays: a layer within two others has them in both."""
    return {id(array) for arrays in layer.stored.values() for array in arrays}


def _groups(known: _Calls, apart: frozenset[str]) -> Iterator[list[Window]]:
    """Windows of the same calls, whatever they are given, from wherever they begin."""
    numbers: dict[Hashable, int] = {}
    starts: dict[int, list[tuple[int, int, tuple[Ref, ...]]]] = {}
    for start in range(len(known.calls)):
        number, given = -1, dict[Ref, int]()
        for length in range(1, min(_LONGEST, len(known.calls) - start) + 1):
            position = start + length - 1
            kind = known.kinds[position]
            if kind is None or (length == 1 and known.calls[start].layer.name in apart):
                break
            refs = known.calls[position].refs()
            places = tuple(
                ("inside", place - start, ref.tensor)
                if (place := known.place(ref)) >= start
                else ("given", given.setdefault(ref, len(given)), 0)
                for ref in refs
            )
            if len(given) > _GIVEN:
                break
            number = numbers.setdefault((number, kind, places), len(numbers))
            starts.setdefault(number, []).append((start, length, tuple(given)))
    for windows in starts.values():
        if len(windows) > 1 and windows[0][1] > 1:
            made = [Window(*window, ref) for window in windows if (ref := _only_one_made(known, *window[:2]))]
            made = _going_on_from_one(made)
            if len(made) > 1 and any(known.calls[i].layer.stored for i in _within(made[0])):
                yield made


def _going_on_from_one(windows: list[Window]) -> list[Window]:
    """Windows of which each goes on from one tensor of its own, and is given others that are the same for all; none
    where they are given more."""
    differing = [
        place for place, refs in enumerate(zip(*(w.given for w in windows), strict=True)) if len(set(refs)) > 1
    ]
    if len(differing) != 1:
        return []
    (place,) = differing
    return [
        window._replace(given=(window.given[place], *window.given[:place], *window.given[place + 1 :]))
        for window in windows
    ]


def _named(known: _Calls, windows: Sequence[Window]) -> int:
    return named_by_it([[known.calls[index].layer.name for index in _within(window)] for window in windows])


def _only_one_made(known: _Calls, start: int, length: int) -> Ref | None:
    """The one tensor of a window that others use; None where they use none, or several."""
    end = start + length
    used = [ref for index in range(start, end) for ref, last in known.made.get(index, ()) if last >= end]
    return used[0] if len(used) == 1 else None


def _within(window: Window) -> range:
    return range(window.start, window.start + window.length)


def _apart_from(windows: Sequence[Window], taken: Sequence[bool]) -> list[Window]:
    """Those that overlap neither each other nor what is taken."""
    chosen: list[Window] = []
    end = 0
    for window in windows:
        if window.start >= end and not any(taken[window.start : window.start + window.length]):
            chosen.append(window)
            end = window.start + window.length
    return chosen


def rows(windows: Sequence[Window]) -> list[list[Window]]:
    """The same windows in rows: those of which each goes on where the one before has ended."""
    made: list[list[Window]] = []
    for window in windows:
        before = made[-1][-1] if made else None
        follows = before and before.start + before.length == window.start and window.given[0] == before.made
        if follows and before and window.given[1:] == before.given[1:]:
            made[-1].append(window)
        else:
            made.append([window])
    return made


def _saved(known: _Calls, windows: Sequence[Window], taken: Sequence[bool]) -> int:
    """Lines that a class would save."""
    chosen = _apart_from(windows, taken)
    if len(chosen) < 2:
        return 0
    calls = [known.calls[index] for index in _within(chosen[0])]
    modules = sum(bool(call.layer.stored) or "Pool" in call.layer.cls.name for call in calls)
    lines = modules + -(-len(calls) // _A_LINE)
    uses = sum(2 if len(row) > 2 else 2 * len(row) for row in rows(chosen))
    return lines * len(chosen) - (_CLASS + lines) - uses


def mask_operations_first(calls: Sequence[Call]) -> list[Call]:
    """The calls with those operations in front that need nothing but inputs and one another: masks of words, mostly.

    Operations of Keras 3 neither see masks of tensors nor take them off, so that it does not matter when they run.
    """
    made = {(call.layer.name, call.node) for call in calls}
    first: list[Call] = []
    ready: set[tuple[str, int]] = set()
    for call in calls:
        needed = {(ref.layer, ref.node) for ref in call.refs()}
        if is_operation(call.layer) and all(name in ready or name not in made for name in needed):
            first.append(call)
            ready.add((call.layer.name, call.node))
    moved = {id(call) for call in first}
    return [*first, *(call for call in calls if id(call) not in moved)]
