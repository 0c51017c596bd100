"""GRU."""

from __future__ import annotations

from collections.abc import Sequence
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
from equivalence.catalogue.recurrent.step_dropout import DROPOUT_GRU_CELL
from equivalence.catalogue.recurrent.steps import ACTIVATED_GRU_CELL, RESET_BEFORE_GRU_CELL, STEP_RNN
from equivalence.schema import Argument, Case, Difference, Entry, Weight

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_gru(site: Site) -> Value | list[Value]:
    """nn.GRU; with recurrent dropout or what torch lacks a cell that a helper steps over time."""
    return emit_recurrent(site, KIND)


def torch_layer(site: Site, features: int, **keywords: Any) -> str:
    """The text of the nn.GRU that computes what the layer does, masks and dropout apart; empty where none does."""
    known = all([resets_after(site), torch_activations(site)])
    return constructor(site, "nn.GRU", features, batch_first=True, **keywords) if known else ""


def resets_after(site: Site) -> bool:
    """Whether the reset gate acts after the recurrent product, as it always does in torch.

    Keras had no such argument before 2.1.3 and reset before: files without the key are of that time.
    """
    after = site.config.flag("reset_after")
    return after and not (
        site.keras_version.startswith(("1.", "2.0", "2.1")) and "reset_after" not in site.layer.config
    )


def torch_cell(site: Site, features: int) -> str:
    """The text of a cell that does what the layer's does."""
    functions = () if torch_activations(site) else ("activation", "recurrent_activation")
    if rate_of(site, "recurrent_dropout"):
        after = {} if resets_after(site) else {"reset_after": False}
        return cell(site, features, site.helper(DROPOUT_GRU_CELL), *functions, **after)
    if not resets_after(site):
        return cell(site, features, site.helper(RESET_BEFORE_GRU_CELL), *functions)
    return cell(site, features, site.helper(ACTIVATED_GRU_CELL) if functions else "nn.GRUCell", *functions)


def _weights(site: Site) -> Sequence[Weight]:
    """Where the reset gate acts before, there is one bias, of which the rows are not to be picked."""
    return site.weights if resets_after(site) else [weight._replace(pick=None) for weight in site.weights]


KIND = Kind(1, torch_layer, torch_cell, STEP_RNN, _weights)


def _unmasked(site: Site) -> Value | list[Value]:
    """The layer as if it had no mask."""
    return emit_recurrent(site, KIND, masked=False)


_KERNELS = (
    Weight("kernel", "weight_ih_l0", "i o -> o i", blocks=(1, 0, 2), at=("cell",)),
    Weight("recurrent_kernel", "weight_hh_l0", "i o -> o i", blocks=(1, 0, 2), at=("cell",)),
)

GRU = Entry(
    whole_numbers="floats",
    keras="keras.layers.GRU",
    torch=("torch.nn.GRU",),
    says="Gated recurrent unit: a recurrent layer with an update and a reset gate.",
    arguments=arguments(
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
    legacy=UNNAMED_ARGUMENTS,
    weights=(
        *_KERNELS,
        Weight("bias", "bias_ih_l0", pick=0, blocks=(1, 0, 2), when="use_bias", at=("cell",)),
        Weight("bias", "bias_hh_l0", pick=1, blocks=(1, 0, 2), when="use_bias", at=("cell",)),
    ),
    differences=(
        Difference(
            "gate-order",
            "Keras orders the gates z, r, h (update first), torch r, z, n: the first two blocks change places.",
            case="defaults",
            weights=(
                Weight("kernel", "weight_ih_l0", "i o -> o i", at=("cell",)),
                Weight("recurrent_kernel", "weight_hh_l0", "i o -> o i", at=("cell",)),
                Weight("bias", "bias_ih_l0", pick=0, at=("cell",)),
                Weight("bias", "bias_hh_l0", pick=1, at=("cell",)),
            ),
        ),
        Difference(
            "biases-exchanged",
            "The first row of Keras's bias is the input's, the second the state's, which the reset gate scales.",
            case="defaults",
            weights=(
                *_KERNELS,
                Weight("bias", "bias_ih_l0", pick=1, blocks=(1, 0, 2), at=("cell",)),
                Weight("bias", "bias_hh_l0", pick=0, blocks=(1, 0, 2), at=("cell",)),
            ),
        ),
        Difference(
            "reset-before",
            "reset_after=False resets the state before the recurrent product: no torch module does.",
            case="reset-before-without-bias",
            swap=(("ResetBeforeGRUCell(", "nn.GRUCell("),),
        ),
        Difference(
            "last-output",
            "Keras returns the last output by default; torch returns all of them, whose first is easily taken instead.",
            case="defaults",
            swap=(("[0][:, -1]", "[0][:, 0]"),),
        ),
        kept_state("gru"),
        masked_steps("nn.GRU", _unmasked),
    ),
    defects=(
        zeros_at_other_steps(
            {"units": 5, "unroll": True, "go_backwards": True, "return_sequences": True, "zero_output_for_mask": True}
        ),
    ),
    cases=(
        Case("whole-numbers", {"units": 5}, x=(2, 7, 3), draw="ids:5"),
        Case("defaults", {"units": 5}, x=(2, 7, 3)),
        Case("without-bias", {"units": 5, "use_bias": False, "return_sequences": True}, x=(2, 7, 3)),
        Case(
            "states",
            {"units": 5, "return_sequences": True, "return_state": True, "unroll": True},
            x=[(2, 7, 3), (2, 5)],
            call={"initial_state": {"$input": 1}},
        ),
        Case("go-backwards-unknown-length", {"units": 5, "go_backwards": True}, x=(2, 7, 3), declared=(None, 3)),
        Case("activations", {"units": 5, "activation": "relu", "recurrent_activation": "softsign"}, x=(2, 7, 3)),
        Case("reset-before", {"units": 5, "reset_after": False, "return_sequences": True}, x=(2, 7, 3)),
        Case("reset-before-without-bias", {"units": 5, "reset_after": False, "use_bias": False}, x=(2, 7, 3)),
        Case(
            "reset-before-activations",
            {"units": 5, "reset_after": False, "activation": "softsign", "recurrent_activation": "tanh"},
            x=(2, 7, 3),
        ),
        masked("mask", return_sequences=True, return_state=True),
        masked_from_state("mask-from-state", 1),
        masked_from_state("mask-backwards-from-state", 1, go_backwards=True, zero_output_for_mask=True),
        masked("mask-reset-before", return_state=True, go_backwards=True, reset_after=False),
        masked("zero-output-for-mask", return_sequences=True, zero_output_for_mask=True, reset_after=False),
        *DROPOUT_CASES,
        *STATEFUL_CASES,
    ),
    aliases=("CuDNNGRU", "gru", "gated recurrent unit"),
    emit=emit_gru,
    layout="last",
    mask="own",
)
