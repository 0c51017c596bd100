"""What the accuracies are the means of, as functions: text, emits and the entries of keras.metrics.*_accuracy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.metrics.metric_helpers import SAME_RANK
from equivalence.catalogue.metrics.metric_parts import BY_CALL, CAST, function
from equivalence.catalogue.operations.operation_parts import operands
from equivalence.schema import Argument, Case, Entry
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from equivalence.translation.call_site import Site, Value

_FLOATS = "to(torch.get_default_dtype())"
_LABELS = "labels = y_true.squeeze(-1) if y_true.dim() == y_pred.dim() else y_true"
#: A class as good as another counts for both, and so may more than k; NaN and infinity are right never.
_AMONG_BEST = (
    "score = y_pred.gather(-1, labels.long().unsqueeze(-1))",
    "better = (y_pred > score).sum(dim=-1)",
)


def equal_lines(site: Site) -> list[str]:
    return ["y_true, y_pred = same_rank(y_true.to(y_pred.dtype), y_pred)", f"(y_true == y_pred).{_FLOATS}"]


def binary_lines(site: Site) -> list[str]:
    """Strictly above the threshold is a one."""
    threshold = literal(site.config.number("threshold"))
    return ["y_true, y_pred = same_rank(y_true, y_pred)", f"(y_true == (y_pred > {threshold})).{_FLOATS}"]


def categorical_lines(site: Site) -> list[str]:
    return [CAST, f"(y_true.argmax(dim=-1) == y_pred.argmax(dim=-1)).{_FLOATS}"]


def sparse_lines(site: Site) -> list[str]:
    return [_LABELS, f"(labels == y_pred.argmax(dim=-1)).{_FLOATS}"]


def top_lines(site: Site) -> list[str]:
    return [CAST, "labels = y_true.argmax(dim=-1)", *_AMONG_BEST, f"(better < {site.config.integer('k')}).{_FLOATS}"]


def sparse_top_lines(site: Site) -> list[str]:
    k = site.config.integer("k")
    if site.config.flag("from_sorted_ids"):
        return [_LABELS, f"(y_pred[..., :{k}] == labels.unsqueeze(-1)).any(dim=-1).{_FLOATS}"]
    return [_LABELS, *_AMONG_BEST, f"(better < {k}).{_FLOATS}"]


def emit_of(name: str, lines: Callable[[Site], Sequence[str]], *helpers: str) -> Callable[[Site], Value]:
    """The emit of a function of y_true and y_pred that is called on tensors."""

    def emit(site: Site) -> Value:
        y_true, y_pred = (site.take(value, KERAS) for value in operands(site, "y_true", "y_pred"))
        return site.new(f"{function(site, name, lines(site), *helpers)}({y_true}, {y_pred})", KERAS)

    return emit


SINGLE: dict[str, Any] = {"oracle": "torch", "because": "TensorFlow's in_top_k takes float32 alone"}
_GIVEN = (Argument("y_true"), Argument("y_pred"))
_K = Argument("k", None, 5)
_TWO = [(4, 5), (4, 5)]

BinaryAccuracy = Entry(
    keras="keras.metrics.binary_accuracy",
    torch=("torch.eq", "torch.gt"),
    says="1 for each element on the right side of the threshold, 0 for the others.",
    emit=emit_of("binary_accuracy", binary_lines, SAME_RANK),
    kind="operation",
    arguments=(*_GIVEN, Argument("threshold", None, 0.5)),
    cases=(Case("images", {"threshold": 0.25}, x=[(4, 3, 2), (4, 3, 2)], draw=["ids:2", "uniform"], by_call=BY_CALL),),
)
CategoricalAccuracy = Entry(
    keras="keras.metrics.categorical_accuracy",
    torch=("torch.argmax", "torch.eq"),
    says="1 for each sample whose likeliest class is the true one, which is one-hot, 0 for the others.",
    emit=emit_of("categorical_accuracy", categorical_lines),
    kind="operation",
    arguments=_GIVEN,
    cases=(Case("matrix", {}, x=_TWO, draw=["one-hot", "uniform"], by_call=BY_CALL),),
)
SparseCategoricalAccuracy = Entry(
    keras="keras.metrics.sparse_categorical_accuracy",
    torch=("torch.argmax", "torch.eq"),
    says="1 for each sample whose likeliest class is the true one, which is a number, 0 for the others.",
    emit=emit_of("sparse_categorical_accuracy", sparse_lines),
    kind="operation",
    arguments=_GIVEN,
    cases=(Case("matrix", {}, x=[(9,), (9, 3)], draw=["ids:3", "uniform"], by_call=BY_CALL),),
)
TopK = Entry(
    keras="keras.metrics.top_k_categorical_accuracy",
    torch=("torch.argmax", "torch.gather", "torch.sum"),
    says="1 for each sample whose true class, one-hot, is among the k likeliest, 0 for the others.",
    emit=emit_of("top_k_accuracy", top_lines),
    kind="operation",
    arguments=(*_GIVEN, _K),
    cases=(Case("best-two", {"k": 2}, x=_TWO, draw=["one-hot", "uniform"], by_call=BY_CALL, **SINGLE),),
)
SparseTopK = Entry(
    keras="keras.metrics.sparse_top_k_categorical_accuracy",
    torch=("torch.gather", "torch.sum", "torch.any"),
    says="1 for each sample whose true class, a number, is among the k likeliest, 0 for the others.",
    emit=emit_of("top_k_accuracy", sparse_top_lines),
    kind="operation",
    arguments=(*_GIVEN, _K, Argument("from_sorted_ids", None, False)),
    cases=(
        Case("best-two", {"k": 2}, x=[(9,), (9, 5)], draw=["ids:5", "uniform"], by_call=BY_CALL, **SINGLE),
        Case("sorted", {"k": 2, "from_sorted_ids": True}, x=[(9,), (9, 4)], draw=["ids:5", "ids:5"], by_call=BY_CALL),
    ),
)
