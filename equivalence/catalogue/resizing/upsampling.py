"""UpSampling1D, UpSampling2D, UpSampling3D."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from equivalence.catalogue.resizing.interpolation import bicubic, doubled
from equivalence.catalogue.resizing.resizing_parts import DATA_FORMAT, spatial_axes
from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Difference, Entry
from equivalence.translation.python_text import call, squeeze

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

#: Up to this factor mode="nearest" repeats each element exactly. It computes index / factor with a float32
#: reciprocal, which is too small for 41: the last copies would come from the element before.
_NEAREST = 40

_TORCH = "Keras on TensorFlow resizes in float32 whatever the dtype"


def emit_repeat(site: Site) -> Value:
    """Each step `size` times, in whichever order the input lies."""
    (axis,) = spatial_axes(site, 1)
    repeats = site.config.integer("size")
    return site.new(f"{site.x}.repeat_interleave({repeats}, dim={axis})", site.x.order)


def emit_upsampling(site: Site) -> Value:
    """F.interpolate with channels first."""
    dims = int(site.entry.name[-2])
    image, size = site.images(dims + 2), site.config.integers("size", dims)
    mode = _interpolation(site) if dims == 2 else "nearest"
    if not site.x.dtype.startswith("float"):  # which torch interpolates not
        if mode != "nearest":
            site.refuse(f"it is called on {site.x.dtype}, between which it interpolates; cast it before")
        repeated = "".join(f".repeat_interleave({times}, dim={2 + axis})" for axis, times in enumerate(size))
        return site.new(f"{image}{repeated}", image.order)
    if mode == "nearest" and max(size) > _NEAREST:
        mode = "nearest-exact"
    if mode == "bicubic" and not all(doubled(1, factor) for factor in size):
        times = [f" * {factor}" if factor > 1 else "" for factor in size]
        height, width = (f"{image}.shape[{axis}]{more}" for axis, more in zip((2, 3), times, strict=True))
        return site.new(bicubic(site, f"{image}", height, width), image.order)
    # torch's plain bicubic has a = -0.75 and repeats the edge; with antialias it has Keras's -0.5 and leaves out
    # what lies beyond the edge, as TensorFlow does, and smooths nothing when enlarging
    options = {"mode": repr(mode), "antialias": mode == "bicubic"}
    factor = squeeze(size)
    text = call(
        "F.interpolate", f"{image}", scale_factor=factor, **options, omit={"mode": "'nearest'", "antialias": False}
    )
    return site.new(text, image.order)


def _interpolation(site: Site) -> str:
    """The interpolation, where it means what it meant to the Keras that wrote the file.

    Bilinear is measured from pixel centres since Keras 2.4, tf.keras since 2.3.0-tf (2.2.4-tf came with
    TensorFlow 1.13 to 2.1, some of which did); before that from the corner (tf.image.resize_bilinear).
    """
    mode = site.config.choice("interpolation", "nearest", "bilinear", "bicubic")
    written = tuple(int(number) for number in re.findall(r"\d+", site.keras_version)[:2])
    if mode == "bilinear" and written and written < ((2, 3) if "tf" in site.keras_version else (2, 4)):
        site.refuse(
            f"Keras {site.keras_version} may have interpolated from pixel corners, today's from their centres: "
            "load it in Keras 3, and if the outputs are right there, save it again"
        )
    return mode


def _repeated(case: str, old: str, new: str) -> Difference:
    return Difference(
        "repeat",
        "Keras repeats each element in place; torch's Tensor.repeat lays copies of the whole tensor side by side, in "
        "the same shape.",
        case=case,
        swap=((old, new),),
    )


UpSampling1D = Entry(
    keras="keras.layers.UpSampling1D",
    torch=("torch.repeat_interleave", "torch.nn.Upsample"),
    related=("torch.nn.Upsample",),
    says="Repeats each step of a sequence.",
    arguments=(Argument("size", "repeats", 2), *LAYER_ARGUMENTS),
    differences=(_repeated("three-unknown-length", "{x}.repeat_interleave(3, dim=1)", "{x}.repeat(1, 3, 1)"),),
    cases=(
        Case("defaults", {}, x=(2, 5, 3)),
        Case("three-unknown-length", {"size": 3}, x=(2, 5, 4), declared=(None, 4)),
    ),
    aliases=("repeat elements", "upsample1d"),
    emit=emit_repeat,
    linear=True,
)

UpSampling2D = Entry(
    keras="keras.layers.UpSampling2D",
    torch=("torch.nn.functional.interpolate", "torch.nn.Upsample", "torch.nn.UpsamplingNearest2d"),
    related=("torch.nn.Upsample", "torch.nn.UpsamplingNearest2d"),
    says="Enlarges an image by whole factors, repeating pixels or interpolating between them.",
    arguments=(
        Argument("size", "scale_factor", (2, 2)),
        DATA_FORMAT,
        Argument(
            "interpolation",
            "mode",
            "nearest",
            note="bicubic is Keras's on TensorFlow and JAX (a = -0.5); Keras on torch has a = -0.75",
            since="2.3",
        ),
        *LAYER_ARGUMENTS,
    ),
    differences=(
        _repeated("three-by-two", "F.interpolate({x}, scale_factor=(3, 2))", "{x}.repeat(1, 1, 3, 2)"),
        Difference(
            "half-pixel-centres",
            "Keras interpolates between pixel centres, which is align_corners=False (or leaving it out).",
            case="bilinear",
            swap=(("mode='bilinear'", "mode='bilinear', align_corners=True"),),
        ),
        Difference(
            "bicubic-coefficient",
            "Keras's cubic has a = -0.5 and leaves out what lies beyond the edge; torch's has -0.75 and repeats the "
            "edge, unless antialias=True.",
            case="bicubic",
            swap=((", antialias=True", ""),),
        ),
    ),
    cases=(
        Case("defaults", {}, x=(2, 3, 5, 4)),
        Case("three-by-two", {"size": (3, 2)}, x=(2, 4, 5, 3), declared=(None, None, 3)),
        Case("bilinear", {"interpolation": "bilinear"}, x=(2, 4, 5, 3), oracle="torch", because=_TORCH),
        Case(
            "bilinear-three-by-two",
            {"size": (3, 2), "interpolation": "bilinear"},
            x=(2, 4, 5, 3),
            declared=(None, None, 3),
            oracle="torch",
            because=_TORCH,
        ),
        Case("bicubic", {"size": (2, 4), "interpolation": "bicubic"}, x=(2, 4, 5, 3), max_rel=1e-5, because=_TORCH),
        Case(
            "bicubic-threefold",
            {"size": (3, 1), "interpolation": "bicubic"},
            x=(2, 4, 5, 3),
            declared=(None, None, 3),
            max_rel=1e-5,
            because=_TORCH,
        ),
        Case("above-forty", {"size": (41, 1)}, x=(2, 4, 3, 5)),
        Case("channels-first", {"size": (1, 2), "data_format": "channels_first"}, x=(2, 3, 4, 5)),
        Case("whole-numbers", {"size": (3, 2)}, x=(2, 4, 5, 3), draw="ids:9"),
    ),
    aliases=("upsample2d", "upsampling 2d"),
    emit=emit_upsampling,
    layout="spatial",
)

UpSampling3D = Entry(
    keras="keras.layers.UpSampling3D",
    torch=("torch.nn.functional.interpolate", "torch.nn.Upsample"),
    related=("torch.nn.Upsample",),
    says="Repeats the elements of a volume along each axis.",
    arguments=(Argument("size", "scale_factor", (2, 2, 2)), DATA_FORMAT, *LAYER_ARGUMENTS),
    differences=(
        _repeated("one-two-three", "F.interpolate({x}, scale_factor=(1, 2, 3))", "{x}.repeat(1, 1, 1, 2, 3)"),
    ),
    cases=(
        Case("defaults", {}, x=(2, 3, 4, 5, 2)),
        Case("one-two-three", {"size": (1, 2, 3)}, x=(2, 3, 4, 5, 2), declared=(None, None, 5, 2)),
        Case("channels-first", {"size": (2, 1, 3), "data_format": "channels_first"}, x=(2, 3, 4, 5, 6)),
        Case("whole-numbers", {"size": (1, 2, 3)}, x=(2, 3, 4, 5, 2), draw="ids:9"),
    ),
    aliases=("upsample3d", "upsampling 3d"),
    emit=emit_upsampling,
    layout="spatial",
    linear=True,
)
