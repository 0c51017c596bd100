"""Recurrent cells by their names, and the call of one or several by themselves: one step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from equivalence.catalogue.recurrent import gru, lstm, simple
from equivalence.catalogue.recurrent.recurrent_parts import Cell, Kind, cell_weights, flat, module_of, rate_of
from equivalence.translation.order import KERAS

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

KINDS: Mapping[str, Kind] = {
    "keras.layers.GRUCell": gru.KIND,
    "keras.layers.LSTMCell": lstm.KIND,
    "keras.layers.SimpleRNNCell": simple.KIND,
}
STACKED = "keras.layers.StackedRNNCells"


def cells_of(site: Site) -> list[Cell]:
    """The cells that a StackedRNNCells holds."""
    held = site.config.value("cells")
    if not isinstance(held, list) or not held:
        site.config.refuse("cells", held, "should be a list of cells")
    return [cell_of(site, site.inside(f"cells/{index}"), f"{index}") for index in range(len(held))]


def cell_of(site: Site, inside: Site, suffix: str = "") -> Cell:
    """One cell inside the layer. Raises Refused for any but Keras's own."""
    kind = KINDS.get(inside.entry.keras)
    if kind is None:
        site.refuse(f"of its cells one is a {inside.entry.name}: known are {', '.join(map(_short, KINDS))}")
    return Cell(inside, kind, suffix)


def _short(name: str) -> str:
    return name.rpartition(".")[2]


def emit_step(site: Site, cells: Sequence[Cell]) -> list[Value]:
    """The output of the last cell and the new states of all, after one step.

    Raises Refused for dropout: its mask, Keras draws once, and keeps it from call to call.
    """
    args = site.args()
    x, states = site.take(site.x), [site.take(state) for state in flat([args[1:], site.keyword("states")])]
    features = x.shape[-1]
    if x.rank != 2 or features is None:
        site.refuse(f"its input has shape {x.shape}, not (batch, features)")
    wanted = sum(cell.kind.states for cell in cells)
    if len(states) != wanted:
        site.refuse(f"it is called with {len(states)} states, not {wanted}")
    made: list[Value] = []
    for cell in cells:
        for name in ("dropout", "recurrent_dropout"):
            if rate := rate_of(cell.site, name):
                cell.site.config.refuse(name, rate, "is translated within a recurrent layer alone")
        features = x.shape[-1]
        assert features is not None
        module = module_of(site, cell, cell.kind.cell(cell.site, features), cell_weights(cell))
        own, states = states[: cell.kind.states], states[cell.kind.states :]
        if len(own) > 1:
            new = site.many(f"{module}({x}, ({', '.join(map(str, own))}))", [KERAS] * len(own))
        else:
            new = [site.new(f"{module}({x}, {own[0]})", KERAS)]
        x, made = new[0], [*made, *new]
    return [x, *made]
