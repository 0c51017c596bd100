"""ops.batch_normalization, layer_normalization, rms_normalization: with statistics and scales given with the call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.normalization.normalization_parts import channelled, one_axis, several_axes, trailing
from equivalence.catalogue.operations.operation_parts import is_constant, is_tensor, operands, stored
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

_EPSILON = 1e-07  # keras.backend.epsilon()


def emit_batch_normalization(site: Site) -> Value:
    """F.batch_norm with the normalised axis at dimension 1."""
    _, *given = operands(site, "x", "mean", "variance", "offset", "scale")
    _only_floats(site)
    axis = one_axis(site, site.x)
    x, moved, channels = channelled(site, axis)
    names = ("mean", "variance", "offset", "scale")
    texts = {name: _array(site, name, item, (channels,)) for name, item in zip(names, given, strict=True)}
    if texts["mean"] is None or texts["variance"] is None:
        site.refuse("its mean or its variance is missing")
    text = call(
        "F.batch_norm",
        f"{x}{moved}",
        texts["mean"],
        texts["variance"],
        weight=texts["scale"],
        bias=texts["offset"],
        eps=site.config.number("epsilon"),
        omit={"weight": None, "bias": None, "eps": 1e-5},
    )
    return site.new(f"{text}{moved}", x.order)


def emit_layer_normalization(site: Site) -> Value:
    """F.layer_norm over the trailing dimensions."""
    _, gamma, beta = operands(site, "x", "gamma", "beta")
    site.config.only("rms_scaling", False, because="is deprecated; use rms_normalization")
    return _over_trailing(site, "F.layer_norm", {"gamma": gamma, "beta": beta})


def emit_rms_normalization(site: Site) -> Value:
    """F.rms_norm over the trailing dimensions."""
    _, scale = operands(site, "x", "scale")
    axes = several_axes(site, site.x)
    if axes != tuple(range(site.x.rank - len(axes), site.x.rank)):
        site.config.refuse("axis", site.config.value("axis"), "should be the last axes, those that the scale is for")
    return _over_trailing(site, "F.rms_norm", {"scale": scale})


def _over_trailing(site: Site, function: str, given: dict[str, Any]) -> Value:
    _only_floats(site)
    axes = several_axes(site, site.x)
    place = trailing(site, axes)
    x, text = place.value, f"{place.value}{place.there}"
    dims = [x.dim(axis) for axis in axes]
    if any(item is not None for item in given.values()) and (None in place.shape or dims != sorted(dims)):
        site.refuse(f"it scales axes of its input {x.shape} whose sizes are unknown, or that lie in another order")
    sizes = f"{text}.shape[-{len(axes)}:]" if None in place.shape else place.shape
    epsilon = _EPSILON if site.config.value("epsilon") is None else site.config.number("epsilon")
    named = dict(zip(("weight", "bias"), (_array(site, k, v, place.shape) for k, v in given.items()), strict=False))
    return site.new(
        f"{call(function, text, sizes, **named, eps=epsilon, omit={'weight': None, 'bias': None})}{place.back}", x.order
    )


def _array(site: Site, name: str, item: Any, sizes: tuple[int | None, ...]) -> str | None:
    """The text of a constant of those sizes; None for None."""
    if item is None:
        return None
    if is_tensor(item):
        if tuple(item.shape) != sizes or item.dtype != "float32" or site.entry.name == "batch_normalization":
            site.refuse(f"its {name} is a tensor of the model, of shape {item.shape}; a constant is translated")
        return f"{site.take(item, KERAS)}"
    if not is_constant(item) or not str(item.dtype).startswith("float") or _shape(item.value) != sizes:
        site.refuse(f"its {name} is no array of floats of shape {sizes}")
    return site.constant(item, name)


def _shape(nested: Any) -> tuple[int, ...]:
    return (len(nested), *_shape(nested[0])) if isinstance(nested, list) else ()


def _only_floats(site: Site) -> None:
    if not site.x.dtype.startswith("float"):
        site.refuse(f"it is called on {site.x.dtype}; floats alone are translated")


def _floats(*numbers: float) -> dict[str, Any]:
    return {"$array": list(numbers), "dtype": "float32"}


_X: dict[str, Any] = {"$input": 0}
_MEAN, _VARIANCE = _floats(0.5, -0.25, 1.0), _floats(2.0, 0.5, 1.5)
_SHIFT, _SCALE = _floats(0.125, -1.0, 2.0), _floats(1.5, -0.5, 0.75)
BatchNorm = Entry(
    keras="keras.ops.batch_normalization",
    torch=("torch.nn.functional.batch_norm",),
    says="Normalises an axis by means and variances that are given, then scales and shifts.",
    emit=emit_batch_normalization,
    kind="operation",
    arguments=(
        Argument("x", "input"),
        Argument("mean", "running_mean"),
        Argument("variance", "running_var"),
        Argument("axis", None, note="torch always normalises dimension 1: the port moves the channels there"),
        Argument("offset", "bias", None),
        Argument("scale", "weight", None),
        Argument("epsilon", "eps", 1e-3),
    ),
    differences=(
        Difference("epsilon", "Keras adds 1e-3, torch 1e-5.", case="images", swap=((", eps=0.001", ""),)),
        Difference(
            "order-of-arguments",
            "Keras takes the offset before the scale, torch the weight (scale) before the bias.",
            case="scaled",
            swap=(("weight=", "other="), ("bias=", "weight="), ("other=", "bias=")),
        ),
    ),
    cases=(
        Case("images", {"axis": -1}, x=(2, 4, 5, 3), call={"$args": [_X, _MEAN, _VARIANCE]}),
        Case(
            "scaled",
            {"axis": -1, "epsilon": 0.0625, "offset": _SHIFT, "scale": _SCALE},
            x=(2, 4, 5, 3),
            call={"$args": [_X, _MEAN, _VARIANCE]},
        ),
        Case(
            "axis-1",
            {"axis": 1, "scale": _SCALE, "offset": _SHIFT},
            x=(2, 3, 5),
            call={"$args": [_X, _MEAN, _VARIANCE]},
        ),
        Case(
            "vectors", {"axis": 1, "scale": _SCALE, "offset": _SHIFT}, x=(4, 3), call={"$args": [_X, _MEAN, _VARIANCE]}
        ),
    ),
    aliases=("keras.ops.nn.batch_normalization", "tf.nn.batch_normalization", "F.batch_norm"),
    stored=stored("BatchNorm", "nn"),
)
LayerNorm = Entry(
    keras="keras.ops.layer_normalization",
    torch=("torch.nn.functional.layer_norm",),
    says="Normalises each sample over the given axes, by their mean and variance, then scales and shifts.",
    emit=emit_layer_normalization,
    kind="operation",
    arguments=(
        Argument("x", "input"),
        Argument("gamma", "weight", None),
        Argument("beta", "bias", None),
        Argument("axis", "normalized_shape", -1, how="the sizes of those axes"),
        Argument("epsilon", "eps", None, note="None is 1e-7; torch's default is 1e-5"),
    ),
    legacy=(Argument("rms_scaling", None, False, note="deprecated; the port refuses it"),),
    differences=(
        Difference(
            "epsilon",
            "Keras adds 1e-7 to the variance unless told otherwise, torch 1e-5.",
            case="sequence",
            swap=((", eps=1e-07", ""),),
        ),
    ),
    cases=(
        Case("sequence", {}, x=(2, 5, 7)),
        Case("scaled", {"gamma": _SCALE, "beta": _SHIFT, "epsilon": 0.0625}, x=(2, 5, 4, 3)),
        Case("scaled-alone", {"gamma": _SCALE}, x=(2, 5, 3)),
        Case("axis-1", {"axis": 1}, x=(2, 5, 7, 3)),
        Case("axis-1-scaled", {"axis": 1, "gamma": _SCALE, "beta": _SHIFT}, x=(2, 3, 5)),
        Case("last-two-axes", {"axis": [-2, -1]}, x=(2, 5, 7)),
        Case("unknown-length", {"axis": [1, 2]}, x=(2, 5, 7), declared=(None, 7)),
    ),
    aliases=("keras.ops.nn.layer_normalization",),
    stored=stored("LayerNorm", "nn"),
    layout="last",
)
RMSNorm = Entry(
    keras="keras.ops.rms_normalization",
    torch=("torch.nn.functional.rms_norm",),
    says="Divides by the root mean square over the last axes, and scales.",
    emit=emit_rms_normalization,
    kind="operation",
    arguments=(
        Argument("x", "input"),
        Argument("scale", "weight", None),
        Argument("axis", "normalized_shape", -1, how="the sizes of those axes"),
        Argument("epsilon", "eps", None, note="None is 1e-7; torch's is the machine epsilon of the dtype"),
    ),
    differences=(
        Difference(
            "epsilon",
            "torch adds the machine epsilon of the dtype unless eps is given.",
            case="scaled",
            swap=((", eps=0.0625", ""),),
        ),
    ),
    cases=(
        Case("sequence", {}, x=(2, 5, 7)),
        Case("scaled", {"scale": _SCALE, "epsilon": 0.0625}, x=(2, 5, 4, 3)),
        Case("last-two-axes", {"axis": [-2, -1]}, x=(2, 5, 7)),
    ),
    aliases=("keras.ops.nn.rms_normalization",),
    stored=stored("RMSNorm", "nn"),
    layout="last",
)
