"""MaxPooling1D/2D/3D and AveragePooling1D/2D/3D: pooling over windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.convolution.convolution_parts import SAME_PAD
from equivalence.catalogue.defects import edge_in_the_mean
from equivalence.catalogue.operations.operation_parts import only_floats
from equivalence.catalogue.pooling.pooling_padding import window_padding
from equivalence.catalogue.pooling.window_cases import window_cases, window_differences
from equivalence.schema import LAYER_ARGUMENTS, REQUIRED, Argument, Entry
from equivalence.translation.python_text import call, squeeze

if TYPE_CHECKING:
    from equivalence.translation.call_site import Image, Site, Value


def emit_window_pooling(site: Site) -> Value:
    """The layer."""
    return window_pooling(site, int(site.entry.name[-2]), site.entry.name.startswith("Average"))


def window_pooling(site: Site, dims: int, average: bool) -> Value:
    """nn.MaxPoolNd or nn.AvgPoolNd; an uneven padding="same" by ceil_mode, or by padding where sizes are unknown."""
    only_floats(site)
    image = site.images(dims + 2)
    kernel = site.config.integers("pool_size", dims)
    strides = kernel if site.config.value("strides") is None else site.config.integers("strides", dims)
    same = site.config.choice("padding", "valid", "same") == "same"
    fit = window_padding(image.sizes if same else None, kernel, strides)
    if same and average and dims == 3 and _too_small(image, kernel):
        fit = None
    padding = fit.before if fit else (0,) * dims
    pool = site.module(
        call(
            f"nn.{'Avg' if average else 'Max'}Pool{dims}d",
            squeeze(kernel),
            stride=squeeze(strides),
            padding=squeeze(padding),
            ceil_mode=bool(fit and fit.ceil_mode),
            count_include_pad=not (average and any(padding)),
            omit={"stride": squeeze(kernel), "padding": 0, "ceil_mode": False, "count_include_pad": True},
        )
    )
    if fit:
        return site.new(f"{pool}({image}){fit.crop}", image.order)
    pad, geometry = site.helper(SAME_PAD), (kernel, strides)
    if not average:
        return site.new(f"{pool}({call(pad, f'{image}', *geometry, value=float('-inf'))})", image.order)
    counted = call(pad, f"torch.ones_like({image}[:1, :1])", *geometry)
    return site.new(f"{pool}({call(pad, f'{image}', *geometry)}) / {pool}({counted})", image.order)


def _too_small(image: Image, kernel: tuple[int, ...]) -> bool:
    """Whether the window is larger than its input, which nn.AvgPool3d refuses, whatever its padding."""
    return any(size is not None and size < k for size, k in zip(image.sizes, kernel, strict=True))


def _entry(kind: str, dims: int) -> Entry:
    average = kind == "Average"
    torch = f"{'Avg' if average else 'Max'}Pool{dims}d"
    what = "mean" if average else "maximum"
    size = REQUIRED if average else 2 if dims == 1 else (2,) * dims
    return Entry(
        keras=f"keras.layers.{kind}Pooling{dims}D",
        torch=(f"torch.nn.{torch}",),
        says=f"Takes the {what} of each window of a {('sequence', 'image', 'volume')[dims - 1]}, channel by channel.",
        arguments=(
            Argument("pool_size", "kernel_size", size),
            Argument("strides", "stride", None, note="in both, None means the window's own size"),
            Argument(
                "padding",
                "padding",
                "valid",
                note="same, where uneven, is ceil_mode=True (stride above 1) or one more before, cut off (stride 1)",
            ),
            Argument("data_format", None, None, note="channels_last is moved to torch's channels first", since="2.2.4"),
            *LAYER_ARGUMENTS,
        ),
        differences=window_differences(dims, average),
        defects=(edge_in_the_mean(dims),) if average else (),
        cases=window_cases(dims, average),
        aliases=(
            f"{'Avg' if average else 'Max'}Pool{dims}D",
            f"{kind}Pool{dims}D",
            f"tf.nn.{'avg' if average else 'max'}_pool{dims}d",
            f"F.{'avg' if average else 'max'}_pool{dims}d",
        ),
        emit=emit_window_pooling,
        layout="spatial",
        linear=average,
    )


MaxPooling1D = _entry("Max", 1)
MaxPooling2D = _entry("Max", 2)
MaxPooling3D = _entry("Max", 3)
AveragePooling1D = _entry("Average", 1)
AveragePooling2D = _entry("Average", 2)
AveragePooling3D = _entry("Average", 3)
