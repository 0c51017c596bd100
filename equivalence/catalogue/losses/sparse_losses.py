"""SparseCategoricalCrossentropy, CategoricalGeneralizedCrossEntropy, and their functions: true classes as numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.losses.crossentropy import FROM_LOGITS
from equivalence.catalogue.losses.crossentropy_operations import CLIPPED
from equivalence.catalogue.losses.loss_parts import (
    arguments,
    emit_class,
    emit_function,
    function_of,
    over_weights,
    reductions,
)
from equivalence.schema import Argument, Case, Defect, Difference, Entry
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import call, literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def _labels(site: Site, y_true: Value, y_pred: Value) -> str:
    """Whole numbers, of one axis fewer than what is predicted."""
    if y_true.rank == y_pred.rank and y_true.shape[-1] == 1:
        return f"{y_true}.squeeze(-1).long()"
    if y_true.rank != y_pred.rank - 1:
        site.refuse(f"y_true has {y_true.rank} axes, where y_pred with {y_pred.rank} wants one fewer")
    return f"{y_true}.long()"


def _crossentropy(site: Site, y_true: Value, y_pred: Value, how: str) -> Value:
    axis, ignored = site.config.integer("axis", minimum=None), site.config.value("ignore_class")
    if axis not in (-1, y_pred.rank - 1):
        site.config.refuse("axis", axis, "is not the last axis, the only one that Keras takes")
    logits = f"{y_pred}" if site.config.flag("from_logits") else f"{y_pred}.{CLIPPED}.log()"
    moved = f"{logits}.movedim(-1, 1)" if y_pred.rank > 2 else logits
    ignoring = {} if ignored is None else {"ignore_index": site.config.integer("ignore_class", minimum=None)}
    text = call(
        "F.cross_entropy", moved, _labels(site, y_true, y_pred), **ignoring, reduction=f'"{how}"',
        omit={"reduction": '"mean"'},
    )  # fmt: skip
    return site.new(text, KERAS, "loss" if how == "mean" else "each")


def _each(site: Site, y_true: Value, y_pred: Value) -> Value | tuple[Value, Value]:
    each, ignored = _crossentropy(site, y_true, y_pred, "none"), site.config.value("ignore_class")
    if ignored is None:
        return each
    return each, site.new(f"{_labels(site, y_true, y_pred)} != {literal(ignored)}", KERAS, "counted")


def _generalized(site: Site, y_true: Value, y_pred: Value) -> Value:
    """Formula: keras/src/losses/losses.py, categorical_generalized_cross_entropy (Zhang and Sabuncu 2018)."""
    q = literal(site.config.number("q"))
    if y_true.rank == y_pred.rank:
        site.refuse("its y_true has as many axes as y_pred, and Keras holds each of them against the whole batch")
    labels = _labels(site, y_true, y_pred)
    p = site.new(f"{y_pred}.gather(-1, {labels}.unsqueeze(-1)).squeeze(-1)", KERAS, "p")
    return site.new(f"(1 - {p} ** {q}) / {q}", KERAS, "each")


_X, _TWO = [(4,), (4, 5)], [(9,), (9, 2)]
_DRAW = ["ids:5", "uniform"]
#: The last two are torch's own for very many classes, of which Keras has none.
_OTHERS = (
    "torch.nn.NLLLoss",
    "torch.nn.functional.nll_loss",
    "torch.nn.AdaptiveLogSoftmaxWithLoss",
    "torch.nn.LinearCrossEntropyLoss",
    "torch.nn.functional.linear_cross_entropy",
)
_IGNORE = Argument("ignore_class", "ignore_index", None, note="where all are ignored Keras gives 0, torch NaN")

SparseCategoricalCrossentropy = Entry(
    keras="keras.losses.SparseCategoricalCrossentropy",
    torch=("torch.nn.CrossEntropyLoss", "torch.nn.functional.cross_entropy", *_OTHERS),
    related=("torch.nn.CrossEntropyLoss", *_OTHERS),
    says="Minus the logarithm of the probability given to the true class, which is a number, averaged.",
    emit=emit_class(_each, _crossentropy, one_rank=False),
    kind="loss",
    arguments=(
        FROM_LOGITS,
        _IGNORE,
        *arguments("sparse_categorical_crossentropy"),
        Argument("axis", None, -1, note="torch has the classes at dimension 1"),
    ),
    differences=(
        Difference(
            "logits",
            "Keras expects probabilities unless from_logits is set, torch always logits: keeping the softmax "
            "before nn.CrossEntropyLoss takes it twice.",
            case="mean",
            swap=(("." + CLIPPED + ".log()", ""),),
        ),
        Difference(
            "class-weights",
            "class_weight and sample_weight are factors of each loss in Keras, which then takes the mean over the "
            "samples; nn.CrossEntropyLoss(weight=...) divides by the sum of the weights.",
            case="weighted",
            naive=over_weights(_each, one_rank=False),
        ),
        Difference(
            "ignored",
            "Samples of ignore_class add nothing to the sum nor to what it is divided by; ignore_index is the same.",
            case="ignored",
            swap=((", ignore_index=2", ""),),
        ),
    ),
    defects=(
        Defect(
            "logits-behind-softmax",
            "looks behind the softmax for its logits and takes these, so that nothing is clipped.",
            # two classes: clipped probabilities of more do not sum to 1, by which Keras divides on TensorFlow alone
            Case("behind-softmax", {}, x=_TWO, draw=["ids:2", "pixels"], oracle="torch", trial={"behind": "softmax"}),
        ),
    ),
    cases=(
        *reductions(_X, _DRAW),
        Case("logits", {"from_logits": True}, x=_X, draw=["ids:5", "wide"]),
        Case("column", {"from_logits": True}, x=[(4, 1), (4, 5)], draw=["ids:5", "normal"]),
        Case("images", {"from_logits": True, "axis": 3}, x=[(2, 3, 4), (2, 3, 4, 5)], draw=["ids:5", "normal"]),
        Case("ignored", {"from_logits": True, "ignore_class": 2}, x=[(9,), (9, 4)], draw=["ids:4", "normal"]),
        Case("ignored-of-images", {"ignore_class": -1}, x=[(2, 3, 4), (2, 3, 4, 5)], draw=["ids:5", "uniform"]),
        Case(
            "ignored-and-weighted", {"ignore_class": 2}, x=[(9,), (9, 4), (9,)], draw=["ids:4", "uniform", "uniform"],
            call={"sample_weight": {"$input": 2}},
        ),
        Case("ignored-each", {"ignore_class": 2, "reduction": "none"}, x=[(9,), (9, 4)], draw=["ids:4", "uniform"]),
    ),
    aliases=("sparse categorical crossentropy", "scce", "ignore_class", "cross entropy with class numbers", "NLLLoss"),
)  # fmt: skip
sparse_categorical_crossentropy = function_of(
    SparseCategoricalCrossentropy,
    "sparse_categorical_crossentropy",
    emit_function(_each, one_rank=False),
    ("torch.nn.functional.cross_entropy",),
    cases=(
        Case("function", {}, x=_X, draw=_DRAW),
        Case(
            "function-ignores", {"from_logits": True, "ignore_class": 2, "axis": 1}, x=[(9,), (9, 4)],
            draw=["ids:4", "normal"],
        ),
    ),
)  # fmt: skip
CategoricalGeneralizedCrossEntropy = Entry(
    keras="keras.losses.CategoricalGeneralizedCrossEntropy",
    torch=("torch.gather",),
    says="(1 - p ** q) / q of the probability p given to the true class, a number: robust where labels are wrong.",
    emit=emit_class(_generalized, one_rank=False),
    kind="loss",
    arguments=(Argument("q", None, 0.5), *arguments("categorical_generalized_cross_entropy")),
    cases=(*reductions(_X, _DRAW), Case("q", {"q": 0.75}, x=[(2, 3), (2, 3, 5)], draw=_DRAW)),
    aliases=("generalized cross entropy", "gce loss", "noisy labels"),
)
categorical_generalized_cross_entropy = function_of(
    CategoricalGeneralizedCrossEntropy,
    "categorical_generalized_cross_entropy",
    emit_function(_generalized, one_rank=False),
    ("torch.gather",),
    cases=(Case("function", {"q": 0.25}, x=_X, draw=_DRAW),),
    more=(Argument("q", None),),
    also_metric=False,
)
