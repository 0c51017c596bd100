"""nancumsum, nancumprod: totals up to each element that leave NaN out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.nan_reductions import no_whole_numbers
from equivalence.catalogue.operations.operation_parts import stored
from equivalence.schema import Argument, Case, Entry
from equivalence.translation.order import KERAS

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_running(site: Site) -> Value:
    """The torch function, of numbers: Keras puts the largest finite one in the place of an infinity, as torch does."""
    no_whole_numbers(site)
    x, axis = site.take(site.x, KERAS), site.config.value("axis")
    site.config.only("dtype", None)
    function = site.entry.torch[0]
    numbers = f"torch.nan_to_num({x}{', nan=1.0' if function == 'torch.cumprod' else ''})"
    text, dim = (f"{numbers}.flatten()", 0) if axis is None else (numbers, site.config.integer("axis", None) % x.rank)
    return site.new(f"{function}({text}, dim={dim})", KERAS)


def _running(name: str, class_name: str, says: str, torch: str) -> Entry:
    return Entry(
        keras=f"keras.ops.{name}",
        torch=(torch, "torch.nan_to_num"),
        says=says,
        emit=emit_running,
        kind="operation",
        arguments=(
            Argument("x", "input"),
            Argument("axis", "dim", None, note="None: all elements, flattened"),
            Argument("dtype", "dtype", None, note="the port refuses any"),
        ),
        cases=(
            Case("steps", {"axis": 1}, x=(2, 3, 5), draw="gaps"),
            Case("channels", {"axis": -1}, x=(2, 3, 4, 5), draw="gaps"),
            Case("flattened", {}, x=(2, 3, 5), draw="gaps"),
        ),
        aliases=(f"np.{name}",),
        stored=stored(class_name),
        layout="last",
    )


Nancumsum = _running("nancumsum", "Nancumsum", "The sum up to each element of what is no NaN.", "torch.cumsum")
Nancumprod = _running("nancumprod", "Nancumprod", "The product up to each element of what is no NaN.", "torch.cumprod")
