"""Normalization."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Difference, Entry, Weight
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

#: Keras's epsilon: a standard deviation is at least this.
SMALLEST = 1e-7

_STATISTICS = '''
class {name}(nn.Module):
    """{says}, of what Keras's Normalization was adapted to."""

    def __init__(self, *shape: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(shape))
        self.register_buffer("variance", torch.ones(shape))
        self.register_buffer("count", torch.zeros((), dtype=torch.int32))  # kept, never used

    def forward(self, x: Tensor) -> Tensor:
        return {formula}
'''
ADAPTED = _STATISTICS.format(
    name="AdaptedNormalization",
    says="(x - mean) / standard deviation",
    formula="(x - self.mean) / self.variance.sqrt().clamp(min=1e-7)",
)
INVERTED = _STATISTICS.format(
    name="InvertedNormalization",
    says="mean + x * standard deviation",
    formula="self.mean + x * self.variance.sqrt().clamp(min=1e-7)",
)
BY_VARIANCE = ADAPTED.replace(".sqrt().clamp(min=1e-7)", "")


def emit_normalization(site: Site) -> Value:
    """(x - mean) / std with given numbers, or a module that holds those found by adapt()."""
    mean, variance = site.config.value("mean"), site.config.value("variance")
    if mean is None and variance is None:
        return _adapted(site, INVERTED if site.config.flag("invert") else ADAPTED)
    kept = _kept(site, site.x)
    means, variances = _numbers(site, "mean", mean), _numbers(site, "variance", variance)
    if _shape(means) != _shape(variances):
        site.refuse(f"its mean and its variance have different shapes, {_shape(means)} and {_shape(variances)}")
    x = site.take(site.x, KERAS) if isinstance(site.x.order, tuple) or len(_shape(means) or ()) > 1 else site.x
    shift, scale = _text(site, x, kept, means, "mean"), _deviation(site, x, kept, variances)
    if site.config.flag("invert"):
        return site.new(f"{shift} + {x} * {scale}", x.order)
    return site.new(f"({x} - {shift}) / {scale}", x.order)


def _adapted(site: Site, helper: str) -> Value:
    """A module with buffers of a shape that broadcasts, in whatever order the input lies."""
    x = site.take(site.x, KERAS) if isinstance(site.x.order, tuple) else site.x
    kept = _kept(site, x)
    dims = sorted((x.dim(axis), axis) for axis in kept)
    first = dims[0][0] if dims else x.rank
    by_dim = dict(dims)
    sizes = [x.shape[by_dim[dim]] if dim in by_dim else 1 for dim in range(first, x.rank)]
    if None in sizes:
        site.refuse(f"an axis of its input {x.shape} that has statistics of its own has no known size")
    held = " ".join(f"a{axis}" for axis in kept)
    lying = " ".join(f"a{by_dim[dim]}" if dim in by_dim else "1" for dim in range(first, x.rank))
    how = "" if held == lying else f"{held} -> {lying}"
    weights = [weight._replace(how="" if weight.keras == "count" else how) for weight in site.weights]
    name = site.helper(helper)
    module = site.module(f"{name}({', '.join(map(str, sizes))})", weights=weights)
    return site.new(f"{module}({x})", x.order)


def _kept(site: Site, x: Value) -> list[int]:
    """The axes that have statistics of their own, ascending; None means one for all."""
    value = site.config.value("axis")
    listed = [] if value is None else list(value) if isinstance(value, (list, tuple)) else [value]
    if not all(isinstance(axis, int) and not isinstance(axis, bool) and -x.rank <= axis < x.rank for axis in listed):
        site.config.refuse("axis", value, f"should name axes of a tensor of {x.rank}")
    kept = sorted(axis % x.rank for axis in listed)
    if len(set(kept)) < len(kept) or 0 in kept:
        site.config.refuse("axis", value, "should name different axes, and not that of the batch")
    return kept


def _numbers(site: Site, name: str, value: Any) -> Any:
    """A finite number, or nested lists of them; NumPy arrays come as Keras serialises them."""
    if isinstance(value, dict) and isinstance(value.get("config"), dict):
        value = value["config"].get("value")
    flat = [value]
    while any(isinstance(item, list) for item in flat):
        flat = [inner for item in flat for inner in (item if isinstance(item, list) else [item])]
    for number in flat:
        if isinstance(number, bool) or not isinstance(number, (int, float)) or not math.isfinite(number):
            site.config.refuse(name, value, "should be a finite number, or lists of them")
    if _shape(value) is None:
        site.config.refuse(name, value, "should be lists of equal length")
    return value


def _shape(value: Any) -> tuple[int, ...] | None:
    """The sizes of nested lists; None where they are ragged or empty."""
    if not isinstance(value, list):
        return ()
    inner = {_shape(item) for item in value}
    if len(inner) != 1 or None in inner:
        return None
    return (len(value), *(inner.pop() or ()))


def _deviation(site: Site, x: Value, kept: list[int], variance: Any) -> str:
    if isinstance(variance, list):
        return f"{_text(site, x, kept, variance, 'variance')}.sqrt().clamp(min={SMALLEST})"
    if variance < 0:
        site.config.refuse("variance", variance, "is below 0")
    return literal(max(math.sqrt(variance), SMALLEST))


def _text(site: Site, x: Value, kept: list[int], numbers: Any, name: str) -> str:
    """A number, or a buffer whose axes are the last of those kept, as the input lies."""
    sizes = _shape(numbers) or ()
    if len(sizes) > len(kept) or any(
        size not in (1, x.shape[axis]) for size, axis in zip(reversed(sizes), reversed(kept), strict=False)
    ):
        site.config.refuse(name, numbers, f"does not fit the axes {kept} of its input {x.shape}")
    if not sizes:
        return literal(float(numbers))
    from equivalence.translation.graph import Constant  # not above: a lookup needs no graph

    dims = [x.dim(axis) for axis in kept[-len(sizes) :]]
    return site.constant(Constant(_spread(numbers, dims, min(dims), x.rank), "float32"), name)


def _spread(numbers: Any, dims: list[int], dim: int, rank: int) -> Any:
    """Nested lists with an axis of size 1 for each dimension from `dim` that is not among `dims`."""
    if dim == rank:
        return float(numbers)
    if dim in dims:
        return [_spread(item, dims, dim + 1, rank) for item in numbers]
    return [_spread(numbers, dims, dim + 1, rank)]


def emit_by_variance(site: Site) -> Value:
    """The naive form: division by the variance."""
    site.config.value("invert"), site.config.value("variance"), site.config.value("mean")
    return _adapted(site, BY_VARIANCE)


Normalization = Entry(
    keras="keras.layers.Normalization",
    since="2.2.4-tf",
    torch=("torch.sqrt", "torch.clamp", "torchvision.transforms.v2.Normalize"),
    related=("torchvision.transforms.v2.Normalize",),
    says="Subtracts a mean and divides by a standard deviation, given or found in data beforehand by adapt().",
    arguments=(
        Argument("axis", None, -1, note="axes with statistics of their own; None: one mean and variance for all"),
        Argument("mean", None, None, note="left out, adapt() found it and the file holds it", since="2.6"),
        Argument(
            "variance",
            None,
            None,
            how="its square root",
            note="a standard deviation below 1e-7 counts as 1e-7",
            since="2.6",
        ),
        Argument("invert", None, False, note="True: from normalised values back to the data's", since="2.13"),
        *LAYER_ARGUMENTS,
    ),
    weights=(
        Weight("mean", "mean", when="mean=None", trainable=False),
        Weight("variance", "variance", when="mean=None", trainable=False),
        Weight("count", "count", when="mean=None", trainable=False),
    ),
    differences=(
        Difference(
            "variance",
            "The file holds the variance; what torchvision's Normalize and everything else divides by is its root.",
            case="defaults",
            naive=emit_by_variance,
        ),
    ),
    cases=(
        Case("defaults", {}, x=(4, 6)),
        Case("image", {}, x=(2, 5, 7, 3)),
        Case("axis-1", {"axis": 1}, x=(2, 5, 7, 3)),
        Case("two-axes", {"axis": [1, -1]}, x=(2, 5, 7, 3)),
        Case("one-for-all", {"axis": None}, x=(2, 5, 7)),
        Case("unknown-sizes", {}, x=(2, 5, 7, 3), declared=(None, None, 3)),
        Case("inverted", {"invert": True}, x=(2, 5, 7, 3)),
        Case("given", {"axis": None, "mean": 3.0, "variance": 2.0}, x=(4, 6)),
        Case("given-lists", {"mean": [0.5, -1.0, 2.0], "variance": [0.25, 3.0, 0.0]}, x=(2, 5, 7, 3)),
        Case("given-inverted", {"mean": [0.5, -1.0], "variance": [0.3, 3.0], "invert": True}, x=(4, 2)),
        Case(
            "given-for-two-axes",
            {"axis": [1, 3], "mean": [[0.5, -1.0], [1.0, 2.0]], "variance": [[1.0, 2.0], [0.5, 0.75]]},
            x=(3, 2, 5, 2),
        ),
        Case("integers", {"mean": 128.0, "variance": 4096.0}, x=(2, 4, 5, 3), draw="ids:256"),
    ),
    aliases=(
        "keras.layers.experimental.preprocessing.Normalization",
        "torchvision.transforms.Normalize",
        "StandardScaler",
    ),
    emit=emit_normalization,
    mask="inherit",
    whole_numbers="floats",
)
