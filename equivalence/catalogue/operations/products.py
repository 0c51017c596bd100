"""Products of two tensors: tensordot, dot, vdot, inner, outer, kron, cross."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from equivalence.catalogue.operations.operation_parts import is_constant, is_tensor, operands, stored
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site


class _Factor(NamedTuple):
    """One operand in Keras's order of axes: its text and its shape."""

    text: str
    shape: tuple[int | None, ...]

    def __str__(self) -> str:
        return self.text

    @property
    def rank(self) -> int:
        return len(self.shape)


def emit_tensordot(site: Site) -> Any:
    """torch.tensordot over as many axes, or over the named ones."""
    left, right = _factors(site)
    axes = site.config.value("axes")
    if not isinstance(axes, int):
        if not isinstance(axes, (list, tuple)) or len(axes) != 2:
            site.config.refuse("axes", axes, "should be a whole number, or the axes of one and of the other")
        pairs = tuple(_axes(site, given, factor) for given, factor in zip(axes, (left, right), strict=True))
        _check_sizes(site, [left.shape[a] for a in pairs[0]], [right.shape[a] for a in pairs[1]])
        return site.new(f"torch.tensordot({left}, {right}, dims={literal(pairs)})", KERAS)
    if isinstance(axes, bool) or axes < 0:
        site.config.refuse("axes", axes, "should be a whole number of at least 0")
    _check_sizes(site, left.shape[left.rank - axes :], right.shape[:axes])
    more = "" if axes == 2 else f", dims={axes}"
    return site.new(f"torch.tensordot({left}, {right}{more})", KERAS)


def _axes(site: Site, given: Any, factor: _Factor) -> tuple[int, ...]:
    listed = [given] if isinstance(given, int) else given
    if not isinstance(listed, (list, tuple)) or not all(
        isinstance(a, int) and not isinstance(a, bool) and -factor.rank <= a < factor.rank for a in listed
    ):
        site.config.refuse("axes", site.config.value("axes"), f"should name axes of tensors like {factor.shape}")
    return tuple(a % factor.rank for a in listed)


def emit_dot(site: Site) -> Any:
    """Python's @ where the second has up to two axes; with more, torch.tensordot: dot takes no batches together."""
    left, right = _factors(site)
    if 0 in (left.rank, right.rank):
        site.refuse("one of its operands is a single number, which has no translation yet; multiply instead")
    _check_sizes(site, left.shape[-1:], right.shape[-2:][:1])
    if right.rank < 3:
        return site.new(f"{left} @ {right}", KERAS)
    return site.new(f"torch.tensordot({left}, {right}, dims=((-1,), (-2,)))", KERAS)


def emit_vdot(site: Site) -> Any:
    left, right = _factors(site)
    _check_sizes(site, left.shape, right.shape)
    return site.new(f"torch.vdot({_flat(left)}, {_flat(right)})", KERAS)


def emit_inner(site: Site) -> Any:
    left, right = _factors(site)
    if 0 in (left.rank, right.rank):
        site.refuse("one of its operands is a single number, which has no translation yet; multiply instead")
    _check_sizes(site, left.shape[-1:], right.shape[-1:])
    return site.new(f"torch.inner({left}, {right})", KERAS)


def emit_outer(site: Site) -> Any:
    """torch.outer of all elements."""
    left, right = _factors(site)
    return site.new(f"torch.outer({_flat(left)}, {_flat(right)})", KERAS)


def emit_kron(site: Site) -> Any:
    left, right = _factors(site)
    if left.rank != right.rank:
        site.refuse(
            f"its operands {left.shape} and {right.shape} have not as many axes, where Keras mistakes the shape"
        )
    return site.new(f"torch.kron({left}, {right})", KERAS)


def emit_cross(site: Site) -> Any:
    """torch.linalg.cross of vectors along the last axis; two components get a zero behind them."""
    left, right = _factors(site)
    axes = [site.config.integer(name, minimum=None) for name in ("axisa", "axisb", "axisc")]
    if site.config.value("axis") is not None:
        axes = [site.config.integer("axis", minimum=None)] * 3
    sizes, texts = [], []
    for axis, factor in zip(axes, (left, right), strict=False):
        if not -factor.rank <= axis < factor.rank:
            site.refuse(f"axis {axis} is no axis of its operand, which has {factor.rank}")
        sizes.append(factor.shape[axis])
        last = axis % factor.rank == factor.rank - 1
        texts.append(f"{factor}" if last else f"{factor}.movedim({axis}, -1)")
    if not set(sizes) <= {2, 3}:
        site.refuse(f"its vectors have {sizes[0]} and {sizes[1]} components, not 2 or 3")
    padded = [text if size == 3 else f"F.pad({text}, (0, 1))" for text, size in zip(texts, sizes, strict=True)]
    crossed = f"torch.linalg.cross({padded[0]}, {padded[1]})"
    if sizes == [2, 2]:
        return site.new(f"{crossed}[..., 2]", KERAS)
    rank = max(left.rank, right.rank)
    if not -rank <= axes[2] < rank:
        site.config.refuse("axisc", axes[2], f"should be an axis of the product, which has {rank}")
    return site.new(crossed if axes[2] % rank == rank - 1 else f"{crossed}.movedim(-1, {axes[2]})", KERAS)


def _factors(site: Site) -> tuple[_Factor, _Factor]:
    """Both operands: tensors of floats, or array constants. Raises Refused for anything else."""
    made = []
    for item in operands(site, "x1", "x2"):
        if is_tensor(item) and item.dtype.startswith("float"):
            made.append(_Factor(f"{site.take(item, KERAS)}", item.shape))
        elif is_constant(item) and item.dtype.startswith("float"):
            made.append(_Factor(site.constant(item), _shape(item.value)))
        elif is_tensor(item) or is_constant(item):
            site.refuse(f"it is called on {item.dtype}; floats alone are translated")
        else:
            site.refuse(f"one of its operands is {item!r:.60}, which is no tensor")
    return made[0], made[1]


def _check_sizes(site: Site, left: Sequence[int | None], right: Sequence[int | None]) -> None:
    """The axes that are summed over have the same sizes, or are unknown in both."""
    if list(left) != list(right):
        site.refuse(f"it sums over axes of {list(left)} and {list(right)}, which are not known to be equal")


def _shape(nested: Any) -> tuple[int, ...]:
    return (len(nested), *(_shape(nested[0]) if nested else ())) if isinstance(nested, list) else ()


def _flat(factor: _Factor) -> str:
    return f"{factor}" if factor.rank == 1 else f"{factor}.flatten()"


_CONSTANT = {"$args": [{"$input": 0}, {"$array": [[0.5, -1.0], [0.25, 2.0], [1.5, -0.75]], "dtype": "float32"}]}
_SQUARE = {"$args": [{"$input": 0}, {"$array": [[0.5, -1.0], [0.25, 2.0]], "dtype": "float32"}]}
_VECTOR = {"$args": [{"$input": 0}, {"$array": [0.5, -1.0, 0.25], "dtype": "float32"}]}
_FACTORS = (Argument("x1", "input"), Argument("x2", "other"))


def _product(name: str, torch: tuple[str, ...], says: str, **more: Any) -> Entry:
    return Entry(
        keras=f"keras.ops.{name}", torch=torch, says=says, kind="operation", layout="last",
        arguments=(*_FACTORS, *more.pop("arguments", ())),
        stored=stored(name.capitalize()), **more,
    )  # fmt: skip


Tensordot = _product(
    "tensordot",
    ("torch.tensordot",),
    "Products of elements, summed over axes of both.",
    emit=emit_tensordot,
    arguments=(Argument("axes", "dims", 2),),
    differences=(
        Difference(
            "which-axes",
            "A whole number is how many axes are summed over, the last of one with the first of the other; it names "
            "no axis.",
            case="square",
            swap=(("dims=1", "dims=((1,), (1,))"),),
        ),
    ),
    cases=(
        Case("two-axes", {}, x=(2, 5, 3, 2), call=_CONSTANT),
        Case("one-axis", {"axes": 1}, x=(2, 4, 3), call=_CONSTANT),
        Case("square", {"axes": 1}, x=(2, 2, 2), call=_SQUARE),
        Case("named-axes", {"axes": [[2, 1], [-1, 1]]}, x=[(2, 3, 4), (2, 3, 4)]),
        Case("constant", {"axes": [[-1], [0]]}, x=(2, 4, 3), call=_CONSTANT),
        Case("none", {"axes": 0}, x=[(2, 3), (2, 4)]),
    ),
    aliases=("np.tensordot", "tf.tensordot"),
)
Dot = _product(
    "dot",
    ("torch.matmul", "torch.tensordot"),
    "The last axis of one times the last but one of the other, for all indices of the others in turn.",
    emit=emit_dot,
    differences=(
        Difference(
            "no-batches",
            "Of tensors with three axes and more, dot pairs every index of one with every one of the other; @ goes "
            "through both together, and torch.dot takes vectors alone.",
            case="square",
            swap=(("torch.tensordot({x}, {x}, dims=((-1,), (-2,)))", "({x} @ {x})[:, :, None].expand(-1, -1, 3, -1)"),),
        ),
    ),
    cases=(
        Case("matrix", {}, x=(2, 3), call=_CONSTANT),
        Case("square", {}, x=[(3, 3, 3), (3, 3, 3)]),
        Case("matrix-of-more", {}, x=(2, 4, 3), call=_CONSTANT),
        Case("vectors", {}, x=[(4,), (4,)]),
        Case("with-vector", {}, x=(2, 3, 3), call=_VECTOR),
    ),
    aliases=("np.dot", "torch.dot"),
)
Vdot = _product(
    "vdot",
    ("torch.vdot",),
    "The sum of all products of elements in the same place.",
    emit=emit_vdot,
    cases=(Case("matrices", {}, x=[(2, 3), (2, 3)]), Case("images", {}, x=[(2, 3, 4, 5)] * 2)),
    aliases=("np.vdot",),
)
Inner = _product(
    "inner",
    ("torch.inner",),
    "The last axis of one times the last axis of the other, for all indices of the others in turn.",
    emit=emit_inner,
    differences=(
        Difference(
            "last-with-last",
            "Both sum over their last axis, where @ takes the last but one of the second.",
            case="square",
            swap=(("torch.inner(", "torch.matmul("),),
        ),
    ),
    cases=(
        Case("matrices", {}, x=[(2, 3), (5, 3)]),
        Case("square", {}, x=(3, 2), call=_SQUARE),
        Case("more", {}, x=[(2, 3, 4), (3, 4)]),
    ),
    aliases=("np.inner",),
)
Outer = _product(
    "outer",
    ("torch.outer",),
    "Every element of one times every element of the other.",
    emit=emit_outer,
    cases=(Case("matrices", {}, x=[(2, 3), (2, 4)]), Case("vectors", {}, x=[(3,), (4,)])),
    aliases=("np.outer", "torch.ger"),
)
Kron = _product(
    "kron",
    ("torch.kron",),
    "Every element of one times the whole other, set in its place.",
    emit=emit_kron,
    cases=(Case("matrices", {}, x=[(2, 3), (4, 5)]), Case("three-axes", {}, x=[(2, 3, 2), (2, 1, 4)])),
    aliases=("np.kron",),
)
Cross = _product(
    "cross",
    ("torch.linalg.cross",),
    "The vector product of vectors of three components, or of two.",
    emit=emit_cross,
    arguments=(
        Argument("axisa", "dim", -1),
        Argument("axisb", "dim", -1),
        Argument("axisc", "dim", -1),
        Argument("axis", "dim", None, note="all three of them"),
    ),
    differences=(
        Difference(
            "old-default",
            "Keras's axis is the last; torch.cross without dim takes the first one with three elements.",
            case="three-of-three",
            swap=(("torch.linalg.cross({x}, {x})", "torch.linalg.cross({x}, {x}, dim=1)"),),
        ),
    ),
    cases=(
        Case("vectors", {}, x=[(2, 4, 3)] * 2),
        Case("three-of-three", {}, x=[(2, 3, 3)] * 2),
        Case("two-components", {}, x=[(2, 4, 2)] * 2),
        Case("two-and-three", {}, x=[(2, 4, 2), (2, 4, 3)]),
        Case("other-axes", {"axisa": 1, "axisb": 2, "axisc": 1}, x=[(2, 3, 4), (2, 4, 3)]),
        Case("one-axis", {"axis": 1}, x=[(2, 3, 4), (2, 3, 4)]),
    ),
    aliases=("np.cross", "tf.linalg.cross", "torch.cross"),
)
