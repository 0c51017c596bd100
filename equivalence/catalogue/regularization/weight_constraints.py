"""MaxNorm, MinMaxNorm, UnitNorm, NonNeg: what weights are brought back to after each step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.by_name import by_name
from equivalence.catalogue.operations.operation_parts import axes_of
from equivalence.schema import Argument, Case, Difference, Entry, refuse_without_counterpart
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

_EPSILON = 1e-07  # keras.backend.epsilon()


def _norms(site: Site, w: Value) -> Value:
    axes = axes_of(site, w.rank)
    if axes is None:
        site.config.refuse("axis", None, "names no axes")
    dim = literal(axes[0] if len(axes) == 1 else axes)
    return site.new(f"torch.linalg.vector_norm({w}, dim={dim}, keepdim=True)", KERAS, "norms")


def emit_max_norm(site: Site) -> Value:
    """Formula: keras/src/constraints/constraints.py, MaxNorm."""
    w = site.take(site.x, KERAS)
    norms, most = _norms(site, w), literal(site.config.number("max_value"))
    return site.new(f"{w} * ({norms}.clamp(0, {most}) / ({_EPSILON} + {norms}))", KERAS, "held")


def emit_min_max_norm(site: Site) -> Value:
    """Formula: keras/src/constraints/constraints.py, MinMaxNorm: a part `rate` of the way into the interval."""
    w = site.take(site.x, KERAS)
    norms, rate = _norms(site, w), site.config.number("rate")
    least, most = (literal(site.config.number(name)) for name in ("min_value", "max_value"))
    inside = f"{norms}.clamp({least}, {most})"
    wanted = inside if rate == 1 else f"({literal(rate)} * {inside} + {literal(1 - rate)} * {norms})"
    return site.new(f"{w} * ({wanted} / ({_EPSILON} + {norms}))", KERAS, "held")


def emit_unit_norm(site: Site) -> Value:
    """Formula: keras/src/constraints/constraints.py, UnitNorm."""
    w = site.take(site.x, KERAS)
    return site.new(f"{w} / ({_EPSILON} + {_norms(site, w)})", KERAS, "held")


def emit_non_negative(site: Site) -> Value:
    return site.new(f"{site.x}.clamp(min=0)", site.x.order, "held")


_X, _IMAGES = (4, 5), (3, 2, 4, 5)
_TRAINED: dict[str, Any] = {"trial": {"as": "weight"}}  # a hundred steps, each followed by the constraint
_AXIS = Argument("axis", "dim", 0, note="of Keras's kernel; of nn.Linear's weight (out, in) it is 1, for 0")
_OTHER_AXIS = Difference(
    "axis",
    "axis counts those of Keras's kernel, (in, out) or (rows, columns, in, out): axis=0 of Dense is dim=1 of "
    "nn.Linear's weight, axis=[0, 1, 2] of Conv2D is dim=(1, 2, 3) of nn.Conv2d's.",
    case="axis-0",
    swap=(("dim=0", "dim=1"),),
)

MaxNorm = Entry(
    keras="keras.constraints.MaxNorm",
    torch=("torch.linalg.vector_norm", "torch.clamp", "torch.renorm"),
    related=("torch.renorm",),
    says="Scales weights down whose norm is above a largest one. In torch: under no_grad, after each optimizer.step().",
    emit=emit_max_norm,
    kind="constraint",
    arguments=(Argument("max_value", "maxnorm", 2), _AXIS),
    differences=(_OTHER_AXIS,),
    cases=(
        Case("axis-0", {"max_value": 1.5}, x=_X, **_TRAINED),
        Case("axis-1", {"max_value": 2.5, "axis": 1}, x=_X, **_TRAINED),
        Case("of-filters", {"max_value": 4.0, "axis": [0, 1, 2]}, x=_IMAGES, **_TRAINED),
    ),
    aliases=("keras.constraints.max_norm", "maxnorm", "max_norm", "kernel_constraint", "weight clipping"),
)
MinMaxNorm = Entry(
    keras="keras.constraints.MinMaxNorm",
    torch=("torch.linalg.vector_norm", "torch.clamp"),
    says="Scales weights whose norm is outside of an interval into it, or a part of the way.",
    emit=emit_min_max_norm,
    kind="constraint",
    arguments=(
        Argument("min_value", None, 0.0),
        Argument("max_value", None, 1.0),
        Argument("rate", None, 1.0),
        _AXIS,
    ),
    differences=(_OTHER_AXIS,),
    cases=(
        Case("axis-0", {"min_value": 1.75, "max_value": 2.0}, x=_X, **_TRAINED),
        Case("part-of-the-way", {"min_value": 1.75, "max_value": 2.0, "rate": 0.25, "axis": 1}, x=_X, **_TRAINED),
        Case("of-filters", {"min_value": 0.5, "max_value": 4.0, "axis": [0, 1, 2]}, x=_IMAGES, **_TRAINED),
    ),
    aliases=("keras.constraints.min_max_norm",),
)
UnitNorm = Entry(
    keras="keras.constraints.UnitNorm",
    torch=("torch.linalg.vector_norm", "torch.nn.functional.normalize"),
    related=("torch.nn.functional.normalize",),
    says="Divides weights by their norm.",
    emit=emit_unit_norm,
    kind="constraint",
    arguments=(_AXIS,),
    differences=(_OTHER_AXIS,),
    cases=(Case("axis-0", {}, x=_X, **_TRAINED), Case("of-filters", {"axis": [0, 1, 2]}, x=_IMAGES, **_TRAINED)),
    aliases=("keras.constraints.unit_norm", "unit norm constraint"),
)
NonNeg = Entry(
    keras="keras.constraints.NonNeg",
    torch=("torch.clamp",),
    says="Sets weights below zero to zero.",
    emit=emit_non_negative,
    kind="constraint",
    cases=(Case("matrix", {}, x=_X, **_TRAINED),),
    aliases=("keras.constraints.non_neg", "non-negative weights"),
)
Constraint = Entry(
    keras="keras.constraints.Constraint",
    torch=(),
    says="What constraints of one's own are subclasses of: called with a weight, they give what it is brought back to.",
    emit=refuse_without_counterpart,
    kind="constraint",
    aliases=("custom constraint",),
    no_counterpart="torch (2.13) holds no weight to a constraint by itself; after each optimizer.step() write "
    "`with torch.no_grad(): model.weight.copy_(constraint(model.weight))`",
)
Get, Serialize, Deserialize = by_name(
    "constraints", "a constraint", "model.weight.data.clamp_(min=0)", serialize="constraint"
)
