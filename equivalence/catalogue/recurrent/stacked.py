"""StackedRNNCells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.recurrent.cell_calls import cells_of, emit_step
from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Entry, Inner

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_stacked(site: Site) -> list[Value]:
    """The cells one after the other."""
    return emit_step(site, cells_of(site))


def _cell(name: str, **config: Any) -> dict[str, Any]:
    return {"class_name": name, "config": {"units": 5, **config}}


StackedRNNCells = Entry(
    whole_numbers="floats",
    keras="keras.layers.StackedRNNCells",
    since="2.0.9",
    torch=("torch.nn.LSTMCell", "torch.nn.GRUCell", "torch.nn.RNNCell"),
    says="Several recurrent cells as one, each called on the output of the one before it.",
    arguments=(
        Argument("cells", None, note="one torch cell for each; within RNN, one torch layer for each"),
        *LAYER_ARGUMENTS,
    ),
    inner=(Inner("cells", ("cells",), several=True),),
    cases=(
        Case(
            "lstm-gru-simple",
            {"cells": [_cell("LSTMCell"), _cell("GRUCell", units=4), _cell("SimpleRNNCell", activation="softsign")]},
            x=[(4, 3), (4, 5), (4, 5), (4, 4), (4, 5)],
            call={"$args": [{"$input": 0}, [[{"$input": 1}, {"$input": 2}], [{"$input": 3}], [{"$input": 4}]]]},
        ),
        Case(
            "equal-cells",
            {"cells": [_cell("LSTMCell"), _cell("LSTMCell", use_bias=False)]},
            x=[(4, 3), (4, 5), (4, 5), (4, 5), (4, 5)],
            call={"$args": [{"$input": 0}, [[{"$input": 1}, {"$input": 2}], [{"$input": 3}, {"$input": 4}]]]},
        ),
        Case(
            "simple",
            {"cells": [_cell("SimpleRNNCell"), _cell("SimpleRNNCell", activation="relu", units=4)]},
            x=[(4, 3), (4, 5), (4, 4)],
            call={"$args": [{"$input": 0}, [[{"$input": 1}], [{"$input": 2}]]]},
        ),
    ),
    aliases=("MultiRNNCell", "stacked cells"),
    emit=emit_stacked,
    layout="last",
)
