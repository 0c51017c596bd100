"""Repeat, tile: one tensor made larger by copies of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.operation_parts import stored, whole_numbers
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_repeat(site: Site) -> Value:
    """`repeat_interleave` by one number; without an axis, of all elements in Keras's order."""
    x, repeats, axis = site.take(site.x, KERAS), site.config.value("repeats"), site.config.value("axis")
    if isinstance(repeats, (list, tuple)) and len(repeats) == 1:
        repeats = repeats[0]
    if isinstance(repeats, bool) or not isinstance(repeats, int) or repeats < 0:
        site.config.refuse("repeats", repeats, "should be one whole number; one for each element is not translated")
    if axis is None:
        return site.new(f"{x}.flatten().repeat_interleave({repeats})", KERAS)
    return site.new(f"{x}.repeat_interleave({repeats}, dim={site.config.integer('axis', None) % x.rank})", KERAS)


def emit_tile(site: Site) -> Value:
    """torch.tile, which takes the same numbers."""
    repeats = whole_numbers(site, "repeats")
    return site.new(f"torch.tile({site.take(site.x, KERAS)}, {literal(repeats)})", KERAS)


Repeat = Entry(
    keras="keras.ops.repeat",
    torch=("torch.repeat_interleave",),
    says="Every element of an axis several times, one after the other.",
    emit=emit_repeat,
    kind="operation",
    arguments=(
        Argument("x", "input"),
        Argument("repeats", "repeats", note="one whole number"),
        Argument("axis", "dim", None, note="None: all elements, flattened"),
    ),
    differences=(
        Difference(
            "repeat-is-not-repeat",
            "Tensor.repeat of torch tiles: a b a b, where Keras gives a a b b.",
            case="steps",
            swap=((".repeat_interleave(2, dim=1)", ".repeat(1, 2, 1)"),),
        ),
    ),
    cases=(
        Case("steps", {"repeats": 2, "axis": 1}, x=(2, 3, 5)),
        Case("last", {"repeats": 3, "axis": -1}, x=(2, 3, 4, 5)),
        Case("flattened", {"repeats": 2}, x=(2, 3, 5)),
        Case("unknown-length", {"repeats": 2, "axis": 1}, x=(2, 3, 5), declared=(None, 5)),
    ),
    aliases=("np.repeat", "tf.repeat"),
    stored=stored("Repeat", "numpy", "repeat"),
    layout="last",
)
Tile = Entry(
    keras="keras.ops.tile",
    torch=("torch.tile",),
    says="The whole tensor several times, side by side.",
    emit=emit_tile,
    kind="operation",
    arguments=(Argument("x", "input"), Argument("repeats", "dims")),
    cases=(
        Case("each-axis", {"repeats": [1, 2, 3]}, x=(2, 3, 5)),
        Case("last-axes", {"repeats": [2, 1]}, x=(2, 3, 4, 5)),
        Case("one-number", {"repeats": 2}, x=(2, 3, 5)),
    ),
    aliases=("np.tile", "tf.tile"),
    stored=stored("Tile", "numpy", "tile"),
    layout="last",
)
