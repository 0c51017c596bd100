"""searchsorted, digitize, isin, bincount, unravel_index: where values fall, and how often they occur."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.operations.operation_parts import arguments, is_constant, is_tensor, stored, whole_numbers
from equivalence.schema import Argument, Case, Defect, Difference, Entry
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_searchsorted(site: Site) -> Value:
    """torch.searchsorted in an array; Keras takes a vector of values."""
    row, values = arguments(site, "sorted_sequence", "values")
    right = ", right=True" if site.config.choice("side", "left", "right") == "right" else ""
    if not is_tensor(values) or not values.dtype.startswith("float"):
        site.refuse("its values are no tensor of floats of the model")
    return site.new(f"torch.searchsorted({_row(site, row)}, {values}{right}).to(torch.int32)", values.order)


def emit_digitize(site: Site) -> Value:
    """torch.bucketize; what equals a bound belongs to the bin above, which torch calls right."""
    x, bins = arguments(site, "x", "bins")
    text = f"{x}" if x.dtype.startswith("float") else f"{x}.to(torch.float32)"
    return site.new(f"torch.bucketize({text}, {_row(site, bins)}, right=True).to(torch.int32)", x.order)


def emit_isin(site: Site) -> Value:
    """torch.isin, which takes the same question the other way round with the same word."""
    site.config.value("assume_unique")  # spares Keras a step, and changes no result
    one, other = arguments(site, "x1", "x2")
    if not all(is_tensor(item) or is_constant(item) for item in (one, other)):
        site.refuse("one of its inputs is neither a tensor nor an array")
    if one.dtype.startswith("float") != other.dtype.startswith("float"):
        site.refuse(f"it looks for {other.dtype} in {one.dtype}; cast one of them before")
    texts = [f"{item}" if is_tensor(item) else site.constant(item) for item in (one, other)]
    invert = ", invert=True" if site.config.flag("invert") else ""
    return site.new(f"torch.isin({', '.join(texts)}{invert})", one.order if is_tensor(one) else KERAS)


def emit_bincount(site: Site) -> Value:
    """torch.bincount of a vector of whole numbers; Keras's counts are int32."""
    x, minlength = site.x, site.config.integer("minlength", minimum=0)
    site.config.only("weights", None, because="has as many numbers as the batch, whose size is not known")
    site.config.only("sparse", False, because="asks for a sparse tensor")
    if x.rank != 1 or x.dtype not in ("int32", "int64"):
        site.refuse(f"it counts {x.dtype} of {x.rank} axes; a vector of whole numbers is translated")
    least = f", minlength={minlength}" if minlength else ""
    return site.new(f"torch.bincount({x}{least}).to(torch.int32)", KERAS)


def emit_unravel_index(site: Site) -> list[Value]:
    """torch.unravel_index: one tensor for each size of the shape, of the dtype of the indices."""
    x, shape = site.x, whole_numbers(site, "shape")
    if x.dtype not in ("int32", "int64"):
        site.refuse(f"it is called on {x.dtype}; int32 and int64 are translated")
    found = site.many(f"torch.unravel_index({x}, {literal(shape)})", [x.order] * len(shape))
    return [site.new(f"{one}.to(torch.{x.dtype})", x.order) for one in found]


def _row(site: Site, given: Any) -> str:
    """A sorted row of numbers as a buffer of float32, as Keras takes its bounds."""
    from equivalence.translation.graph import Constant  # not above: a lookup needs none

    value = given.value if is_constant(given) else given
    if not isinstance(value, list) or not value or not all(type(number) in (int, float) for number in value):
        site.refuse("the row it looks up in is no array of numbers that the file holds")
    return site.constant(Constant([float(number) for number in value], "float32"), "bounds")


_BOUNDS = {"$array": [-1.0, -0.25, 0.5, 1.5], "dtype": "float32"}

Searchsorted = Entry(
    keras="keras.ops.searchsorted",
    torch=("torch.searchsorted",),
    says="Where in a sorted row values would go.",
    emit=emit_searchsorted,
    kind="operation",
    arguments=(
        Argument("sorted_sequence", "sorted_sequence"),
        Argument("values", "input"),
        Argument("side", "right", "left", how='True for "right"'),
    ),
    cases=(
        Case("left", {"side": "left"}, x=(9,), declared=(), call={"$args": [_BOUNDS, {"$input": 0}]}),
        Case("right", {"side": "right"}, x=(9,), declared=(), call={"$args": [_BOUNDS, {"$input": 0}]}),
    ),
    aliases=("np.searchsorted", "tf.searchsorted"),
    stored=stored("SearchSorted"),
)
Digitize = Entry(
    keras="keras.ops.digitize",
    torch=("torch.bucketize",),
    says="The number of the bin that each element falls into, by the bounds between bins.",
    emit=emit_digitize,
    kind="operation",
    arguments=(Argument("x", "input"), Argument("bins", "boundaries")),
    differences=(
        Difference(
            "on-the-bound",
            "What equals a bound is in the bin above it; torch.bucketize puts it below unless right=True is given.",
            case="on-bounds",
            swap=((", right=True", ""),),
        ),
    ),
    cases=(
        Case("floats", {}, x=(2, 3, 5), call={"$args": [{"$input": 0}, _BOUNDS]}),
        Case(
            "on-bounds",
            {},
            x=(4, 6),
            draw="ids:5",
            call={"$args": [{"$input": 0}, {"$array": [1.0, 2.0, 3.5], "dtype": "float32"}]},
        ),
    ),
    aliases=("np.digitize",),
    stored=stored("Digitize"),
)
Isin = Entry(
    keras="keras.ops.isin",
    torch=("torch.isin",),
    says="Whether each element of x1 occurs in x2.",
    emit=emit_isin,
    kind="operation",
    arguments=(
        Argument("x1", "elements"),
        Argument("x2", "test_elements"),
        Argument("assume_unique", "assume_unique", False),
        Argument("invert", "invert", False),
    ),
    cases=(
        Case("two-tensors", {}, x=[(2, 3, 4), (2, 2)], draw="ids:9", call={"$args": [{"$input": 0}, {"$input": 1}]}),
        Case(
            "not-in-an-array",
            {"invert": True, "assume_unique": True},
            x=(3, 5),
            draw="ids:6",
            call={"$args": [{"$input": 0}, {"$array": [1, 4], "dtype": "int32"}]},
        ),
    ),
    aliases=("np.isin", "np.in1d"),
    stored=stored("IsIn"),
)
Bincount = Entry(
    keras="keras.ops.bincount",
    torch=("torch.bincount",),
    says="How often each whole number occurs.",
    emit=emit_bincount,
    kind="operation",
    arguments=(
        Argument("x", "input"),
        Argument("weights", "weights", None),
        Argument("minlength", "minlength", 0),
        Argument("sparse", None, False, note="the port refuses True: its tensors are dense"),
    ),
    cases=(
        Case("defaults", {}, x=(9,), declared=(), draw="ids:4"),
        Case("longer", {"minlength": 8}, x=(9,), declared=(), draw="ids:4"),
    ),
    aliases=("np.bincount", "tf.math.bincount"),
    stored=stored("Bincount"),
)
_REVERSED = "Keras on TensorFlow takes the sizes in reverse where the indices have more than one axis"
UnravelIndex = Entry(
    keras="keras.ops.unravel_index",
    torch=("torch.unravel_index",),
    says="Positions in a flattened tensor as one index for each axis of its shape.",
    emit=emit_unravel_index,
    kind="operation",
    arguments=(Argument("indices", "indices"), Argument("shape", "shape")),
    defects=(
        Defect(
            "several-axes",
            "The sizes are taken in reverse where the indices have more than one axis.",
            case=Case("several-axes", {"shape": (3, 5)}, x=(2, 4), draw="ids:15", oracle="torch", because=_REVERSED),
        ),
    ),
    cases=(
        Case("matrix", {"shape": (3, 5)}, x=(2, 4), draw="ids:15", oracle="torch", because=_REVERSED),
        Case("vector", {"shape": (2, 3, 4)}, x=(7,), declared=(), draw="ids:24"),
    ),
    aliases=("np.unravel_index", "tf.unravel_index"),
    stored=stored("UnravelIndex"),
)
