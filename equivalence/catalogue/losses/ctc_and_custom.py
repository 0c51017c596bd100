"""The losses CTC and ctc, and the class that losses of one's own are made from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.by_name import by_name
from equivalence.catalogue.losses.loss_parts import arguments, emit_class, emit_function, function_of
from equivalence.catalogue.losses.sequences import CTC_LOSS
from equivalence.schema import Argument, Case, Difference, Entry, refuse_without_counterpart
from equivalence.translation.order import KERAS

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def _each(site: Site, y_true: Value, y_pred: Value) -> Value:
    """Lengths as Keras takes them: all steps of y_pred, and of y_true what is not 0."""
    return _of_lengths(site, y_true, y_pred, f"({y_true} != 0).sum(dim=-1)")


def _of_lengths(site: Site, y_true: Value, y_pred: Value, label_lengths: str) -> Value:
    if (y_true.rank, y_pred.rank) != (2, 3):
        site.refuse(f"its labels have shape {y_true.shape} and its logits {y_pred.shape}, not (N, S) and (N, T, C)")
    lengths = f"{y_true}.new_full((len({y_pred}),), {y_pred}.shape[1])"
    return site.new(f"{site.helper(CTC_LOSS)}({y_pred}, {y_true}, {lengths}, {label_lengths}, 0)", KERAS, "each")


def _divided(site: Site) -> Value:
    """The mistake: nn.CTCLoss's own mean, which divides each loss by the length of its labels first."""
    y_true, y_pred = site.args()
    site.config.value("reduction")
    y_true = site.new(f"{y_true}.to({y_pred}.dtype)", KERAS, "target")
    lengths = site.new(f"({y_true} != 0).sum(dim=-1)", KERAS, "lengths")
    return site.new(f"({_each(site, y_true, y_pred)} / {lengths}).mean()", KERAS, "loss")


_TORCH: dict[str, Any] = {"oracle": "torch", "because": "TensorFlow computes it in float32, whatever the dtype"}
_X, _DRAW = [(3, 4), (3, 9, 5)], ["labels:5", "normal"]

CTC = Entry(
    keras="keras.losses.CTC",
    torch=("torch.nn.CTCLoss", "torch.nn.functional.ctc_loss", "torch.nn.functional.log_softmax"),
    says="Minus the logarithm of the probability of a label sequence, over all its alignments; 0 is the blank.",
    emit=emit_class(_each, one_rank=False),
    kind="loss",
    arguments=arguments("ctc"),
    differences=(
        Difference(
            "mean",
            'reduction="mean" of nn.CTCLoss divides each loss by the length of its labels before it takes the mean; '
            "Keras takes the mean alone.",
            case="mean",
            naive=_divided,
        ),
    ),
    cases=(
        Case("mean", {}, x=_X, draw=_DRAW, **_TORCH),
        Case("sum", {"reduction": "sum"}, x=_X, draw=_DRAW, **_TORCH),
        Case("each", {"reduction": None}, x=_X, draw=_DRAW, **_TORCH),
        Case("weighted", {}, x=[*_X, (3,)], draw=[*_DRAW, "uniform"], call={"sample_weight": {"$input": 2}}, **_TORCH),
    ),
    aliases=("ctc loss", "nn.CTCLoss", "connectionist temporal classification"),
)
ctc = function_of(
    CTC,
    "ctc",
    emit_function(_each, one_rank=False),
    ("torch.nn.functional.ctc_loss", "torch.nn.functional.log_softmax"),
    cases=(Case("function", {}, x=_X, draw=_DRAW, **_TORCH),),
    also_metric=False,
)
Loss = Entry(
    keras="keras.losses.Loss",
    torch=(),
    says="What losses of one's own are subclasses of: `call` gives the loss of each sample, the class reduces it.",
    emit=refuse_without_counterpart,
    kind="loss",
    arguments=(
        Argument("name", None, None, inert=True),
        Argument("reduction", None, "sum_over_batch_size", inert=True),
        Argument("dtype", None, None, inert=True),
    ),
    aliases=("custom loss", "keras.Loss"),
    no_counterpart="torch needs no class for a loss; write a function of (y_pred, y_true), or an nn.Module whose "
    "forward is one, that gives the loss of each sample, and take .mean() of that",
)
Get, Serialize, Deserialize = by_name(
    "losses", "a loss", "criterion = nn.CrossEntropyLoss()", deserialize="name", serialize="loss"
)
