"""ops.adaptive_average_pool, adaptive_max_pool: pooling to a given number of windows as functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.operation_parts import stored
from equivalence.catalogue.pooling.adaptive import adaptive_pooling
from equivalence.schema import Argument, Case, Entry

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

_UNSAVED = "Keras joins a tuple to a list where it builds a model of it, and fails"


def emit_adaptive_pool(site: Site) -> Value:
    """The adaptive layer's module, over as many axes as the input has beside batch and channels."""
    if site.x.rank not in (3, 4, 5):
        site.refuse(f"its input has shape {site.x.shape}, not 3 to 5 axes")
    return adaptive_pooling(site, site.x.rank - 2, "Avg" if "average" in site.entry.name else "Max")


def _entry(kind: str, short: str, class_name: str) -> Entry:
    return Entry(
        keras=f"keras.ops.adaptive_{kind}_pool",
        torch=tuple(f"torch.nn.Adaptive{short}Pool{dims}d" for dims in (1, 2)),
        says="Pools over windows chosen such that an input of any size gives an output of the given one.",
        emit=emit_adaptive_pool,
        kind="operation",
        arguments=(
            Argument("inputs", "input"),
            Argument("output_size", "output_size"),
            Argument("data_format", None, None, note="channels_last is moved to torch's channels first"),
        ),
        cases=(
            Case("image", {"output_size": [3, 4]}, x=(2, 7, 11, 6), by_call=_UNSAVED),
            Case("sequence", {"output_size": 3}, x=(2, 7, 6), by_call=_UNSAVED),
        ),
        aliases=(f"keras.ops.nn.adaptive_{kind}_pool", f"F.adaptive_{short.lower()}_pool2d"),
        stored=stored(class_name, "nn"),
        layout="spatial",
    )


AdaptiveAveragePool = _entry("average", "Avg", "AdaptiveAveragePool")
AdaptiveMaxPool = _entry("max", "Max", "AdaptiveMaxPool")
