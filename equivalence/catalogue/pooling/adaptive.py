"""AdaptiveAveragePooling1D/2D/3D and AdaptiveMaxPooling1D/2D/3D: pooling to a given number of windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.operation_parts import only_floats
from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Entry
from equivalence.translation.python_text import call, squeeze

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_adaptive_pooling(site: Site) -> Value:
    """nn.AdaptiveAvgPoolNd or nn.AdaptiveMaxPoolNd: Keras places its windows as torch does."""
    return adaptive_pooling(site, int(site.entry.name[-2]), "Avg" if "Average" in site.entry.name else "Max")


def adaptive_pooling(site: Site, dims: int, kind: str) -> Value:
    """torch's module of a kind ("Avg", "Max") over `dims` axes."""
    only_floats(site)
    image = site.images(dims + 2)
    pool = site.module(call(f"nn.Adaptive{kind}Pool{dims}d", squeeze(site.config.integers("output_size", dims))))
    return site.new(f"{pool}({image})", image.order)


def _cases(kind: str, dims: int) -> tuple[Case, ...]:
    oracle = "torch" if dims == 3 else "tensorflow"
    because = "TensorFlow has no float64 kernel for pooling over volumes." if dims == 3 else ""
    sizes, output = (7, 11, 5)[:dims], [3, 4, 2][:dims]
    one = Case("one-window", {"output_size": 1}, x=(2, *sizes, 6), oracle=oracle, because=because)
    if kind == "Max":
        one = one._replace(
            oracle="torch", because="Keras on TensorFlow crashes on one maximum: its window is too large."
        )
    return (
        one,
        Case("uneven-windows", {"output_size": output}, x=(2, *sizes, 6), oracle=oracle, because=because),
        Case("equal-windows", {"output_size": 2}, x=(2, *(4, 8, 6)[:dims], 3), oracle=oracle, because=because),
        Case("more-windows-than-size", {"output_size": 13}, x=(2, *sizes, 3), oracle=oracle, because=because),
        Case(
            "channels-first",
            {"output_size": output, "data_format": "channels_first"},
            x=(2, 6, *sizes),
            oracle=oracle,
            because=because,
        ),
    )


def _entry(kind: str, dims: int) -> Entry:
    torch = f"Adaptive{'Avg' if kind == 'Average' else 'Max'}Pool{dims}d"
    what = "mean" if kind == "Average" else "maximum"
    return Entry(
        keras=f"keras.layers.Adaptive{kind}Pooling{dims}D",
        since="3.13",
        torch=(f"torch.nn.{torch}",),
        says=f"Takes the {what} of windows chosen such that a {('sequence', 'image', 'volume')[dims - 1]} of any size "
        "gives an output of the given one.",
        arguments=(
            Argument("output_size", "output_size"),
            Argument("data_format", None, None, note="channels_last is moved to torch's channels first"),
            *LAYER_ARGUMENTS,
        ),
        cases=_cases(kind, dims),
        aliases=(
            f"Adaptive{kind}Pool{dims}D",
            f"Adaptive{torch[8:11]}Pool{dims}D",
        ),
        emit=emit_adaptive_pooling,
        layout="spatial",
        linear=kind == "Average",
    )


AdaptiveAveragePooling1D = _entry("Average", 1)
AdaptiveAveragePooling2D = _entry("Average", 2)
AdaptiveAveragePooling3D = _entry("Average", 3)
AdaptiveMaxPooling1D = _entry("Max", 1)
AdaptiveMaxPooling2D = _entry("Max", 2)
AdaptiveMaxPooling3D = _entry("Max", 3)
