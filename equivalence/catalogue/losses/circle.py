"""Circle, and its function: embeddings of one class together, of others apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.losses.loss_parts import arguments, emit_class, emit_function, function_of
from equivalence.schema import Argument, Case, Entry
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import call, literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

#: Formula: keras/src/losses/losses.py, circle (Sun et al. 2020).
_CIRCLE = '''
def circle(
    labels: Tensor, embeddings: Tensor, gamma: float, margin: float, remove_diagonal: bool
) -> Tensor:
    """The circle loss of each of N embeddings (N, D) of length 1, which have labels (N,)."""
    labels = labels.reshape(-1).long()
    distance = (1 - embeddings @ embeddings.T).clamp(min=0)
    same = labels[:, None] == labels
    other = ~same
    if remove_diagonal:
        same = same & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    near = -gamma * (margin + distance) * (margin - distance)
    far = gamma * (1 + margin - distance).clamp(min=0) * (1 - margin - distance)
    near = torch.where(same, near, -math.inf).logsumexp(dim=1)
    far = torch.where(other, far, -math.inf).logsumexp(dim=1)
    return torch.logaddexp(near + far, torch.zeros_like(near))
'''


def _each(site: Site, y_true: Value, y_pred: Value) -> Value:
    for name in ("ref_labels", "ref_embeddings"):
        if site.entry.argument(name) and (site.keyword(name) is not None or site.config.value(name) is not None):
            site.refuse(f"{name} is given, which has no translation yet")
    text = call(
        site.helper(_CIRCLE),
        f"{y_true}",
        f"{y_pred}",
        gamma=literal(site.config.number("gamma")),
        margin=literal(site.config.number("margin")),
        remove_diagonal=site.config.flag("remove_diagonal"),
    )
    return site.new(text, KERAS, "each")


def _each_and_mask(site: Site, y_true: Value, y_pred: Value) -> tuple[Value, Value]:
    """Keras marks what has a loss: the mean is one over those alone."""
    each = _each(site, y_true, y_pred)
    return each, site.new(f"{each} > 0", KERAS, "counted")


#: What torch has for embeddings, and Keras has not.
_OTHERS = (
    "torch.nn.TripletMarginLoss",
    "torch.nn.functional.triplet_margin_loss",
    "torch.nn.TripletMarginWithDistanceLoss",
    "torch.nn.functional.triplet_margin_with_distance_loss",
    "torch.nn.MarginRankingLoss",
    "torch.nn.functional.margin_ranking_loss",
)
_X, _DRAW = [(9,), (9, 4)], ["ids:2", "normal"]
_SETTINGS = {"gamma": 0.5, "margin": 0.25}

Circle = Entry(
    keras="keras.losses.Circle",
    torch=("torch.logsumexp", "torch.logaddexp", *_OTHERS),
    related=_OTHERS,
    says="Draws embeddings of one class together and those of others apart, each pair as much as it needs.",
    emit=emit_class(_each_and_mask, one_rank=False),
    kind="loss",
    arguments=(
        Argument("gamma", None, 80.0),
        Argument("margin", None, 0.4),
        Argument("remove_diagonal", None, True, note="whether an embedding is not its own neighbour"),
        *arguments("circle"),
    ),
    cases=(
        Case("mean", _SETTINGS, x=_X, draw=_DRAW),
        Case("diagonal", {**_SETTINGS, "remove_diagonal": False, "reduction": None}, x=_X, draw=_DRAW),
        Case("column", {**_SETTINGS, "reduction": "sum"}, x=[(9, 1), (9, 4)], draw=_DRAW),
        Case(
            "weighted", _SETTINGS, x=[*_X, (9,)], draw=[*_DRAW, "uniform"], call={"sample_weight": {"$input": 2}}
        ),
    ),
    aliases=("circle loss", "metric learning loss", "triplet loss"),
)  # fmt: skip
circle = function_of(
    Circle,
    "circle",
    emit_function(_each, one_rank=False),
    ("torch.logsumexp", "torch.logaddexp"),
    cases=(Case("function", {**_SETTINGS, "remove_diagonal": False}, x=_X, draw=_DRAW),),
    more=(
        Argument("ref_labels", None, None, note="of another set of embeddings; the port refuses it"),
        Argument("ref_embeddings", None, None, note="the port refuses it"),
        Argument("gamma", None, 80),
    ),
    also_metric=False,
)
