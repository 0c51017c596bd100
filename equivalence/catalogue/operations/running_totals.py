"""cumsum, cumprod: totals up to each element."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.operation_parts import stored
from equivalence.schema import Argument, Case, Entry
from equivalence.translation.order import KERAS

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_running(site: Site) -> Value:
    """The torch function of the same name; of whole numbers torch would make int64."""
    x, axis = site.take(site.x, KERAS), site.config.value("axis")
    site.config.only("dtype", None)
    text, dim = (f"{x}.flatten()", 0) if axis is None else (f"{x}", site.config.integer("axis", None) % x.rank)
    dtype = "int32" if x.dtype == "bool" else x.dtype
    kept = "" if x.dtype.startswith("float") else f", dtype=torch.{dtype}"
    return site.new(f"{site.entry.torch[0]}({text}, dim={dim}{kept})", KERAS)


def _running(name: str, class_name: str, says: str, *tensorflow: str) -> Entry:
    return Entry(
        keras=f"keras.ops.{name}",
        torch=(f"torch.{name}",),
        says=says,
        emit=emit_running,
        kind="operation",
        arguments=(
            Argument("x", "input"),
            Argument("axis", "dim", None, note="None: all elements, flattened"),
            Argument("dtype", "dtype", None, note="the port refuses any"),
        ),
        cases=(
            Case("steps", {"axis": 1}, x=(2, 3, 5)),
            Case("channels", {"axis": -1}, x=(2, 3, 4, 5)),
            Case("flattened", {}, x=(2, 3, 5)),
            Case("whole-numbers", {"axis": 1}, x=(4, 5), draw="ids:4"),
        ),
        aliases=(f"np.{name}", f"tf.{name}"),
        stored=stored(class_name, "numpy", *tensorflow),
        layout="last",
    )


Cumsum = _running("cumsum", "Cumsum", "The sum of all elements up to each one.", "math.cumsum")
Cumprod = _running("cumprod", "Cumprod", "The product of all elements up to each one.", "math.cumprod")
