"""LSTMCell, GRUCell, SimpleRNNCell: one step of a recurrent layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.recurrent import gru, lstm, simple
from equivalence.catalogue.recurrent.arguments import cell_arguments
from equivalence.catalogue.recurrent.cell_calls import KINDS, emit_step
from equivalence.catalogue.recurrent.recurrent_parts import Cell
from equivalence.schema import Argument, Case, Difference, Entry, Weight

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

_LEGACY = (Argument("implementation", None, 2, inert=True, note="how Keras computes it, not what"),)


def emit_cell(site: Site) -> list[Value]:
    """Torch's cell, or one of the file's own for what it lacks; the first of its states is the output too."""
    return emit_step(site, [Cell(site, KINDS[site.entry.keras])])


def _own(weights: tuple[Weight, ...]) -> tuple[Weight, ...]:
    """A cell's weights lie in the file where it is."""
    return tuple(weight._replace(at=("",)) for weight in weights)


def _step(name: str, states: int, **config: Any) -> Case:
    return Case(
        name,
        {"units": 5, **config},
        x=[(4, 3), *[(4, 5)] * states],
        call={"$args": [{"$input": 0}, [{"$input": index + 1} for index in range(states)]]},
    )


LSTMCell = Entry(
    whole_numbers="floats",
    keras="keras.layers.LSTMCell",
    since="2.1",
    torch=("torch.nn.LSTMCell",),
    says="One step of an LSTM: from an input and the state (h, c) to the output and the new state.",
    arguments=cell_arguments(
        recurrent_activation=True,
        own=(Argument("unit_forget_bias", None, True, inert=True, note="initialises the bias"),),
    ),
    legacy=_LEGACY,
    weights=_own(lstm.LSTM.weights),
    differences=(
        Difference(
            "state-order",
            "Both keep the state as (h, c), the output first: given as (c, h), it is as long and wrong.",
            case="defaults",
            swap=(("({x}, ({x}, {x}))", "({x}, ({x}, {x})[::-1])"),),
        ),
    ),
    cases=(
        _step("defaults", 2),
        _step("activations", 2, activation="relu", recurrent_activation="softsign", use_bias=False),
    ),
    aliases=("BasicLSTMCell", "tf.nn.rnn_cell.LSTMCell"),
    emit=emit_cell,
    layout="last",
)

GRUCell = Entry(
    whole_numbers="floats",
    keras="keras.layers.GRUCell",
    since="2.1",
    torch=("torch.nn.GRUCell",),
    says="One step of a GRU: from an input and the state to the output, which is the new state.",
    arguments=cell_arguments(
        recurrent_activation=True,
        own=(
            Argument(
                "reset_after",
                None,
                True,
                note="torch always resets after the product; False needs a cell of its own",
                since="2.1.6",
            ),
        ),
    ),
    legacy=_LEGACY,
    weights=_own(gru.GRU.weights),
    differences=(
        Difference(
            "gate-order",
            "Keras orders the gates z, r, h (update first), torch r, z, n: the first two blocks change places.",
            case="defaults",
            weights=tuple(weight._replace(blocks=()) for weight in _own(gru.GRU.weights)),
        ),
    ),
    cases=(
        _step("defaults", 1),
        _step("without-bias", 1, use_bias=False),
        _step("reset-before", 1, reset_after=False),
        _step("activations", 1, activation="softsign", recurrent_activation="softsign"),
    ),
    aliases=("tf.nn.rnn_cell.GRUCell",),
    emit=emit_cell,
    layout="last",
)

SimpleRNNCell = Entry(
    whole_numbers="floats",
    keras="keras.layers.SimpleRNNCell",
    since="2.1",
    torch=("torch.nn.RNNCell",),
    says="One step of a fully connected recurrent layer: the activation of input and state, each times a matrix.",
    arguments=cell_arguments(recurrent_activation=False),
    legacy=_LEGACY,
    weights=_own(simple.SimpleRNN.weights),
    cases=(
        _step("defaults", 1),
        _step("relu-without-bias", 1, activation="relu", use_bias=False),
        _step("activation", 1, activation="softsign"),
    ),
    aliases=("BasicRNNCell", "tf.nn.rnn_cell.BasicRNNCell"),
    emit=emit_cell,
    layout="last",
)
