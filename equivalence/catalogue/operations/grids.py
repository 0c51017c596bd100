"""meshgrid, vander, histogram: what is made of vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.operation_parts import is_tensor, stored
from equivalence.schema import Argument, Case, Difference, Entry, refuse_without_counterpart
from equivalence.translation.order import KERAS

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_meshgrid(site: Site) -> list[Value]:
    """torch.meshgrid, whose default is the other indexing."""
    given = site.args()
    if len(given) < 2 or not all(is_tensor(item) and item.rank == 1 for item in given):
        site.refuse("its inputs are not two or more vectors of the model")
    indexing = site.config.choice("indexing", "xy", "ij")
    return site.many(f'torch.meshgrid({", ".join(map(str, given))}, indexing="{indexing}")', [KERAS] * len(given))


def emit_vander(site: Site) -> Value:
    """Powers by hand: torch.vander lets no gradient through."""
    if site.x.rank != 1 or not site.x.dtype.startswith("float"):
        site.refuse("its input is no vector of floats")
    x, columns = site.x, None if site.config.value("N") is None else site.config.integer("N")
    if site.config.flag("increasing"):
        powers = f"{f'len({x})' if columns is None else columns}"
    else:
        powers = f"{f'len({x}) - 1' if columns is None else columns - 1}, -1, -1"
    return site.new(f"{x}[:, None] ** torch.arange({powers}, device={x}.device)", KERAS)


Meshgrid = Entry(
    keras="keras.ops.meshgrid",
    torch=("torch.meshgrid",),
    says="Vectors, each repeated along the axes of the others.",
    emit=emit_meshgrid,
    kind="operation",
    arguments=(Argument("indexing", "indexing", "xy", note='torch\'s default is "ij"'),),
    differences=(
        Difference(
            "indexing",
            'Keras\'s default is "xy", torch\'s "ij": the first two axes are exchanged.',
            case="square",
            swap=(('indexing="xy"', 'indexing="ij"'),),
        ),
    ),
    cases=(
        Case("square", {}, x=[(4,), (4,)], declared=[(), ()]),
        Case("indexed", {"indexing": "ij"}, x=[(3,), (4,), (2,)], declared=[(), (), ()]),
    ),
    aliases=("np.meshgrid", "tf.meshgrid"),
    stored=stored("Meshgrid"),
)
Vander = Entry(
    keras="keras.ops.vander",
    torch=("torch.pow", "torch.arange"),
    says="The powers of each element of a vector, the highest first.",
    emit=emit_vander,
    kind="operation",
    arguments=(Argument("x", "x"), Argument("N", "N", None), Argument("increasing", "increasing", False)),
    cases=(
        Case("three-columns", {"N": 3}, x=(5,), declared=()),
        Case("square", {}, x=(4,), declared=()),
        Case("rising", {"N": 4, "increasing": True}, x=(5,), declared=()),
    ),
    aliases=("np.vander", "torch.vander"),
    stored=stored("Vander"),
)
Histogram = Entry(
    keras="keras.ops.histogram",
    torch=(),
    says="How many elements fall between evenly spaced edges, and the edges.",
    emit=refuse_without_counterpart,
    kind="operation",
    arguments=(Argument("x"), Argument("bins", None, 10, note="refused with the rest"), Argument("range", None, None)),
    cases=(Case("defaults", {}, x=(40,), declared=()),),
    aliases=("np.histogram", "tf.histogram_fixed_width", "torch.histogram", "torch.histc"),
    stored=stored("Histogram"),
    no_counterpart="Keras saves it in models that it cannot run itself; of a vector, torch.histogram(x, bins, "
    "range=(low, high)) gives counts and edges (on CPUs alone: elsewhere torch.histc gives the counts)",
)
