"""SimpleRNN."""

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
from equivalence.catalogue.recurrent.recurrent_parts import Kind, cell, constructor, emit_recurrent, rate_of
from equivalence.catalogue.recurrent.step_dropout import DROPOUT_RNN_CELL
from equivalence.catalogue.recurrent.steps import ACTIVATED_RNN_CELL, STEP_RNN
from equivalence.schema import Case, Difference, Entry, Weight

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

#: The activations that nn.RNN has, and how it is told; tanh is its default.
_NONLINEARITY: dict[str, dict[str, str]] = {"tanh": {}, "relu": {"nonlinearity": "'relu'"}}


def emit_simple_rnn(site: Site) -> Value | list[Value]:
    """nn.RNN; with recurrent dropout or an activation it lacks a cell that a helper steps over time."""
    return emit_recurrent(site, KIND)


def torch_layer(site: Site, features: int, **keywords: Any) -> str:
    """The text of the nn.RNN that computes what the layer does, masks and dropout apart; empty where none does."""
    known = _NONLINEARITY.get(site.config.activation("activation") or "")
    return "" if known is None else constructor(site, "nn.RNN", features, **known, batch_first=True, **keywords)


def torch_cell(site: Site, features: int) -> str:
    """The text of a cell that does what the layer's does."""
    known = _NONLINEARITY.get(site.config.activation("activation") or "")
    if rate_of(site, "recurrent_dropout"):
        return cell(site, features, site.helper(DROPOUT_RNN_CELL), *(() if known == {} else ("activation",)))
    if known is None:
        return cell(site, features, site.helper(ACTIVATED_RNN_CELL), "activation")
    return cell(site, features, "nn.RNNCell", **known)


KIND = Kind(1, torch_layer, torch_cell, STEP_RNN)


def _unmasked(site: Site) -> Value | list[Value]:
    """The layer as if it had no mask."""
    return emit_recurrent(site, KIND, masked=False)


SimpleRNN = Entry(
    whole_numbers="floats",
    keras="keras.layers.SimpleRNN",
    torch=("torch.nn.RNN",),
    says="A fully connected recurrent layer: the output is the activation of input and state, each times a matrix.",
    arguments=arguments(recurrent_activation=False, cudnn=False),
    legacy=UNNAMED_ARGUMENTS,
    weights=(
        Weight("kernel", "weight_ih_l0", "i o -> o i", at=("cell",)),
        Weight("recurrent_kernel", "weight_hh_l0", "i o -> o i", at=("cell",)),
        Weight("bias", "bias_ih_l0", when="use_bias", at=("cell",)),
        Weight("", "bias_hh_l0", otherwise=0.0),
    ),
    differences=(
        Difference(
            "recurrent-kernel-layout",
            "The recurrent kernel is square, so that it loads untransposed without an error.",
            case="defaults",
            weights=(
                Weight("kernel", "weight_ih_l0", "i o -> o i", at=("cell",)),
                Weight("recurrent_kernel", "weight_hh_l0", at=("cell",)),
                Weight("bias", "bias_ih_l0", at=("cell",)),
                Weight("", "bias_hh_l0", otherwise=0.0),
            ),
        ),
        Difference(
            "last-output",
            "Keras returns the last output by default; torch returns all of them, whose first is easily taken instead.",
            case="defaults",
            swap=(("[0][:, -1]", "[0][:, 0]"),),
        ),
        kept_state("simple_rnn"),
        masked_steps("nn.RNN", _unmasked),
    ),
    defects=(
        zeros_at_other_steps(
            {"units": 5, "unroll": True, "go_backwards": True, "return_sequences": True, "zero_output_for_mask": True}
        ),
    ),
    cases=(
        Case("whole-numbers", {"units": 5}, x=(2, 7, 3), draw="ids:5"),
        Case("defaults", {"units": 5}, x=(2, 7, 3)),
        Case("relu-without-bias", {"units": 5, "activation": "relu", "use_bias": False}, x=(2, 7, 3)),
        Case("activation", {"units": 5, "activation": "softsign", "return_sequences": True}, x=(2, 7, 3)),
        Case("linear", {"units": 5, "activation": "linear", "use_bias": False}, x=(2, 7, 3)),
        Case(
            "states",
            {"units": 5, "return_sequences": True, "return_state": True, "unroll": True},
            x=[(2, 7, 3), (2, 5)],
            call={"initial_state": {"$input": 1}},
        ),
        Case("go-backwards", {"units": 5, "go_backwards": True, "return_sequences": True}, x=(2, 7, 3)),
        masked("mask", activation="relu", return_sequences=True),
        masked_from_state("mask-from-state", 1),
        masked("mask-activation", activation="softsign", return_state=True),
        masked("zero-output-for-mask", return_sequences=True, zero_output_for_mask=True),
        *DROPOUT_CASES,
        *STATEFUL_CASES,
    ),
    aliases=("vanilla rnn", "Elman network"),
    emit=emit_simple_rnn,
    layout="last",
    mask="own",
)
