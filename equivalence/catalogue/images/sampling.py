"""ops.image.map_coordinates, scale_and_translate: an array looked up between its elements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.operations.operation_parts import arguments, is_constant, is_tensor, only_floats, stored
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.order import KERAS

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

_MODES = ("constant", "nearest", "wrap", "reflect")
LOOK_UP = '''
def look_up(x: Tensor, at: Tensor, linear: bool, beyond: str, fill: float) -> Tensor:
    """x at places between its elements, a row of `at` for each axis: linear, or the nearest.

    beyond: what lies outside, the array again (wrap), mirrored (reflect), its edge (nearest), or
    `fill` (constant).
    """
    found: list[tuple[tuple[Tensor, ...], Tensor, Tensor]] = []
    for axis, place in enumerate(at.unbind(0)):
        low = place.floor() if linear else place.round()
        ends = [(low, torch.ones_like(low))]
        if linear:
            ends = [(low, 1 - (place - low)), (low + 1, place - low)]
        grown = []
        for index, weight in ends:
            size = x.shape[axis]
            index = index.long()
            if beyond == "wrap":
                index = index.remainder(size)
            elif beyond == "reflect":
                index = index.abs() % (2 * size)
                index = torch.where(index < size, index, 2 * size - 1 - index)
            inside = (index >= 0) & (index < size)
            index = index.clamp(0, size - 1)
            if axis == 0:
                grown.append(((index,), weight, inside))
            for before, product, within in found:
                grown.append(((*before, index), product * weight, within & inside))
        found = grown
    if beyond == "constant":
        return sum(weight * torch.where(inside, x[index], fill) for index, weight, inside in found)
    return sum(weight * x[index] for index, weight, inside in found)
'''
RESAMPLE = '''
def resample(
    x: Tensor, dim: int, size: int, scale: Tensor, shift: Tensor, kernel: str, smooth: bool
) -> Tensor:
    """One axis scaled and moved: `size` elements, each a weighted mean around its place in x."""
    scale, shift = scale.to(x), shift.to(x)
    place = (torch.arange(size, device=x.device, dtype=x.dtype) + 0.5 - shift) / scale - 0.5
    apart = (place - torch.arange(x.shape[dim], device=x.device, dtype=x.dtype)[:, None]).abs()
    apart = apart / (1 / scale).clamp(min=1) if smooth else apart
    if kernel == "linear":
        weight = (1 - apart).clamp(min=0)
    elif kernel == "cubic":
        near = ((1.5 * apart - 2.5) * apart) * apart + 1
        far = ((-0.5 * apart + 2.5) * apart - 4) * apart + 2
        weight = torch.where(apart >= 2, 0, torch.where(apart >= 1, far, near))
    else:
        radius = float(kernel[-1])
        window = torch.sinc(apart) * torch.sinc(apart / radius)
        weight = torch.where(apart > radius, 0, torch.where(apart > 1e-3, window, 1))
    total = weight.sum(0, keepdim=True)
    scaled = weight / torch.where(total != 0, total, 1)
    weight = torch.where(total.abs() > 1000 * 2.0**-23, scaled, 0)
    weight = torch.where((place >= -0.5) & (place <= x.shape[dim] - 0.5), weight, 0)
    return torch.tensordot(x, weight, dims=([dim], [0])).movedim(-1, dim)
'''
_KERNELS = {
    **dict.fromkeys(("linear", "bilinear", "trilinear", "triangle"), "linear"),
    **dict.fromkeys(("cubic", "bicubic", "tricubic"), "cubic"),
    "lanczos3": "lanczos3",
    "lanczos5": "lanczos5",
}


def emit_map_coordinates(site: Site) -> Value:
    """A helper that looks up the corners around each place, as many as the axes have."""
    only_floats(site)
    x, at = arguments(site, "inputs", "coordinates")
    order = site.config.integer("order", minimum=0)
    mode = site.config.choice("fill_mode", *_MODES)
    fill = site.config.number("fill_value")
    if order not in (0, 1):
        site.config.refuse("order", order, "should be 0 or 1")
    site.helper(LOOK_UP)
    text = _tensor(site, at, "coordinates")
    return site.new(f"look_up({site.take(x, KERAS)}, {text}, {order == 1}, {mode!r}, {fill!r})", KERAS)


def emit_scale_and_translate(site: Site) -> Value:
    """A helper that makes the weights of one axis, called for each."""
    only_floats(site)
    x, shape, scale, translation = arguments(site, "images", "output_shape", "scale", "translation")
    kernel = _KERNELS[site.config.choice("method", *_KERNELS)]
    smooth = site.config.flag("antialias")
    dims = site.config.value("spatial_dims")
    sizes = list(shape) if isinstance(shape, (list, tuple)) else []
    if len(sizes) != x.rank or not all(isinstance(size, int) for size in sizes[1:]):
        site.refuse(f"its output_shape {shape!r:.60} should state the size of each axis")
    if not isinstance(dims, (list, tuple)) or not all(isinstance(d, int) and d % x.rank > 0 for d in dims):
        site.config.refuse("spatial_dims", dims, "should be axes behind the batch")
    site.helper(RESAMPLE)
    scales, shifts = _tensor(site, scale, "scale"), _tensor(site, translation, "translation")
    made = site.take(x, KERAS)
    for index, dim in enumerate(d % x.rank for d in dims):
        given = f"{made}, {dim}, {sizes[dim]}, {scales}[{index}], {shifts}[{index}], {kernel!r}, {smooth}"
        made = site.new(f"resample({given})", KERAS)
    return made


def _tensor(site: Site, given: Any, name: str) -> str:
    if is_tensor(given):
        return f"{site.take(given, KERAS)}"
    if not is_constant(given):
        site.refuse(f"its {name} is neither a tensor nor an array")
    return site.constant(given, name)


def _at(*rows: list[float]) -> dict[str, Any]:
    return {"$args": [{"$input": 0}, {"$array": [*rows], "dtype": "float32"}]}


_PLACES = _at([0.25, 1.5, 3.0, -0.75, 2.0], [4.5, 0.75, -1.25, 2.5, 6.25])
MapCoordinates = Entry(
    keras="keras.ops.image.map_coordinates",
    torch=("torch.where",),
    says="An array at places between its elements, which are given for each axis.",
    emit=emit_map_coordinates,
    kind="operation",
    arguments=(
        Argument("inputs", "x"),
        Argument("coordinates", "at"),
        Argument("order", "linear", note="0: the nearest element, 1: between elements linearly"),
        Argument("fill_mode", None, "constant", note="mirror, which looks beyond the end in Keras, is refused"),
        Argument("fill_value", "fill", 0),
    ),
    differences=(
        Difference(
            "pixels-not-fractions",
            "Coordinates count elements from 0; F.grid_sample wants them from -1 to 1, x before y. Taken from the "
            "middle of elements, they are half an element off.",
            case="linear",
            swap=(("look_up({x}, self.", "look_up({x}, 0.5 + self."),),
        ),
    ),
    cases=(
        Case("linear", {"order": 1}, x=(4, 6), call=_PLACES),
        Case("nearest-element", {"order": 0, "fill_value": 2.5}, x=(4, 6), call=_PLACES),
        Case("edge", {"order": 1, "fill_mode": "nearest"}, x=(4, 6), call=_PLACES),
        Case("reflected", {"order": 1, "fill_mode": "reflect"}, x=(4, 6), call=_PLACES),
        Case("again", {"order": 1, "fill_mode": "wrap"}, x=(4, 6), call=_PLACES),
    ),
    aliases=("scipy.ndimage.map_coordinates", "keras.ops.map_coordinates"),
    stored=stored("MapCoordinates", "image"),
)


def _moved(*sizes: int) -> dict[str, Any]:
    scale, shift = {"$array": [1.5, 0.75], "dtype": "float32"}, {"$array": [0.5, -1.0], "dtype": "float32"}
    return {"$args": [{"$input": 0}, [*sizes], scale, shift]}


def _case(method: str, **more: Any) -> Case:
    config = {"spatial_dims": [1, 2], "method": method, **more}
    return Case(f"{method}{''.join(f'-{key}' for key in more)}", config, x=(2, 5, 6, 3), call=_moved(2, 7, 5, 3))


ScaleAndTranslate = Entry(
    keras="keras.ops.image.scale_and_translate",
    torch=("torch.tensordot",),
    says="Images scaled and moved along their axes, each by a factor and a shift of its own.",
    emit=emit_scale_and_translate,
    kind="operation",
    arguments=(
        Argument("images", "x"),
        Argument("output_shape", "size", note="of every axis"),
        Argument("scale", "scale"),
        Argument("translation", "shift"),
        Argument("spatial_dims", "dim"),
        Argument("method", "kernel"),
        Argument("antialias", "smooth", True),
    ),
    cases=(_case("linear"), _case("cubic", antialias=False), _case("lanczos3"), _case("lanczos5")),
    aliases=("jax.image.scale_and_translate",),
    stored=stored("ScaleAndTranslate", "image"),
)
