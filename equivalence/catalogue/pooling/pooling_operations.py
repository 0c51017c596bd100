"""ops.max_pool, average_pool: pooling over windows as functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.operation_parts import stored
from equivalence.catalogue.pooling.window_cases import window_differences
from equivalence.catalogue.pooling.windows import window_pooling
from equivalence.schema import Argument, Case, Entry

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

_DATA_FORMAT = Argument("data_format", None, None, note="channels_last is moved to torch's channels first")


def emit_pool(site: Site) -> Value:
    """The pooling layer's module, over as many axes as the input has beside batch and channels."""
    return window_pooling(site, _dims(site), site.entry.name == "average_pool")


def _dims(site: Site) -> int:
    if site.x.rank not in (3, 4, 5):
        site.refuse(f"its input has shape {site.x.shape}, not 3 to 5 axes")
    return site.x.rank - 2


def _pool(kind: str, name: str, class_name: str, short: str) -> Entry:
    edge = 3 if kind == "mean" else [3, 1]
    return Entry(
        keras=f"keras.ops.{name}",
        torch=tuple(f"torch.nn.{short}Pool{dims}d" for dims in (1, 2)),
        says=f"The {kind} of each window, channel by channel, along one axis, two or three.",
        emit=emit_pool,
        kind="operation",
        arguments=(
            Argument("inputs", "input"),
            Argument("pool_size", "kernel_size"),
            Argument("strides", "stride", None, note="in both, None means the window's own size"),
            Argument("padding", "padding", "valid", note="same as in the layer: ceil_mode, or padding that is cut off"),
            _DATA_FORMAT,
        ),
        differences=window_differences(2, average=kind == "mean"),
        cases=(
            Case("image", {"pool_size": 2}, x=(2, 7, 9, 3)),
            Case("sequence", {"pool_size": 3, "strides": 2}, x=(2, 8, 3)),
            Case("same-stride-2-even-size", {"pool_size": 3, "strides": 2, "padding": "same"}, x=(2, 8, 6, 3)),
            Case("same-stride-1", {"pool_size": edge, "strides": 1, "padding": "same"}, x=(2, 5, 7, 3)),
            Case(
                "same-unknown-size",
                {"pool_size": [3, 2], "strides": 2, "padding": "same"},
                x=(2, 8, 6, 3),
                declared=(None, None, 3),
            ),
            Case("channels-first", {"pool_size": [2, 3], "data_format": "channels_first"}, x=(2, 3, 7, 9)),
        ),
        aliases=(f"keras.ops.nn.{name}", f"tf.nn.{name.replace('average', 'avg')}"),
        stored=stored(class_name, "nn"),
        layout="spatial",
    )


MaxPool = _pool("maximum", "max_pool", "MaxPool", "Max")
AveragePool = _pool("mean", "average_pool", "AveragePool", "Avg")
