"""flip, fliplr, flipud, rot90: axes the other way round."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.operation_parts import axes_of, stored
from equivalence.schema import Argument, Case, Defect, Difference, Entry
from equivalence.translation.order import KERAS, Flat
from equivalence.translation.python_text import literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_flip(site: Site) -> Value:
    """torch.flip along the dimensions that hold these axes; None means all of them."""
    x = _unflattened(site)
    axes = axes_of(site, x.rank)
    return _flipped(site, x, range(x.rank) if axes is None else axes)


def emit_fliplr(site: Site) -> Value:
    """torch.flip along axis 1, which for images is their height."""
    x = _unflattened(site)
    if x.rank < 2:
        site.refuse("its input has one axis alone, and no axis 1")
    return _flipped(site, x, (1,))


def emit_flipud(site: Site) -> Value:
    """torch.flip along axis 0, the batch."""
    return _flipped(site, site.x, (0,))


def emit_rot90(site: Site) -> Value:
    """torch.rot90 in the plane of the dimensions that hold these axes."""
    x, k, axes = _unflattened(site), site.config.integer("k", minimum=None), site.config.value("axes")
    if not isinstance(axes, (list, tuple)) or len(axes) != 2 or not all(type(axis) is int for axis in axes):
        site.config.refuse("axes", axes, "should be two axes")
    if not all(-x.rank <= axis < x.rank for axis in axes) or axes[0] % x.rank == axes[1] % x.rank:
        site.config.refuse("axes", axes, f"should be two axes of a tensor of {x.rank}")
    last = any(axis % x.rank == x.rank - 1 for axis in axes)
    if last or any(axis % x.rank == 0 for axis in axes):  # another one may then be where the channels were
        x = site.take(x, KERAS)
    return site.new(f"torch.rot90({x}, {k}, {literal([x.dim(axis) for axis in axes])})", x.order)


def _unflattened(site: Site) -> Value:
    return site.take(site.x, KERAS) if isinstance(site.x.order, Flat) else site.x


def _flipped(site: Site, x: Value, axes: tuple[int, ...] | range) -> Value:
    return site.new(f"torch.flip({x}, {literal(sorted(x.dim(axis) for axis in axes))})", x.order)


Flip = Entry(
    keras="keras.ops.flip",
    torch=("torch.flip",),
    says="The elements of axes in reverse order.",
    emit=emit_flip,
    kind="operation",
    arguments=(Argument("x", "input"), Argument("axis", "dims", None, note="None: all axes, the batch among them")),
    differences=(
        Difference(
            "axes-of-keras",
            "axis=1 is the height of an image; torch's dimension 1 holds its channels.",
            case="height",
            swap=(("(1,)", "(3,)"),),
        ),
    ),
    cases=(
        Case("height", {"axis": 1}, x=(2, 3, 4, 5)),
        Case("two", {"axis": [1, -1]}, x=(2, 3, 5)),
        Case("all", {}, x=(2, 3, 5)),
    ),
    aliases=("np.flip", "tf.reverse", "reverse"),
    stored=stored("Flip", "numpy", "reverse"),
)
Fliplr = Entry(
    keras="keras.ops.fliplr",
    torch=("torch.flip",),
    says="Axis 1 in reverse order: the columns of a matrix, the height of a batch of images.",
    emit=emit_fliplr,
    kind="operation",
    arguments=(Argument("x", "input"),),
    cases=(Case("matrix", {}, x=(2, 5)), Case("images", {}, x=(2, 3, 4, 5))),
    aliases=("np.fliplr", "torch.fliplr"),
    stored=stored("Fliplr"),
)
Flipud = Entry(
    keras="keras.ops.flipud",
    torch=("torch.flip",),
    says="Axis 0 in reverse order: the rows of a matrix, the batch of a model.",
    emit=emit_flipud,
    kind="operation",
    arguments=(Argument("x", "input"),),
    cases=(Case("matrix", {}, x=(3, 5)), Case("images", {}, x=(3, 3, 4, 5))),
    aliases=("np.flipud", "torch.flipud"),
    stored=stored("Flipud"),
)
Rot90 = Entry(
    keras="keras.ops.rot90",
    torch=("torch.rot90",),
    says="A quarter turn in the plane of two axes, k times.",
    emit=emit_rot90,
    kind="operation",
    arguments=(Argument("array", "input"), Argument("k", "k", 1), Argument("axes", "dims", (0, 1))),
    differences=(
        Difference(
            "axes-of-keras",
            "Images are turned in axes (1, 2); in a channels-first tensor these are (2, 3).",
            case="images",
            swap=(("(1, 2)", "(2, 3)"),),
        ),
    ),
    defects=(
        Defect(
            "half-a-turn",
            "Half a turn (k=2) is right only where both axes are of one size; elsewhere the elements are shuffled.",
            case=Case(
                "half-a-turn",
                {"k": 2, "axes": (1, 2)},
                x=(2, 3, 4, 5),
                oracle="torch",
                because="Keras on PyTorch gives what np.rot90 does",
            ),
        ),
    ),
    cases=(
        Case("images", {"axes": (1, 2)}, x=(2, 4, 4, 4)),
        Case("backwards", {"k": -1, "axes": (1, 2)}, x=(2, 3, 4, 5)),
        Case("twice", {"k": 2, "axes": (2, 1)}, x=(2, 4, 4, 5)),
        Case("channels", {"k": 3, "axes": (1, -1)}, x=(2, 3, 4, 5)),
        Case("defaults", {}, x=(3, 4)),
    ),
    aliases=("np.rot90", "tf.image.rot90"),
    stored=stored("Rot90"),
)
