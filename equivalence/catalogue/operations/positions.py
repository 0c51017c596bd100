"""argmax, argmin, top_k, in_top_k: where the largest and the smallest are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.operation_parts import arguments, is_tensor, stored
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.order import KERAS, Flat

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_position(site: Site) -> Value:
    """torch.argmax or torch.argmin over one axis; Keras's indices are int32, torch's int64."""
    x, keep = site.x, site.config.flag("keepdims")
    if x.dtype == "bool":
        site.refuse("it is called on bool, of which torch takes no argmax; cast it before")
    if site.config.value("axis") is None:
        site.config.refuse("axis", None, "goes over all elements of the batch; flatten its axes behind the first")
    axis = site.config.integer("axis", minimum=None)
    if not -x.rank <= axis < x.rank:
        site.config.refuse("axis", axis, f"should name an axis of a tensor of {x.rank}")
    if axis % x.rank == 0:
        site.config.refuse("axis", axis, "goes over the batch, whose size is not known")
    if isinstance(x.order, Flat) or axis % x.rank == x.rank - 1:
        x = site.take(x, KERAS)
    kept = ", keepdim=True" if keep else ""
    return site.new(f"{site.entry.torch[0]}({x}, dim={x.dim(axis)}{kept}).to(torch.int32)", x.order)


def emit_top_k(site: Site) -> list[Value]:
    """A stable sort, of which the first k are Keras's also where elements are equal; torch.topk takes any of those."""
    x, k = site.take(site.x, KERAS), site.config.integer("k")
    site.config.only("sorted", True, because="leaves the order of the k open, so that there is none to translate")
    if not x.dtype.startswith(("float", "int")):
        site.refuse(f"it is called on {x.dtype}; floats and whole numbers are translated")
    size = x.shape[-1]
    if size is not None and size < k:
        site.config.refuse("k", k, f"should be at most the size of the last axis, which is {size}")
    first = f"[..., :{k}]" if size is not None else f".narrow(-1, 0, {k})"  # which raises where there are fewer
    values, places = site.many(f"torch.sort({x}, dim=-1, descending=True, stable=True)", [KERAS, KERAS])
    return [
        site.new(f"{values}{first}", KERAS, "values"),
        site.new(f"{places}{first}.to(torch.int32)", KERAS, "indices"),
    ]


def emit_in_top_k(site: Site) -> Value:
    """Whether fewer than k predictions are above the target's own."""
    targets, predictions = arguments(site, "targets", "predictions")
    if not (is_tensor(targets) and is_tensor(predictions) and (targets.rank, predictions.rank) == (1, 2)):
        site.refuse("its targets are no vector and its predictions no matrix of the model")
    k, scores = site.config.integer("k"), site.take(predictions, KERAS)
    own = f"{scores}.gather(1, {targets}.long()[:, None])"
    return site.new(f"({scores} > {own}).sum(dim=1) < {k}", KERAS)


def _position(name: str, class_name: str, says: str) -> Entry:
    return Entry(
        keras=f"keras.ops.{name}",
        torch=(f"torch.{name}",),
        says=says,
        emit=emit_position,
        kind="operation",
        arguments=(
            Argument("x", "input", note="Keras takes -0.0 for smaller than 0.0; to torch the two are equal"),
            Argument("axis", "dim", None, note="None, all elements, is not translated"),
            Argument("keepdims", "keepdim", False),
        ),
        differences=(
            Difference(
                "axis",
                "Keras counts the axes of (N, H, W, C): its last axis are the classes, dimension 1 in torch.",
                case="square",
                swap=(("dim=3", "dim=1"),),
            ),
        ),
        cases=(
            Case("last", {"axis": -1}, x=(2, 3, 5)),
            Case("square", {"axis": -1}, x=(2, 4, 4, 4)),
            Case("kept", {"axis": 1, "keepdims": True}, x=(2, 3, 4, 5)),
            Case("equal-ones", {"axis": 1}, x=(4, 6, 5), draw="ids:3"),
        ),
        aliases=(f"np.{name}", f"tf.{name}", f"tf.math.{name}"),
        stored=stored(class_name),
    )


Argmax = _position("argmax", "Argmax", "Where along an axis the largest is; the first of equal ones.")
Argmin = _position("argmin", "Argmin", "Where along an axis the smallest is; the first of equal ones.")
TopK = Entry(
    keras="keras.ops.top_k",
    torch=("torch.sort",),
    says="The k largest of the last axis, and where they are; of equal ones those that come first.",
    emit=emit_top_k,
    kind="operation",
    arguments=(
        Argument("x", "input"),
        Argument("k", None, how="how many are kept of the sorted"),
        Argument("sorted", None, True, note="the port refuses False, which leaves the order open"),
    ),
    cases=(
        Case("three", {"k": 3}, x=(2, 7)),
        Case("images", {"k": 2}, x=(2, 3, 4, 5)),
        Case("equal-ones", {"k": 4}, x=(3, 40), draw="one-hot"),
        Case("whole-numbers", {"k": 5, "sorted": True}, x=(3, 40), draw="ids:6"),
    ),
    aliases=("tf.math.top_k", "tf.nn.top_k", "torch.topk", "topk"),
    stored=stored("TopK", "math", "math.top_k"),
)
_SINGLE = "TensorFlow's in_top_k takes float32 alone"
InTopK = Entry(
    keras="keras.ops.in_top_k",
    torch=("torch.gather", "torch.sum"),
    says="Whether the target class is among the k with the highest predictions.",
    emit=emit_in_top_k,
    kind="operation",
    arguments=(Argument("targets", "index"), Argument("predictions", "input"), Argument("k", None)),
    cases=(
        Case("one", {"k": 1}, x=[(6,), (6, 3)], draw=["ids:3", "normal"], oracle="torch", because=_SINGLE),
        Case("three", {"k": 3}, x=[(6,), (6, 7)], draw=["ids:7", "normal"], oracle="torch", because=_SINGLE),
    ),
    aliases=("tf.math.in_top_k", "tf.nn.in_top_k", "top-k accuracy"),
    stored=stored("InTopK", "math"),
)
