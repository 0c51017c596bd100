"""Images of a given size as Keras on TensorFlow interpolates them, in torch: F.interpolate, or weights of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.translation.python_text import call, squeeze

if TYPE_CHECKING:
    from equivalence.translation.call_site import Image, Site, Value

#: TensorFlow has "area" too, without gradients, so that nothing proves a translation of it.
METHODS = ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5")

#: Sizes up to which float32 tells every position between two pixels from the next.
_FLOAT32_POSITIONS = 2**22

_NEAREST = '''
def resize_nearest(x: Tensor, height: int, width: int) -> Tensor:
    """TensorFlow's nearest pixels: where the centre of each lies, in float32, rounded down."""
    for axis, target in ((2, height), (3, width)):
        at = (torch.arange(target, device=x.device).float() + 0.5) * (x.shape[axis] / target)
        x = x.index_select(axis, at.long().clamp(max=x.shape[axis] - 1))
    return x
'''

_BY_WEIGHTS = '''
def resize_by(x: Tensor, height: int, width: int, weights: Callable[[int, int], Tensor]) -> Tensor:
    """The image times a matrix along each axis, (target, size), of which each row sums to 1."""
    for axis, target in ((2, height), (3, width)):
        rows = weights(x.shape[axis], target)
        rows = (rows / rows.sum(1, keepdim=True)).to(x)
        x = (x.movedim(axis, -1) @ rows.T).movedim(-1, axis)
    return x
'''

_BICUBIC = '''
def bicubic_weights(size: int, target: int) -> Tensor:
    """TensorFlow's cubic: a = -0.5, at places in 1/1024 of a pixel, nothing from beyond edges."""
    at = ((torch.arange(target).float() + 0.5) * (size / target) - 0.5).double()
    at = at.floor() + torch.round((at - at.floor()) * 1024) / 1024
    d = (at[:, None] - torch.arange(size)).abs()
    far = ((2.5 - 0.5 * d) * d - 4) * d + 2
    return torch.where(d < 1, (1.5 * d - 2.5) * d * d + 1, torch.where(d < 2, far, 0))
'''

_LANCZOS = '''
def lanczos3_weights(size: int, target: int) -> Tensor:
    """The Lanczos kernel of radius 3 around the centre of each pixel of the target."""
    at = (torch.arange(target).double() + 0.5) * size / target - 0.5
    d = (at[:, None] - torch.arange(size)).abs()
    return torch.where(d < 3, torch.sinc(d) * torch.sinc(d / 3), 0)
'''


def interpolated(site: Site, image: Image, size: tuple[int, int], method: str, antialias: bool) -> Value:
    """The image in `size`, (height, width). Raises Refused for whole numbers that would have to be rounded."""
    dtype = image.value.dtype
    if not dtype.startswith("float"):
        if method != "nearest" or not dtype.startswith(("int", "uint")):
            site.refuse(f"it is called on {dtype}, of which it would have to round {method} means; cast it to floats")
        whole = site.new(f"{image}.to(torch.float32)", image.order)
        return site.new(f"{_text(site, f'{whole}', image, size, method, antialias)}.to(torch.{dtype})", image.order)
    return site.new(_text(site, f"{image}", image, size, method, antialias), image.order)


def _text(site: Site, x: str, image: Image, size: tuple[int, int], method: str, antialias: bool) -> str:
    mode, smooth = _torch_mode(image.sizes, size, method, antialias)
    if mode:
        options = {"mode": repr(mode), "antialias": smooth}
        return call("F.interpolate", x, size=squeeze(size), **options, omit={"antialias": False})
    if method == "nearest":
        return call(site.helper(_NEAREST), x, *size)
    if method == "bicubic":
        return bicubic(site, x, *map(str, size))
    weights = site.helper(_lanczos(method[-1], antialias))
    return call(site.helper(_BY_WEIGHTS), x, *size, weights)


def bicubic(site: Site, x: str, height: str, width: str) -> str:
    """The text of TensorFlow's bicubic, with its table of coefficients, into a size that is itself a text."""
    weights = site.helper(_BICUBIC)
    return call(site.helper(_BY_WEIGHTS), x, height, width, weights)


def _lanczos(radius: str, antialias: bool) -> str:
    source = _LANCZOS.replace("3", radius)
    if not antialias:
        return source
    source = source.replace("_weights", "_smoothing_weights").replace("target.", "target, wider where it shrinks.")
    return source.replace("size)).abs()", "size)).abs() / max(size / target, 1)")


def _torch_mode(
    sizes: tuple[int | None, ...], target: tuple[int, int], method: str, antialias: bool
) -> tuple[str | None, bool]:
    """F.interpolate's `mode` and `antialias` that give the same numbers; None where none does, whatever the sizes."""
    known = [(n, m) for n, m in zip(sizes, target, strict=True) if n is not None]
    if method == "bilinear":
        return "bilinear", antialias
    if method == "bicubic" and (antialias or (len(known) == 2 and all(doubled(n, m) for n, m in known))):
        # with antialias torch's cubic has Keras's a = -0.5 and leaves out what lies beyond the edge; it smooths
        # nothing when enlarging, and when it enlarges by a power of 2 TensorFlow's table of coefficients is exact
        return "bicubic", True
    if method == "nearest" and len(known) == 2 and all(_unambiguous(n, m) for n, m in known):
        return "nearest-exact", False
    return None, False


def doubled(size: int, target: int) -> bool:
    """Whether a side becomes longer by a power of 2 for which TensorFlow's table of coefficients is exact."""
    factor, rest = divmod(target, size)
    return not rest and factor <= 512 and factor.bit_count() == 1


def _unambiguous(size: int, target: int) -> bool:
    """Whether rounding cannot move a pixel's centre over an edge: it lies on one only if `size` has more twos."""
    if size * target >= _FLOAT32_POSITIONS:
        return False
    return size % target == 0 or (size & -size) <= (target & -target)
