"""ops.image.affine_transform, perspective_transform: images seen through a projection of their plane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.images.images_parts import DATA_FORMAT, IMAGES
from equivalence.catalogue.operations.operation_parts import is_constant, is_tensor, operands, stored
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Image, Site, Value

#: Where a place beyond the edge is looked up, by `fill_mode` (MapCoordinate in tensorflow/core/kernels/image).
REACHES = {
    "constant": "",
    "nearest": '''
def beyond_nearest(at: Tensor, size: int) -> Tensor:
    """Beyond the edge lies the edge: d d | a b c d | d d."""
    return at.clamp(0, size - 1)
''',
    "reflect": '''
def beyond_reflected(at: Tensor, size: int) -> Tensor:
    """Beyond the edge lies the image mirrored, its edge twice: b a | a b c d | d c."""
    at = at.remainder(2 * size)
    return torch.where(at < size, at, 2 * size - 1 - at).clamp(0, size - 1)
''',
    "wrap": '''
def beyond_wrapped(at: Tensor, size: int) -> Tensor:
    """Beyond the edge the image again: c d | a b c d | a b, as TensorFlow has it between pixels."""
    turns = (at.abs() / max(size - 1, 1)).trunc()
    inside = torch.where(at > size - 1, at - size * turns, at)
    return torch.where(at < 0, at + size * (turns + 1), inside).clamp(0, size - 1)
''',
}

PROJECT = '''
def project(
    x: Tensor, a: Tensor, smooth: bool, fill: float, beyond: Callable[[Tensor, int], Tensor] | None
) -> Tensor:
    """Pixels (c, r) from ((a0, a1, a2), (a3, a4, a5)) . (c, r, 1), over (a6, a7, 1) . (c, r, 1).

    smooth: bilinear, else the nearest pixel. beyond: where a place outside is looked up instead, or
    None: `fill`.
    """
    height, width = x.shape[2:]
    a = a.to(x.device, torch.promote_types(x.dtype, torch.float32)).reshape(-1, 8, 1, 1)
    column, row = torch.arange(width).to(a), torch.arange(height).to(a)[:, None]
    scale = a[:, 6] * column + a[:, 7] * row + 1
    over = torch.where(scale == 0, 1, scale)
    across = (a[:, 0] * column + a[:, 1] * row + a[:, 2]) / over
    down = (a[:, 3] * column + a[:, 4] * row + a[:, 5]) / over
    if beyond is not None:
        across, down = beyond(across, width), beyond(down, height)

    def pixels(down: Tensor, across: Tensor) -> Tensor:
        inside = (down >= 0) & (down < height) & (across >= 0) & (across < width) & (scale != 0)
        index = down.clamp(0, height - 1).long() * width + across.clamp(0, width - 1).long()
        index = index.flatten(1)[:, None].expand(x.shape[0], x.shape[1], -1)
        return torch.where(
            inside[:, None], x.flatten(2).gather(2, index).unflatten(2, (height, width)), fill
        )

    if not smooth:
        down, across = (at.trunc() + ((at - at.trunc()) * 2).trunc() for at in (down, across))
        return pixels(down, across).to(x.dtype)
    top, left = down.floor(), across.floor()
    right, below = (across - left)[:, None].to(x), (down - top)[:, None].to(x)
    upper = (1 - right) * pixels(top, left) + right * pixels(top, left + 1)
    lower = (1 - right) * pixels(top + 1, left) + right * pixels(top + 1, left + 1)
    return (1 - below) * upper + below * lower
'''

_HOMOGRAPHY = '''
def homography(start: Tensor, end: Tensor) -> Tensor:
    """The projections (N, 8) that take four points (column, row) of `end` to those of `start`."""
    start, end = start.reshape(-1, 4, 2), end.reshape(-1, 4, 2)
    place = torch.cat([end, torch.ones_like(end[..., :1])], -1)
    zero = torch.zeros_like(place)
    across = torch.cat([place, zero, -start[..., :1] * end], -1)
    down = torch.cat([zero, place, -start[..., 1:] * end], -1)
    return torch.linalg.solve(torch.stack([across, down], 2).flatten(1, 2), start.flatten(1))
'''


def emit_affine(site: Site) -> Value:
    """A function of its own: F.grid_sample takes other coordinates and has other edges."""
    _, transform = operands(site, "images", "transform")
    image = site.images(4)
    return _projected(site, image, _plane(site, "transform", transform, (8,)), "constant", *REACHES)


def emit_perspective(site: Site) -> Value:
    """The same, by the projection that takes four points to four."""
    return _perspective(site, "start_points", "end_points")


def emit_from_start(site: Site) -> Value:
    """The naive form: the points the other way round."""
    return _perspective(site, "end_points", "start_points")


def _perspective(site: Site, *names: str) -> Value:
    given = dict(zip(("start_points", "end_points"), operands(site, "images", *names)[1:], strict=True))
    image = site.images(4)
    points = [_plane(site, name, given[name], (4, 2)) for name in names]
    return _projected(site, image, f"{site.helper(_HOMOGRAPHY)}({', '.join(points)})", "constant")


def _projected(site: Site, image: Image, transform: str, *modes: str) -> Value:
    smooth = site.config.choice("interpolation", "bilinear", "nearest") == "bilinear"
    dtype = image.value.dtype
    if smooth and not dtype.startswith("float"):
        site.refuse(f"it is called on {dtype}, between whose numbers it would have to interpolate; cast it to floats")
    fill = site.config.number("fill_value")
    mode = site.config.choice("fill_mode", *modes) if site.entry.argument("fill_mode") else "constant"
    beyond = site.helper(REACHES[mode]) if REACHES[mode] else "None"
    if not dtype.startswith("float") and not fill.is_integer():
        site.config.refuse("fill_value", fill, f"is no whole number, as its images are, {dtype}")
    project = site.helper(PROJECT)
    return site.new(call(project, f"{image}", transform, smooth, fill, beyond), image.order)


def _plane(site: Site, name: str, item: Any, sizes: tuple[int, ...]) -> str:
    """The text of an array of those sizes, or of one for each image. A tensor gets no gradient, as in TensorFlow."""
    if is_tensor(item) and tuple(item.shape)[-len(sizes) :] == sizes and item.rank <= len(sizes) + 1:
        return f"{site.take(item, KERAS)}.detach()"
    if is_constant(item):
        shape = _shape(item.value)
        if shape in (sizes, (1, *sizes)):
            return site.constant(item, name)
    site.refuse(f"its {name} should be a constant of shape {sizes}, or a tensor with one of it for each image")


def _shape(nested: Any) -> tuple[int, ...]:
    return (len(nested), *_shape(nested[0])) if isinstance(nested, list) else ()


def _floats(numbers: Any) -> dict[str, Any]:
    return {"$array": numbers, "dtype": "float32"}


_FAR = [1.8125, 0.375, -4.6875, -0.25, 2.125, -6.71875, 0.03125, 0.015625]
_SHIFT = [1.0, 0.0, 2.0, 0.0, 1.0, -1.0, 0.0, 0.0]  # by whole pixels, where TensorFlow's gradient is the true one
_BETWEEN = [1.0, 0.0, 0.3, 0.0, 1.0, -0.7, 0.0, 0.0]
_SETTINGS = (
    Argument("interpolation", None, "bilinear"),
    Argument("fill_value", None, 0, note="what lies beyond the edge"),
    DATA_FORMAT,
)
_GRADIENT = "TensorFlow's gradient of it is an interpolation of its own, not what belongs to the forward"


def _nearest(id: str, x: Any = (2, 5, 7, 3), transform: Any = _FAR, **config: Any) -> Case:
    return Case(
        id,
        {"interpolation": "nearest", **config},
        x=x,
        draw="ids:256",
        call={"$args": [{"$input": 0}, _floats(transform)]},
    )


AffineTransform = Entry(
    keras="keras.ops.image.affine_transform",
    torch=("torch.gather",),
    says="Each pixel taken from where a transform of eight numbers puts it.",
    emit=emit_affine,
    kind="operation",
    arguments=(
        IMAGES,
        Argument("transform", None, note="in pixels, of the output to the input; F.affine_grid has it from -1 to 1"),
        _SETTINGS[0],
        Argument("fill_mode", None, "constant"),
        *_SETTINGS[1:],
    ),
    cases=(
        _nearest("nearest-pixels"),
        _nearest("nearest-fill", fill_value=7),
        _nearest("nearest-edge", fill_mode="nearest"),
        _nearest("nearest-reflected", fill_mode="reflect"),
        _nearest("nearest-wrapped", fill_mode="wrap"),
        Case("nearest-one-each", {"interpolation": "nearest"}, x=[(2, 5, 7, 3), (2, 8)], draw=["ids:256", "normal"]),
        _nearest("nearest-channels-first", (2, 3, 5, 7), data_format="channels_first"),
        Case("bilinear-shift", {}, x=(2, 5, 7, 3), call={"$args": [{"$input": 0}, _floats(_SHIFT)]}),
        Case(
            "bilinear-between-pixels",
            {},
            x=(2, 5, 7, 3),
            call={"$args": [{"$input": 0}, _floats(_BETWEEN)]},
            max_rel=1e-6,
            because="TensorFlow interpolates in float32, whatever it is asked for.",
        ),
    ),
    aliases=("tf.raw_ops.ImageProjectiveTransformV3", "torchvision.transforms.v2.functional.affine"),
    stored=stored("AffineTransform", "image"),
    layout="spatial",
)
_START = [[0.0, 0.0], [6.0, 0.0], [0.0, 4.0], [6.0, 4.0]]
_END = [[0.5, -0.75], [5.0, 0.25], [-0.5, 4.5], [6.5, 3.25]]
PerspectiveTransform = Entry(
    keras="keras.ops.image.perspective_transform",
    torch=("torch.linalg.solve", "torch.gather"),
    says="Each pixel taken from where the projection puts it that takes four points to four others.",
    emit=emit_perspective,
    kind="operation",
    arguments=(IMAGES, Argument("start_points", None), Argument("end_points", None), *_SETTINGS),
    differences=(
        Difference(
            "from-end-to-start",
            "Pixels go from the start points to the end points, so the projection looks up the other way.",
            case="bilinear",
            naive=emit_from_start,
        ),
    ),
    cases=(
        Case(
            "bilinear",
            {"fill_value": 0.5},
            x=(2, 5, 7, 3),
            call={"$args": [{"$input": 0}, _floats(_START), _floats(_END)]},
            oracle="torch",
            because=_GRADIENT,
        ),
        Case(
            "nearest-pixels",
            {"interpolation": "nearest"},
            x=(2, 5, 7, 3),
            draw="ids:256",
            call={"$args": [{"$input": 0}, _floats(_START), _floats(_END)]},
        ),
        Case(
            "channels-first",
            {"data_format": "channels_first"},
            x=(2, 3, 5, 7),
            call={"$args": [{"$input": 0}, _floats(_START), _floats(_END)]},
            oracle="torch",
            because=_GRADIENT,
        ),
    ),
    aliases=("torchvision.transforms.v2.functional.perspective",),
    stored=stored("PerspectiveTransform", "image"),
    layout="spatial",
)
