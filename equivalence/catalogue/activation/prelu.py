"""PReLU."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.activation.activation_parts import unflattened
from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Difference, Entry, Weight
from equivalence.translation.order import axes

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_prelu(site: Site) -> Value:
    """nn.PReLU where the slopes belong to torch's channels, else a parameter that broadcasts."""
    x = unflattened(site)
    if site.layer.unsaved:
        slope = _first_slope(site)
        return site.new(f"F.leaky_relu({x}, {slope!r})" if slope else f"F.relu({x})", x.order)
    shape = _slopes_shape(site, x)
    if not shape or any(size != 1 for size in shape[1:]):
        return site.new(f"torch.where({x} > 0, {x}, {_parameter(site, x, shape)} * {x})", x.order)
    names = " ".join(f"a{axis}" for axis in range(1, x.rank))
    weights = (Weight("alpha", "weight", f"{names} -> ({names})"),) if x.rank > 2 else None
    return site.new(f"{site.module(f'nn.PReLU({shape[0]})', weights=weights)}({x})", x.order)


def _first_slope(site: Site) -> float:
    """The slope that all elements start with. Raises Refused where they start at random."""
    site.config.value("shared_axes")
    stated = site.layer.config.get("alpha_initializer") or "zeros"
    name = str(stated.get("class_name") if isinstance(stated, dict) else stated).lower()
    given = stated.get("config") if isinstance(stated, dict) else None
    value = {"zeros": 0.0, "ones": 1.0}.get(name, given.get("value") if isinstance(given, dict) else None)
    if name not in ("zeros", "ones", "constant") or not isinstance(value, (int, float)):
        site.refuse(f"its slopes start as {name!r:.40} says and are saved nowhere: it is another layer's activation")
    return float(value)


def _slopes_shape(site: Site, x: Value) -> tuple[int, ...]:
    """The shape of Keras's slopes in the order `x` lies: that of `x` without batch, shared axes 1."""
    shared = site.config.value("shared_axes")
    listed = [] if shared is None else shared if isinstance(shared, (list, tuple)) else [shared]
    for axis in listed:
        if isinstance(axis, bool) or not isinstance(axis, int) or not 0 < axis < x.rank:
            site.config.refuse("shared_axes", shared, f"holds {axis!r:.20}, no axis of an input of shape {x.shape}")
    shape = []
    for axis in axes(x.order, x.rank)[1:]:
        size = 1 if axis in listed else x.shape[axis]
        if size is None:
            site.refuse(f"axis {axis} of its input {x.shape} is of unknown size, and it has a slope for each element")
        shape.append(size)
    return tuple(shape)


def _parameter(site: Site, x: Value, shape: tuple[int, ...]) -> str:
    """The slopes as a parameter of the module, in the order `x` lies."""
    held = " ".join(f"a{axis}" for axis in axes(x.order, x.rank)[1:])
    keras = " ".join(f"a{axis}" for axis in range(1, x.rank))
    weight = Weight("alpha", "", "" if held == keras else f"{keras} -> {held}")
    return site.module(f"nn.Parameter(torch.zeros{shape or '(())'})", weights=(weight,))


def emit_one_slope(site: Site) -> Value:
    """The naive form: one slope for all elements, as nn.PReLU() has."""
    slopes = _parameter(site, site.x, _slopes_shape(site, site.x))
    return site.new(f"F.prelu({site.x}, {slopes}.flatten()[:1])", site.x.order)


PReLU = Entry(
    keras="keras.layers.PReLU",
    torch=("torch.nn.PReLU", "torch.nn.functional.prelu", "torch.where"),
    says="x where it is positive, elsewhere x times a learned slope: one for each element, or shared over axes.",
    arguments=(
        Argument("alpha_initializer", "init", "Zeros", inert=True, note="torch starts at 0.25"),
        Argument("alpha_regularizer", None, None, inert=True, note="adds to the loss, not to the output"),
        Argument("alpha_constraint", None, None, inert=True, note="acts in Keras's training step"),
        Argument(
            "shared_axes", "num_parameters", None, note="all axes but the channels: nn.PReLU(C); else a parameter"
        ),
        *LAYER_ARGUMENTS,
    ),
    weights=(Weight("alpha", "weight"),),
    differences=(
        Difference(
            "prelu-shape",
            "Keras learns a slope for each element of the input, nn.PReLU() a single one; nn.PReLU(C), one for each "
            "channel, is Keras's shared_axes over all axes but the channels.",
            case="image",
            naive=emit_one_slope,
        ),
    ),
    cases=(
        Case("defaults", {}, x=(3, 7)),
        Case("image", {}, x=(2, 3, 5, 4)),
        Case("shared-axes", {"shared_axes": [1, 2]}, x=(2, 3, 5, 4)),
        Case("one-shared-axis", {"shared_axes": 2}, x=(2, 3, 5, 4)),
        Case("channels-first", {"shared_axes": [2, 3]}, x=(2, 3, 5, 4)),
        Case("all-shared", {"shared_axes": [1, 2]}, x=(4, 3, 5)),
        Case("numbers", {}, x=(5,)),
        Case("unknown-sizes", {"shared_axes": [1, 2]}, x=(2, 3, 5, 4), declared=(None, None, 4)),
    ),
    emit=emit_prelu,
    mask="inherit",
)
