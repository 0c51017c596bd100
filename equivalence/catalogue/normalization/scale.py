"""RMSNormalization and UnitNormalization: division by a norm, without centring."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.normalization.normalization_parts import several_axes, trailing
from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Defect, Difference, Entry, Weight
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


#: The scale beside its formula: a parameter of its own.
_SCALE = (Weight("scale", ""),)


def emit_rms_normalization(site: Site) -> Value:
    """nn.RMSNorm over the trailing dimensions; over others its formula."""
    axes = several_axes(site, site.x)
    if axes != tuple(range(site.x.rank - len(axes), site.x.rank)):
        return _over_other_axes(site, axes)
    place = trailing(site, axes)
    if None in place.shape:
        site.refuse(f"it normalises axes of its input {place.value.shape} whose sizes are unknown")
    shape = place.shape if len(place.shape) > 1 else place.shape[0]
    norm = site.module(call("nn.RMSNorm", shape, eps=site.config.number("epsilon")), weights=place.weights)
    return site.new(f"{norm}({place.value})", place.value.order)


def _over_other_axes(site: Site, axes: tuple[int, ...]) -> Value:
    """x * rsqrt(mean(x²) + epsilon) * scale, where the scale has the sizes of `axes` and is that of the last ones.

    keras/src/ops/nn.py, _rms_normalization: it broadcasts, whichever axes are normalised.
    Raises Refused where it does not, and Keras cannot run.
    """
    x = site.take(site.x, KERAS)
    sizes = tuple(x.shape[axis] for axis in axes)
    if any(size != 1 and size != last for size, last in zip(sizes, x.shape[-len(axes) :], strict=True)):
        what = f"should be the last axes of its input {x.shape}, or as large: Keras scales the last ones by {sizes}"
        site.config.refuse("axis", site.config.value("axis"), what)
    scale = site.module(f"nn.Parameter({call('torch.ones', *sizes)})", "scale", weights=_SCALE)
    mean = call(f"{x}.square().mean", dim=axes if len(axes) > 1 else axes[0], keepdim=True)
    return site.new(f"{x} * torch.rsqrt({mean} + {site.config.number('epsilon')!r}) * {scale}", KERAS)


def emit_unit_normalization(site: Site) -> Value:
    """F.normalize over the given axes, in whatever order the tensor lies."""
    x = site.x
    if not x.dtype.startswith("float"):
        site.refuse(f"it is called on {x.dtype}; floats alone are translated")
    dims = tuple(sorted(x.dim(axis) for axis in several_axes(site, x)))
    return site.new(call("F.normalize", f"{x}", dim=dims if len(dims) > 1 else dims[0], omit={"dim": 1}), x.order)


RMSNormalization = Entry(
    keras="keras.layers.RMSNormalization",
    since="3.9",
    torch=("torch.nn.RMSNorm",),
    says="Divides by the root mean square over the last axis, or those given, and scales the last.",
    arguments=(
        Argument("axis", "normalized_shape", -1, how="the sizes of those axes"),
        Argument("epsilon", "eps", 1e-6),
        *LAYER_ARGUMENTS,
    ),
    weights=(Weight("scale", "weight"),),
    defects=(
        Defect(
            "other-axes",
            "Over axes that are not the last, the last ones are normalised all the same.",
            Case("other-axes", {"axis": 1}, x=(2, 5, 5)),
            backend="torch",
        ),
    ),
    differences=(
        Difference(
            "epsilon",
            "torch adds the machine epsilon of the dtype unless eps is given, Keras its epsilon, 1e-6 by default.",
            case="epsilon",
            swap=((", eps=0.0009765625", ""),),
        ),
    ),
    cases=(
        Case("defaults", {}, x=(4, 6)),
        Case("epsilon", {"epsilon": 2**-10}, x=(2, 5, 7)),
        Case("image", {}, x=(2, 5, 7, 3)),
        Case("last-two-axes", {"axis": [-2, -1]}, x=(2, 5, 7)),
        Case("unknown-length", {}, x=(2, 5, 7), declared=(None, 7)),
        Case("axis-before-the-last", {"axis": 1}, x=(2, 5, 5)),
        Case("two-axes-of-three", {"axis": [1, 2]}, x=(2, 4, 4, 4)),
    ),
    aliases=("RMSNorm", "rms_norm", "F.rms_norm"),
    emit=emit_rms_normalization,
    layout="last",
)

UnitNormalization = Entry(
    keras="keras.layers.UnitNormalization",
    since="2.9",
    torch=("torch.nn.functional.normalize",),
    says="Divides by the Euclidean norm over the given axes.",
    arguments=(
        Argument("axis", "dim", -1, note="Keras's default is the last axis, torch's dimension 1"),
        *LAYER_ARGUMENTS,
    ),
    differences=(
        Difference(
            "axis",
            "Keras normalises the last axis by default, F.normalize dimension 1.",
            case="sequence",
            swap=((", dim=2", ""),),
        ),
    ),
    cases=(
        Case("defaults", {}, x=(4, 6)),
        Case("sequence", {}, x=(2, 5, 7)),
        Case("axis-1", {"axis": 1}, x=(2, 5, 7)),
        Case("two-axes", {"axis": [1, 3]}, x=(2, 5, 7, 3)),
    ),
    aliases=("L2Normalization", "L2Normalize", "F.normalize", "tf.math.l2_normalize"),
    emit=emit_unit_normalization,
    mask="inherit",
)
