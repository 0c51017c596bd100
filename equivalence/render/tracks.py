"""The connections of a graph beside a list of its nodes: which tracks pass each row, end there, and start there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

MOST = 8  # tracks beside each other; further connections share the last


@dataclass(slots=True)
class Tracks:
    """What a row draws. `above` and `below`: it is joined to the row before it, and to the one after.

    `lanes`: for each track beside the nodes "" (free), "pass", "end", "start", or "end start".
    """

    above: bool = False
    below: bool = False
    lanes: list[str] = field(default_factory=list)


def tracks(names: Sequence[str], inputs: Sequence[Sequence[str]]) -> list[Tracks]:
    """A row for each node; `inputs` names the nodes that each is computed from.

    What a node takes from the row right before it is drawn straight; every longer connection has a track, and those
    that start at one node share one. Of a name that stands twice the nearest before counts; unknown names and those
    that stand later are left out.
    """
    rows = [Tracks() for _ in names]
    last: dict[str, int] = {}  # the row at which the longest connection from a row ends
    ends: dict[int, list[int]] = {}
    for row, (name, given) in enumerate(zip(names, inputs, strict=True)):
        for source in sorted({last[each] for each in given if each in last}):
            if source == row - 1:
                rows[source].below = rows[row].above = True
            else:
                ends.setdefault(source, []).append(row)
        last[name] = row
    busy: list[int] = []  # for each track, the row at which it is free again
    for source in sorted(ends):
        lane = next((lane for lane, until in enumerate(busy) if until <= source), len(busy))
        if lane == len(busy):
            busy.append(0)
        busy[lane] = ends[source][-1]
        lane = min(lane, MOST - 1)
        for row in range(source, ends[source][-1] + 1):
            _mark(rows[row].lanes, lane, row, source, ends[source])
    return rows


def _mark(lanes: list[str], lane: int, row: int, source: int, ends: Sequence[int]) -> None:
    lanes += [""] * (lane + 1 - len(lanes))
    if row == source:
        steps = ["start"]
    elif row == ends[-1]:
        steps = ["end"]
    elif row in ends:
        steps = ["pass", "end"]
    else:
        steps = ["pass"]
    lanes[lane] = " ".join(sorted({*lanes[lane].split(), *steps}))
