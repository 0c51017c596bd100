"""What the losses have in common: arguments, ranks, weights and masks, and the reduction to one number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from equivalence.catalogue.operations.operation_parts import is_tensor
from equivalence.schema import Argument, Case, Entry
from equivalence.translation.order import KERAS

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

    #: The loss of each sample, or that and a mask which it brings itself.
    Each = Callable[[Site, Value, Value], "Value | tuple[Value, Value]"]
    #: torch's own function of y_true, y_pred and a reduction of torch's; None where it is another number.
    Own = Callable[[Site, Value, Value, str], "Value | None"]

EPSILON = 1e-07  # keras.backend.epsilon()
_WHOLE = {
    "sum_over_batch_size": "mean",
    "mean": "mean",
    "mean_with_sample_weight": "mean",  # the same while no weights are given
    "sum": "sum",
}
MEAN_OF_WEIGHTS = "mean_with_sample_weight"

_VALID_WEIGHT = '''
def valid_weight(mask: Tensor, like: Tensor) -> Tensor:
    """0 where the mask is False, elsewhere what makes a mean over all one over those that are valid."""
    valid = mask.to(like.dtype)
    return valid * (valid.numel() / valid.sum().clamp(min=1))
'''
_WEIGHTED_MEAN = '''
def weighted_mean(values: Tensor, weight: Tensor) -> Tensor:
    """The sum of the weighted values over that of the weights; 0 where these are all 0."""
    total = weight.sum()
    return (values * weight).sum() / torch.where(total == 0, 1.0, total)
'''


def arguments(name: str) -> tuple[Argument, ...]:
    """`reduction`, `name` and `dtype`, which every loss has."""
    return (
        Argument("reduction", "reduction", "sum_over_batch_size", how='"mean" for sum_over_batch_size'),
        Argument("name", None, name, inert=True),
        Argument("dtype", None, None, inert=True),
    )


def function_of(
    entry: Entry, name: str, emit: Callable[[Site], Value], torch: tuple[str, ...], *, cases: tuple[Case, ...],
    more: tuple[Argument, ...] = (), aliases: tuple[str, ...] = (), also_metric: bool = True,
) -> Entry:  # fmt: skip
    """The function beside a loss: the same formula, sample by sample, without weights, masks and reduction.

    `more`: arguments whose defaults are others than the class's, or that it lacks.
    """
    stated = {argument.keras: argument for argument in entry.arguments if argument.keras not in ("reduction", "name")}
    stated |= {argument.keras: argument for argument in more}
    stated.pop("dtype", None)
    metric = (f"keras.metrics.{name}",) if also_metric else ()
    return Entry(
        keras=f"keras.losses.{name}",
        torch=torch,
        says=f"What {entry.name} is the mean of: the loss of each sample; no weights, no mask, no reduction.",
        emit=emit,
        kind="loss",
        arguments=(Argument("y_true", "target"), Argument("y_pred", "input"), *stated.values()),
        cases=cases,
        aliases=(*metric, *aliases),
    )


def emit_class(each: Each, own: Own | None = None, *, one_rank: bool = True) -> Callable[[Site], Value]:
    """The emit of a loss: torch's own function where no weights or masks come in, else of each sample, reduced.

    `one_rank`: y_true and y_pred are brought to one rank, as Keras does (keras/src/losses/loss.py,
    squeeze_or_expand_to_same_rank).
    """

    def emit(site: Site) -> Value:
        y_true, y_pred, mask = tensors(site, one_rank)
        how = site.config.choice("reduction", *_WHOLE, "none", None)
        weight = site.keyword("sample_weight")
        if own and weight is None and mask is None:
            found = own(site, y_true, y_pred, _WHOLE.get(how, "none"))
            if found is not None:
                return found
        losses = each(site, y_true, y_pred)
        if isinstance(losses, tuple):
            losses, brought = losses
            mask = brought if mask is None else site.new(f"{mask} & {brought}", KERAS, "mask")
        return reduced(site, losses, how, weight, mask)

    return emit


def emit_function(each: Each, *, one_rank: bool = True) -> Callable[[Site], Value]:
    """The emit of the function beside a loss."""

    def emit(site: Site) -> Value:
        losses = each(site, *tensors(site, one_rank)[:2])
        return losses[0] if isinstance(losses, tuple) else losses

    return emit


def each_of(text: Callable[[str, str], str]) -> Each:
    """The loss of each sample as the expression that `text` makes of y_true and y_pred."""
    return lambda site, y_true, y_pred: site.new(text(f"{y_true}", f"{y_pred}"), KERAS, "each")


def over_weights(each: Each, *, one_rank: bool = True) -> Callable[[Site], Value]:
    """The mistake: the mean that divides by the sum of the weights, as torch's class weights do."""

    def emit(site: Site) -> Value:
        y_true, y_pred, _ = tensors(site, one_rank)
        for name in ("reduction", "from_logits", "label_smoothing", "axis"):
            if site.entry.argument(name):
                site.config.value(name)
        losses = each(site, y_true, y_pred)
        losses = losses[0] if isinstance(losses, tuple) else losses
        return reduced(site, losses, MEAN_OF_WEIGHTS, site.keyword("sample_weight"))

    return emit


def tensors(site: Site, one_rank: bool = True) -> tuple[Value, Value, Value | None]:
    """y_true as floats, but the numbers of classes that are no `one_rank` as they come, y_pred, both in Keras's order,
    and the mask that came with y_pred.

    Raises Refused for anything else than tensors, and for predictions that are no floats.
    """
    given = site.args()
    if len(given) != 2 or not all(map(is_tensor, given)) or not given[1].dtype.startswith("float"):
        site.refuse("it is called on something else than tensors y_true and y_pred, the latter of floats")
    y_true, y_pred = (site.take(value, KERAS) for value in given)
    if one_rank and not y_true.dtype.startswith("float"):
        y_true = site.new(f"{y_true}.to({y_pred}.dtype)", KERAS, "target")
    if one_rank:
        y_true, y_pred = same_rank(site, y_true, y_pred)
    return y_true, y_pred, given[1].mask


def same_rank(site: Site, one: Value, two: Value) -> tuple[Value, Value]:
    """Of two tensors whose ranks differ by one, the last axis of length 1 given to the other or taken away."""
    if one.rank == two.rank + 1 and one.shape[-1] == 1:
        return (one, _expanded(site, two)) if two.rank == 1 else (_squeezed(site, one), two)
    if two.rank == one.rank + 1 and two.shape[-1] == 1:
        return (_expanded(site, one), two) if one.rank == 1 else (one, _squeezed(site, two))
    return one, two


def _expanded(site: Site, value: Value) -> Value:
    return site.new(f"{value}.unsqueeze(-1)", KERAS, value.hint)


def _squeezed(site: Site, value: Value) -> Value:
    return site.new(f"{value}.squeeze(-1)", KERAS, value.hint)


def reduced(site: Site, each: Value, how: str, weight: Value | None = None, mask: Value | None = None) -> Value:
    """The loss of each sample, weighted and reduced.

    Formula: keras/src/losses/loss.py, reduce_weighted_values: the mask is merged into the weights, so that a mean is
    one over what is valid.
    """
    if weight is not None:
        weight = site.take(weight, KERAS)
        if not weight.dtype.startswith("float"):
            weight = site.new(f"{weight}.to({each}.dtype)", KERAS, "weight")
    if mask is not None:
        mean = how in ("mean", "sum_over_batch_size")
        text = f"{site.helper(_VALID_WEIGHT)}({mask}, {each})" if mean else f"{mask}.to({each}.dtype)"
        valid = site.new(text, KERAS, "valid")
        if weight is not None:
            valid, weight = same_rank(site, valid, weight)
        weight = valid if weight is None else site.new(f"{weight} * {valid}", KERAS, "weight")
    if weight is not None:
        each, weight = same_rank(site, each, weight)
        if how == MEAN_OF_WEIGHTS:
            return site.new(f"{site.helper(_WEIGHTED_MEAN)}({each}, {weight})", KERAS, "loss")
        each = site.new(f"{each} * {weight}", KERAS, "weighted")
    if how not in _WHOLE or not each.rank:
        return each
    return site.new(f"{each}.{_WHOLE[how]}()", KERAS, "loss")


def reductions(x: Sequence[tuple[int, ...]], draw: str | list[str], **config: object) -> tuple[Case, ...]:
    """Cases of every reduction, with and without weights: `x` holds the shapes of y_true and y_pred.

    A weight is given to each of the losses, whose shape is that of y_pred without its last axis.
    """
    several = [draw, draw] if isinstance(draw, str) else draw
    weighted: dict[str, Any] = {
        "x": [*x, x[1][:-1]],
        "draw": [*several, "uniform"],
        "call": {"sample_weight": {"$input": 2}},
    }
    return (
        Case("mean", {**config}, x=x, draw=draw),
        Case("sum", {**config, "reduction": "sum"}, x=x, draw=draw),
        Case("each", {**config, "reduction": None}, x=x, draw=draw),
        Case("weighted", {**config}, **weighted),
        Case("weighted-sum", {**config, "reduction": "sum"}, **weighted),
        Case("mean-of-weights", {**config, "reduction": "mean_with_sample_weight"}, **weighted),
    )
