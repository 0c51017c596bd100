"""LSTM."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.defects import zeros_at_other_steps
from equivalence.catalogue.recurrent.arguments import UNNAMED_ARGUMENTS, arguments
from equivalence.catalogue.recurrent.cases import (
    DROPOUT_CASES,
    STATEFUL_CASES,
    kept_state,
    masked,
    masked_from_state,
    masked_steps,
)
from equivalence.catalogue.recurrent.recurrent_parts import (
    Kind,
    cell,
    constructor,
    emit_recurrent,
    rate_of,
    torch_activations,
)
from equivalence.catalogue.recurrent.step_dropout import DROPOUT_LSTM_CELL
from equivalence.catalogue.recurrent.steps import ACTIVATED_LSTM_CELL, STEP_LSTM
from equivalence.schema import Argument, Case, Difference, Entry, Weight

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_lstm(site: Site) -> Value | list[Value]:
    """nn.LSTM; with recurrent dropout or other activations a cell that a helper steps over time."""
    return emit_recurrent(site, KIND)


def torch_layer(site: Site, features: int, **keywords: Any) -> str:
    """The text of the nn.LSTM that computes what the layer does, masks and dropout apart; empty where none does."""
    return constructor(site, "nn.LSTM", features, batch_first=True, **keywords) if torch_activations(site) else ""


def torch_cell(site: Site, features: int) -> str:
    """The text of a cell that does what the layer's does."""
    functions = () if torch_activations(site) else ("activation", "recurrent_activation")
    if rate_of(site, "recurrent_dropout"):
        return cell(site, features, site.helper(DROPOUT_LSTM_CELL), *functions)
    return cell(site, features, site.helper(ACTIVATED_LSTM_CELL) if functions else "nn.LSTMCell", *functions)


KIND = Kind(2, torch_layer, torch_cell, STEP_LSTM)


def _unmasked(site: Site) -> Value | list[Value]:
    """The layer as if it had no mask."""
    return emit_recurrent(site, KIND, masked=False)


LSTM = Entry(
    whole_numbers="floats",
    keras="keras.layers.LSTM",
    torch=("torch.nn.LSTM",),
    says="Long short-term memory: a recurrent layer with a gated carry.",
    arguments=arguments(
        recurrent_activation=True,
        own=(Argument("unit_forget_bias", None, True, inert=True, note="initialises the bias"),),
    ),
    legacy=UNNAMED_ARGUMENTS,
    weights=(
        Weight("kernel", "weight_ih_l0", "i o -> o i", at=("cell",)),
        Weight("recurrent_kernel", "weight_hh_l0", "i o -> o i", at=("cell",)),
        Weight("bias", "bias_ih_l0", when="use_bias", at=("cell",)),
        Weight("", "bias_hh_l0", otherwise=0.0),
    ),
    differences=(
        Difference(
            "last-output",
            "Keras returns the last output by default; torch returns all of them, whose first is easily taken instead.",
            case="defaults",
            swap=(("[0][:, -1]", "[0][:, 0]"),),
        ),
        Difference(
            "gate-order",
            "Both order the gates i, f, c (g), o: re-ordering them, as for TensorFlow 1's cells, is wrong.",
            case="defaults",
            weights=(
                Weight("kernel", "weight_ih_l0", "i o -> o i", blocks=(0, 2, 1, 3), at=("cell",)),
                Weight("recurrent_kernel", "weight_hh_l0", "i o -> o i", blocks=(0, 2, 1, 3), at=("cell",)),
                Weight("bias", "bias_ih_l0", blocks=(0, 2, 1, 3), at=("cell",)),
                Weight("", "bias_hh_l0", otherwise=0.0),
            ),
        ),
        Difference(
            "bias-twice",
            "torch adds two biases, Keras has one: it goes into bias_ih, and bias_hh is zero, not the same again.",
            case="defaults",
            weights=(
                Weight("kernel", "weight_ih_l0", "i o -> o i", at=("cell",)),
                Weight("recurrent_kernel", "weight_hh_l0", "i o -> o i", at=("cell",)),
                Weight("bias", "bias_ih_l0", at=("cell",)),
                Weight("bias", "bias_hh_l0", at=("cell",)),
            ),
        ),
        Difference(
            "go-backwards",
            "go_backwards reads the sequence from its end and returns the outputs in that reversed order.",
            case="go-backwards",
            swap=(("({x})[0]", "({x})[0].flip(1)"),),
        ),
        kept_state("lstm"),
        masked_steps("nn.LSTM", _unmasked),
        Difference(
            "masked-outputs",
            "Outputs at masked steps repeat the last one; pack_padded_sequence leaves zeros there.",
            case="mask",
            swap=((", {x}, {x})", ", {x}, {x}, zero_masked=True)"),),
        ),
    ),
    defects=(
        zeros_at_other_steps(
            {"units": 5, "unroll": True, "go_backwards": True, "return_sequences": True, "zero_output_for_mask": True}
        ),
    ),
    cases=(
        Case("whole-numbers", {"units": 5}, x=(2, 7, 3), draw="ids:5"),
        Case("defaults", {"units": 5}, x=(2, 7, 3)),
        Case("sequences", {"units": 5, "return_sequences": True}, x=(4, 7, 3)),
        Case("unknown-length", {"units": 5, "use_bias": False}, x=(2, 7, 3), declared=(None, 3)),
        Case(
            "states",
            {"units": 5, "return_sequences": True, "return_state": True, "unroll": True},
            x=[(2, 7, 3), (2, 5), (2, 5)],
            call={"initial_state": [{"$input": 1}, {"$input": 2}]},
        ),
        Case("go-backwards", {"units": 5, "go_backwards": True, "return_sequences": True}, x=(2, 7, 3)),
        Case("activations", {"units": 5, "activation": "relu", "recurrent_activation": "softsign"}, x=(2, 7, 3)),
        masked("mask", return_sequences=True, return_state=True),
        masked("mask-last-output", go_backwards=True),
        masked_from_state("mask-from-state", 2),
        masked_from_state("mask-backwards-from-state", 2, go_backwards=True, zero_output_for_mask=True),
        Case(
            "mask-activation-backwards-from-state",
            {"units": 5, "go_backwards": True, "return_state": True, "activation": "softsign"},
            x=[(4, 7, 3), (4, 7), (4, 5), (4, 5)],
            draw=["normal", "bool", "normal", "normal"],
            call={"mask": {"$input": 1}, "initial_state": [{"$input": 2}, {"$input": 3}]},
        ),
        masked("zero-output-for-mask", return_sequences=True, zero_output_for_mask=True),
        *DROPOUT_CASES,
        *STATEFUL_CASES,
    ),
    aliases=("CuDNNLSTM", "lstm", "recurrent"),
    emit=emit_lstm,
    layout="last",
    mask="own",
)
