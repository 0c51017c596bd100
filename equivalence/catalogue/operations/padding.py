"""keras.ops.pad: constant, reflected or mirrored elements around a tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.operations.operation_parts import stored
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.order import FIRST, KERAS, Flat
from equivalence.translation.python_text import literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

_MIRRORED = '''
def pad_mirrored(x: Tensor, dim: int, before: int, after: int) -> Tensor:
    """Pads a dimension with its mirror image, the outermost element included, as F.pad cannot."""
    first = x.narrow(dim, 0, before).flip(dim)
    last = x.narrow(dim, x.shape[dim] - after, after).flip(dim)
    return torch.cat((first, x, last), dim)
'''


def emit_pad(site: Site) -> Value:
    """F.pad, which counts dimensions from the last one; one call a dimension for the mirror image."""
    x = site.take(site.x, KERAS) if isinstance(site.x.order, Flat) else site.x
    mode = str(site.config.choice("mode", "constant", "reflect", "symmetric"))
    widths, value = _widths(site, x.rank), _constant(site, mode, x.dtype)
    if mode == "constant":
        return site.new(f"F.pad({x}, {literal(_from_the_last(x, widths))}{value})", x.order)
    if widths[0] != (0, 0):
        site.config.refuse("pad_width", widths, f"pads the batch, which mode={mode!r} is not translated for")
    if mode == "reflect":
        return _reflected(site, x, widths)
    for axis, (before, after) in enumerate(widths):
        if before or after:
            x = site.new(f"{site.helper(_MIRRORED)}({x}, {x.dim(axis)}, {before}, {after})", x.order)
    return x if x is not site.x else site.new(f"{x}", x.order)


def _reflected(site: Site, x: Value, widths: list[tuple[int, int]]) -> Value:
    """torch reflects up to three dimensions behind the batch and the channels, so that those go on their own."""
    if x.rank > 5:
        site.refuse(f"its input has {x.rank} axes; F.pad reflects in five at most")
    *others, channels = widths
    if channels != (0, 0):
        x = site.take(x, KERAS)
        if x.rank == 2:
            x = site.new(f'F.pad({x}[:, None], {literal(channels)}, mode="reflect")[:, 0]', KERAS)
        else:
            pads = (*channels, *(0, 0) * (x.rank - 3))
            x = site.new(f'F.pad({x}, {literal(pads)}, mode="reflect")', KERAS)
    if any(pair != (0, 0) for pair in others):
        x = site.take(x, FIRST)
        pads = tuple(number for pair in reversed(others[1:]) for number in pair)
        x = site.new(f'F.pad({x}, {literal(pads)}, mode="reflect")', FIRST)
    return x if x is not site.x else site.new(f"{x}", x.order)


def _from_the_last(x: Value, widths: list[tuple[int, int]]) -> tuple[int, ...]:
    held = sorted(range(x.rank), key=x.dim)
    pads = [number for axis in reversed(held) for number in widths[axis]]
    while len(pads) > 2 and pads[-2:] == [0, 0]:
        del pads[-2:]
    return tuple(pads)


def _widths(site: Site, rank: int) -> list[tuple[int, int]]:
    given = site.config.value("pad_width")
    listed = [tuple(item) if isinstance(item, (list, tuple)) else () for item in given if given is not None]
    if len(listed) != rank or not all(len(pair) == 2 and all(_is_size(n) for n in pair) for pair in listed):
        site.config.refuse("pad_width", given, f"should be a pair of whole numbers for each of {rank} axes")
    return [(before, after) for before, after in listed]


def _is_size(number: Any) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and number >= 0


def _constant(site: Site, mode: str, dtype: str) -> str:
    """What constant_values adds to the call: nothing for zero."""
    value = site.keyword("constant_values")
    given = site.args()[1:]
    if value is None and given:
        value = given[0]
    if value is None:
        return ""
    if mode != "constant" or isinstance(value, bool) or not isinstance(value, (int, float)):
        site.refuse(f"constant_values={value!r:.60} is not one number, for mode='constant'")
    if not dtype.startswith("float") and not isinstance(value, int):
        site.refuse(f"constant_values={value!r:.60} is not of the dtype of its input, {dtype}")
    return f", value={literal(value)}" if value else ""


Pad = Entry(
    keras="keras.ops.pad",
    torch=("torch.nn.functional.pad", "torch.cat"),
    says="Elements around a tensor: a number, or its own, reflected.",
    emit=emit_pad,
    kind="operation",
    arguments=(
        Argument("x", "input"),
        Argument("pad_width", "pad", how="the pairs from the last dimension on, in one row"),
        Argument("mode", "mode", "constant", note='"symmetric" has no counterpart in F.pad, and becomes a function'),
        Argument("constant_values", "value", None),
    ),
    differences=(
        Difference(
            "from-the-last",
            "Keras lists a pair for each axis from the batch on; F.pad counts from the last dimension back.",
            case="images",
            swap=(("(0, 0, 2, 0, 1, 1)", "(0, 0, 1, 1, 2, 0)"),),
        ),
        Difference(
            "symmetric-is-not-reflect",
            'mode="symmetric" repeats the outermost element, torch\'s "reflect" does not.',
            case="symmetric",
            swap=(("pad_mirrored({x}, 1, 2, 1)", 'F.pad({x}.mT, (2, 1), mode="reflect").mT'),),
        ),
    ),
    cases=(
        Case("images", {"pad_width": [[0, 0], [1, 1], [2, 0], [0, 0]]}, x=(2, 4, 4, 3)),
        Case("a-number", {"pad_width": [[0, 0], [1, 2], [0, 3]]}, x=(2, 4, 5), call={"constant_values": -1.5}),
        Case("the-batch", {"pad_width": [[1, 0], [0, 1]], "mode": "constant"}, x=(2, 5)),
        Case("whole-numbers", {"pad_width": [[0, 0], [3, 0]]}, x=(2, 5), draw="ids:9", call={"constant_values": 7}),
        Case("reflect", {"pad_width": [[0, 0], [2, 1], [0, 2], [0, 0]], "mode": "reflect"}, x=(2, 5, 4, 3)),
        Case("reflect-channels", {"pad_width": [[0, 0], [0, 0], [1, 2]], "mode": "reflect"}, x=(2, 5, 4)),
        Case("reflect-all", {"pad_width": [[0, 0], [0, 2], [1, 0], [1, 2]], "mode": "reflect"}, x=(2, 5, 4, 3)),
        Case("reflect-vectors", {"pad_width": [[0, 0], [1, 2]], "mode": "reflect"}, x=(2, 5)),
        Case(
            "reflect-volumes",
            {"pad_width": [[0, 0], [2, 1], [0, 2], [1, 0], [0, 0]], "mode": "reflect"},
            x=(2, 4, 4, 3, 2),
        ),
        Case("symmetric", {"pad_width": [[0, 0], [2, 1], [0, 0]], "mode": "symmetric"}, x=(2, 4, 3)),
        Case("symmetric-images", {"pad_width": [[0, 0], [2, 1], [0, 3], [1, 0]], "mode": "symmetric"}, x=(2, 4, 4, 3)),
    ),
    aliases=("np.pad", "tf.pad"),
    stored=stored("Pad"),
)
