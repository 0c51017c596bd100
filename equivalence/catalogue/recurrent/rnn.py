"""RNN."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.recurrent.arguments import LOOP_ARGUMENTS
from equivalence.catalogue.recurrent.cell_calls import STACKED, cell_of, cells_of
from equivalence.catalogue.recurrent.recurrent_parts import Cell, emit_cells
from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Difference, Entry, Inner

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_rnn(site: Site) -> Value | list[Value]:
    """What the recurrent layer of the cell's kind is; of several cells, one after the other."""
    return emit_cells(site, _cells(site))


def _cells(site: Site) -> list[Cell]:
    inside = site.inside("cell")
    return cells_of(inside) if inside.entry.keras == STACKED else [cell_of(site, inside)]


def _unmasked(site: Site) -> Value | list[Value]:
    """The layer as if it had no mask."""
    return emit_cells(site, _cells(site), masked=False)


def _cell(name: str, units: int = 5, **config: Any) -> dict[str, Any]:
    return {"class_name": name, "config": {"units": units, **config}}


def _stacked(*cells: dict[str, Any]) -> dict[str, Any]:
    return {"class_name": "StackedRNNCells", "config": {"cells": list(cells)}}


_MASKED: dict[str, Any] = {"x": [(4, 7, 3), (4, 7)], "draw": ["normal", "bool"], "call": {"mask": {"$input": 1}}}
_SEVERAL = _stacked(_cell("LSTMCell"), _cell("GRUCell", 4), _cell("SimpleRNNCell", activation="softsign"))

RNN = Entry(
    whole_numbers="floats",
    keras="keras.layers.RNN",
    since="2.0.9",
    torch=("torch.nn.LSTM", "torch.nn.GRU", "torch.nn.RNN"),
    says="Runs a recurrent cell, or several one upon the other, over a sequence.",
    arguments=(
        Argument("cell", None, note="LSTMCell, GRUCell or SimpleRNNCell, or a list of them: a torch layer for each"),
        *LOOP_ARGUMENTS,
        Argument(
            "zero_output_for_mask", None, False, note="masked steps give zeros, not the output before them", since="3"
        ),
        *LAYER_ARGUMENTS,
    ),
    legacy=(Argument("time_major", None, False),),
    inner=(Inner("cell", ("cell",)),),
    differences=(
        Difference(
            "masked-steps",
            "A masked step keeps the states of all cells; a plain torch layer reads the padding.",
            case="mask",
            naive=_unmasked,
        ),
        Difference(
            "last-output",
            "Keras returns the last output by default; torch returns all of them, whose first is easily taken instead.",
            case="lstm",
            swap=(("[0][:, -1]", "[0][:, 0]"),),
        ),
    ),
    cases=(
        Case("lstm", {"cell": _cell("LSTMCell")}, x=(2, 7, 3)),
        Case(
            "gru-reset-before",
            {"cell": _cell("GRUCell", reset_after=False), "return_sequences": True, "unroll": True},
            x=(2, 7, 3),
        ),
        Case("unknown-length", {"cell": _cell("SimpleRNNCell", activation="relu")}, x=(2, 7, 3), declared=(None, 3)),
        Case(
            "several-cells",
            {"cell": _SEVERAL, "return_sequences": True, "return_state": True, "go_backwards": True},
            x=(2, 7, 3),
        ),
        Case(
            "states",
            {"cell": _stacked(_cell("LSTMCell"), _cell("LSTMCell", 4)), "return_state": True},
            x=[(2, 7, 3), (2, 5), (2, 5), (2, 4), (2, 4)],
            call={"initial_state": [[{"$input": 1}, {"$input": 2}], [{"$input": 3}, {"$input": 4}]]},
        ),
        Case("mask", {"cell": _cell("GRUCell"), "return_sequences": True, "return_state": True}, **_MASKED),
        Case(
            "mask-several-cells",
            {
                "cell": _stacked(_cell("LSTMCell"), _cell("LSTMCell", 4)),
                "return_sequences": True,
                "return_state": True,
                "go_backwards": True,
                "zero_output_for_mask": True,
            },
            **_MASKED,
        ),
        Case("stateful", {"cell": _SEVERAL, "stateful": True, "return_sequences": True}, **_MASKED),
        Case("dropout", {"cell": _cell("LSTMCell", dropout=0.25)}, x=(2, 7, 3), training="random"),
        Case(
            "recurrent-dropout",
            {"cell": _cell("GRUCell", dropout=0.25, recurrent_dropout=0.5)},
            x=(2, 7, 3),
            training="random",
        ),
    ),
    aliases=("rnn", "tf.nn.dynamic_rnn", "recurrent cell"),
    emit=emit_rnn,
    layout="last",
    mask="own",
)
