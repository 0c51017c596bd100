"""SimpleRNN."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.recurrent.shared import (
    UNNAMED_ARGUMENTS,
    arguments,
    cell_weights,
    constructor,
    outputs,
    read_call,
    stepped,
)
from equivalence.catalogue.recurrent.steps import ACTIVATED_RNN_CELL, STEP_RNN
from equivalence.code import call
from equivalence.schema import Case, Difference, Entry, Weight

if TYPE_CHECKING:
    from equivalence.site import Site, Value


def emit_simple_rnn(site: Site) -> Value | list[Value]:
    """nn.RNN; with a mask or an activation it lacks a cell that a helper steps over time."""
    steps = read_call(site, states=1)
    ctor = torch_layer(site, steps.features)
    if ctor and steps.mask is None:
        rnn = site.module(ctor)
        state = [f"{state}[None]" for state in steps.states]
        return outputs(site, steps, call(rnn, f"{steps.x}", *state), {"h": "[1][0]"})
    cell = site.module(_cell(site, steps.features), weights=cell_weights(site))
    return outputs(site, steps, stepped(site, steps, STEP_RNN, cell, "".join(map(str, steps.states))), {"h": "[1]"})


def torch_layer(site: Site, features: int, **keywords: Any) -> str:
    """The text of the nn.RNN that computes what the layer does, masks apart; empty where none does."""
    if site.config.value("activation") not in _NONLINEARITY:
        return ""
    return constructor(site, "nn.RNN", features, **_nonlinearity(site), batch_first=True, **keywords)


def _cell(site: Site, features: int) -> str:
    if site.config.value("activation") in _NONLINEARITY:
        return constructor(site, "nn.RNNCell", features, **_nonlinearity(site))
    return constructor(site, site.helper(ACTIVATED_RNN_CELL), features, activation=site.activation_function())


_NONLINEARITY: dict[str, dict[str, str]] = {"tanh": {}, "relu": {"nonlinearity": '"relu"'}}  # torch's default is tanh


def _nonlinearity(site: Site) -> dict[str, str]:
    return _NONLINEARITY[site.config.value("activation")]


SimpleRNN = Entry(
    keras="keras.layers.SimpleRNN",
    torch=("torch.nn.RNN", "torch.nn.RNNCell"),
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
        Difference(
            "masked-steps",
            "A masked step keeps the state and repeats the output before it; a plain nn.RNN reads the padding.",
            case="mask",
            swap=((", mask={x}", ""),),
        ),
    ),
    cases=(
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
        Case(
            "mask",
            {"units": 5, "activation": "relu", "return_sequences": True},
            x=[(4, 7, 3), (4, 7)],
            draw=["normal", "bool"],
            call={"mask": {"$input": 1}},
        ),
        Case(
            "zero-output-for-mask",
            {"units": 5, "return_sequences": True, "zero_output_for_mask": True},
            x=[(4, 7, 3), (4, 7)],
            draw=["normal", "bool"],
            call={"mask": {"$input": 1}},
        ),
        Case("dropout", {"units": 5, "dropout": 0.25, "recurrent_dropout": 0.5}, x=(2, 7, 3)),
    ),
    aliases=("RNN", "SimpleRNNCell", "vanilla rnn", "Elman network"),
    emit=emit_simple_rnn,
    layout="last",
    mask="own",
)
