"""Dice, Tversky, and their functions: how much two regions overlap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.losses.loss_parts import (
    EPSILON,
    arguments,
    emit_class,
    emit_function,
    function_of,
    tensors,
)
from equivalence.catalogue.operations.operation_parts import axes_of
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import literal, squeeze

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def _sum(site: Site, y_pred: Value) -> str:
    """The call that sums over the axes; over everything where none are named."""
    axes = axes_of(site, y_pred.rank)
    return "sum()" if axes is None else f"sum(dim={literal(squeeze(axes) if len(axes) == 1 else axes)})"


def _dice(site: Site, y_true: Value, y_pred: Value) -> Value:
    """Formula: keras/src/losses/losses.py, dice."""
    return _of_dice(site, y_true, y_pred, _sum(site, y_pred))


def _of_dice(site: Site, y_true: Value, y_pred: Value, total: str) -> Value:
    both, each = f"({y_true} * {y_pred}).{total}", f"{y_true}.{total} + {y_pred}.{total} + {EPSILON}"
    return site.new(f"1 - 2 * {both} / ({each})", KERAS, "each")


def _tversky(site: Site, y_true: Value, y_pred: Value) -> Value:
    """Formula: keras/src/losses/losses.py, tversky: alpha weighs what is missed, beta what is found in excess."""
    alpha, beta = (literal(site.config.number(name)) for name in ("alpha", "beta"))
    return _of_tversky(site, y_true, y_pred, alpha, beta)


def _of_tversky(site: Site, y_true: Value, y_pred: Value, alpha: str, beta: str) -> Value:
    total = _sum(site, y_pred)
    both = site.new(f"({y_true} * {y_pred}).{total}", KERAS, "both")
    missed = site.new(f"({y_true} * (1 - {y_pred})).{total}", KERAS, "missed")
    excess = site.new(f"((1 - {y_true}) * {y_pred}).{total}", KERAS, "excess")
    return site.new(f"1 - {both} / ({both} + {alpha} * {missed} + {beta} * {excess} + {EPSILON})", KERAS, "each")


def _each_sample(site: Site) -> Value:
    """The mistake: the overlap of each sample, averaged."""
    y_true, y_pred, _ = tensors(site)
    for name in ("axis", "reduction"):
        site.config.value(name)
    rest = literal(tuple(range(1, y_pred.rank)))
    return site.new(f"{_of_dice(site, y_true, y_pred, f'sum(dim={rest})')}.mean()", KERAS, "loss")


def _exchanged(site: Site) -> Value:
    """The mistake: alpha for what is in excess, beta for what is missed."""
    y_true, y_pred, _ = tensors(site)
    site.config.value("reduction")
    alpha, beta = (literal(site.config.number(name)) for name in ("alpha", "beta"))
    return site.new(f"{_of_tversky(site, y_true, y_pred, beta, alpha)}.mean()", KERAS, "loss")


_X = [(2, 3, 4, 1), (2, 3, 4, 1)]
_WEIGHTED: dict[str, Any] = {"x": [*_X, (2,)], "draw": "uniform", "call": {"sample_weight": {"$input": 2}}}
_AXES = {"axis": [1, 2, 3]}
_AXIS = Argument("axis", "dim", None, note="None: one number of the whole batch")

Dice = Entry(
    keras="keras.losses.Dice",
    torch=("torch.sum",),
    says="One minus the Dice coefficient: twice what both hold over what each holds, of the whole batch at once.",
    emit=emit_class(_dice),
    kind="loss",
    arguments=(*arguments("dice")[:2], _AXIS, *arguments("dice")[2:]),
    differences=(
        Difference(
            "batch",
            "Unless axis is given, Keras sums over the whole batch: large regions count more than the mean over the "
            "samples that most write down.",
            case="whole-batch",
            naive=_each_sample,
        ),
    ),
    cases=(
        Case("whole-batch", {}, x=_X, draw="uniform"),
        Case("axes", _AXES, x=_X, draw="uniform"),
        Case("sum", {**_AXES, "reduction": "sum"}, x=_X, draw=["ids:2", "uniform"]),
        Case("each", {"axis": -1, "reduction": None}, x=_X, draw="uniform"),
        Case("weighted", _AXES, **_WEIGHTED),
        Case("mean-of-weights", {**_AXES, "reduction": "mean_with_sample_weight"}, **_WEIGHTED),
    ),
    aliases=("dice loss", "dice coefficient", "segmentation loss"),
)
dice = function_of(
    Dice,
    "dice",
    emit_function(_dice),
    ("torch.sum",),
    cases=(Case("function", _AXES, x=_X, draw="uniform"), Case("function-whole", {}, x=_X, draw="uniform")),
    also_metric=False,
)
Tversky = Entry(
    keras="keras.losses.Tversky",
    torch=("torch.sum",),
    says="One minus the Tversky index: the Dice loss with weights for what is missed and what is found in excess.",
    emit=emit_class(_tversky),
    kind="loss",
    arguments=(
        Argument("alpha", None, 0.5, note="weighs what is true and missed"),
        Argument("beta", None, 0.5, note="weighs what is found and not true"),
        *arguments("tversky")[:2],
        _AXIS,
        *arguments("tversky")[2:],
    ),
    differences=(
        Difference(
            "alpha-and-beta",
            "In Keras alpha weighs what is missed (false negatives) and beta what is in excess; the paper and most "
            "other code have them the other way round.",
            case="alpha-and-beta",
            naive=_exchanged,
        ),
    ),
    cases=(
        Case("whole-batch", {}, x=_X, draw="uniform"),
        Case("alpha-and-beta", {**_AXES, "alpha": 0.25, "beta": 0.75}, x=_X, draw="uniform"),
        Case("sum", {**_AXES, "reduction": "sum"}, x=_X, draw=["ids:2", "uniform"]),
        Case("each", {"axis": -1, "reduction": None}, x=_X, draw="uniform"),
        Case("weighted", {"axis": [1, 2, 3]}, **_WEIGHTED),
    ),
    aliases=("tversky loss", "tversky index"),
)
tversky = function_of(
    Tversky,
    "tversky",
    emit_function(_tversky),
    ("torch.sum",),
    cases=(Case("function", {"alpha": 0.25, "beta": 0.5}, x=_X, draw="uniform"),),
    also_metric=False,
)
