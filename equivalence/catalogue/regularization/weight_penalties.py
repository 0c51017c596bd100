"""L1, L2, L1L2, OrthogonalRegularizer: penalties on weights, to be added to the loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.by_name import by_name
from equivalence.schema import Argument, Case, Difference, Entry, refuse_without_counterpart
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

_MEAN_COSINE = '''
def mean_cosine(rows: Tensor) -> Tensor:
    """The mean absolute cosine of the angles between each two of N rows (N, D)."""
    rows = F.normalize(rows, dim=1, eps=1e-06)
    return (rows @ rows.T).triu(1).abs().sum() / (len(rows) * (len(rows) - 1) / 2)
'''


def emit_penalties(site: Site) -> Value:
    """The sum of what is not switched off: l1 * |w| and l2 * w^2, each summed over the weights."""
    x, terms = site.take(site.x, KERAS), []
    for name, text in (("l1", "abs"), ("l2", "square")):
        if argument := site.entry.argument(name):
            factor = site.config.optional_number(name)
            factor = argument.default if factor is None else factor
            terms += [f"{literal(factor)} * {x}.{text}().sum()"] if factor else []
    return site.new(" + ".join(terms) or f"{x}.new_zeros(())", KERAS, "penalty")


def emit_orthogonal(site: Site) -> Value:
    """Formula: keras/src/regularizers/regularizers.py, OrthogonalRegularizer."""
    x = site.take(site.x, KERAS)
    if x.rank != 2:
        site.refuse(f"its weight has shape {x.shape}, not two axes")
    return _cosines(site, x, site.config.choice("mode", "rows", "columns") == "rows")


def emit_other_way(site: Site) -> Value:
    """The mistake: columns for rows."""
    return _cosines(site, site.take(site.x, KERAS), site.config.choice("mode", "rows", "columns") != "rows")


def _cosines(site: Site, x: Value, of_rows: bool) -> Value:
    rows = f"{x}" if of_rows else f"{x}.T"
    factor = literal(site.config.number("factor"))
    return site.new(f"{factor} * {site.helper(_MEAN_COSINE)}({rows})", KERAS, "penalty")


_X = (4, 5)
#: Of a hundred steps of training: the penalty of a weight, or of what a layer gives, its activity_regularizer.
_WEIGHT: dict[str, Any] = {"trial": {"as": "weight"}}
_ACTIVITY: dict[str, Any] = {"trial": {"as": "activity"}}
_TORCH: dict[str, Any] = {
    **_WEIGHT,
    "oracle": "torch",
    "because": "on TensorFlow its factor is float32, and it refuses weights of float64",
}
_WEIGHT_DECAY = Difference(
    "weight-decay",
    "weight_decay=d of torch.optim.SGD is the penalty d / 2 times the sum of the squares: an l2 is a weight_decay of "
    "twice that. In Adam's weight_decay and AdamW's it is another thing: add the penalty to the loss.",
    case="half",
    swap=(("0.5 * ", "0.25 * "),),
)

L1 = Entry(
    keras="keras.regularizers.L1",
    torch=("torch.abs", "torch.sum"),
    says="A penalty of l1 times the sum of the absolute weights, which is added to the loss once a batch.",
    emit=emit_penalties,
    kind="regularizer",
    arguments=(Argument("l1", None, 0.01),),
    differences=(
        Difference(
            "mean",
            "The weights are summed, not averaged.",
            case="half",
            swap=((".sum()", ".mean()"),),
        ),
    ),
    cases=(
        Case("half", {"l1": 0.5}, x=_X, **_WEIGHT),
        Case("quarter", {"l1": 0.25}, x=(2, 3, 4, 5), **_WEIGHT),
        Case("activity", {"l1": 0.5}, x=(2, 3, 5), **_ACTIVITY),
    ),
    aliases=("keras.regularizers.l1", "l1 regularizer", "lasso", "kernel_regularizer l1"),
)
L2 = Entry(
    keras="keras.regularizers.L2",
    torch=("torch.square", "torch.sum"),
    says="A penalty of l2 times the sum of the squared weights, which is added to the loss once a batch.",
    emit=emit_penalties,
    kind="regularizer",
    arguments=(Argument("l2", "weight_decay", 0.01, how="2 * l2", note="for torch.optim.SGD alone"),),
    differences=(_WEIGHT_DECAY,),
    cases=(
        Case("half", {"l2": 0.5}, x=_X, **_WEIGHT),
        Case("quarter", {"l2": 0.25}, x=(2, 3, 4, 5), **_WEIGHT),
        Case("activity", {"l2": 0.5}, x=(2, 3, 5), **_ACTIVITY),
    ),
    aliases=("keras.regularizers.l2", "l2 regularizer", "weight_decay vs l2", "weight decay", "kernel_regularizer"),
)
L1L2 = Entry(
    keras="keras.regularizers.L1L2",
    torch=("torch.abs", "torch.square", "torch.sum"),
    says="The penalties of L1 and L2 together.",
    emit=emit_penalties,
    kind="regularizer",
    arguments=(Argument("l1", None, 0.0), Argument("l2", None, 0.0)),
    cases=(
        Case("both", {"l1": 0.25, "l2": 0.5}, x=_X, **_WEIGHT),
        Case("l1", {"l1": 0.25}, x=_X, **_WEIGHT),
        Case("l2", {"l2": 0.5, "l1": None}, x=_X, **_WEIGHT),
        Case("activity", {"l1": 0.25, "l2": 0.5}, x=(3, 4), **_ACTIVITY),
        Case("none", {}, x=_X, **_WEIGHT),
    ),
    aliases=("keras.regularizers.l1_l2", "elastic net"),
)
OrthogonalRegularizer = Entry(
    keras="keras.regularizers.OrthogonalRegularizer",
    torch=("torch.nn.functional.normalize", "torch.matmul", "torch.triu"),
    says="A penalty on the cosines of the angles between rows or columns: 0 where they are orthogonal.",
    emit=emit_orthogonal,
    kind="regularizer",
    arguments=(
        Argument("factor", None, 0.01),
        Argument("mode", None, "rows", note="of Keras's kernel: rows of it are columns of nn.Linear's weight"),
    ),
    differences=(
        Difference(
            "rows",
            "The kernel of Dense is (in, out), nn.Linear's weight (out, in): rows of one are columns of the other.",
            case="rows",
            naive=emit_other_way,
        ),
    ),
    cases=(
        Case("rows", {"factor": 0.5}, x=_X, **_TORCH),
        Case("columns", {"factor": 0.25, "mode": "columns"}, x=_X, **_TORCH),
    ),
    aliases=("keras.regularizers.orthogonal_regularizer", "orthogonal regularization"),
)
Regularizer = Entry(
    keras="keras.regularizers.Regularizer",
    torch=(),
    says="What regularizers of one's own are subclasses of: called with a weight, they give its penalty.",
    emit=refuse_without_counterpart,
    kind="regularizer",
    aliases=("keras.Regularizer", "custom regularizer", "add_loss"),
    no_counterpart="torch (2.13) needs no class for a penalty, and adds none by itself; write a function of the weight "
    "and add what it gives to the loss in the training loop",
)
Get, Serialize, Deserialize = by_name(
    "regularizers", "a regularizer", "loss = loss + 0.01 * model.weight.square().sum()", serialize="regularizer"
)
