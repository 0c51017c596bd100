"""Pooling: modules of torch.nn, functions of torch.nn.functional."""

from __future__ import annotations

from collections.abc import Callable

from equivalence.catalogue.from_torch.padding_parts import as_tuple
from equivalence.catalogue.from_torch.torch_rows import FromTorch, nothing, row
from equivalence.translation.keras_templates import Cannot, Given

_SAMPLE = ("seq", "image", "volume")
_NO_KERNEL = "TensorFlow has no kernels in float64 for pooling of a volume"
_INDICES = (
    "Keras's pooling tells no indices of the largest numbers; take what needs them from "
    "keras.ops.image.extract_patches and keras.ops.argmax"
)


def _widths(given: Given, dims: int) -> list[tuple[int, int]]:
    """What is padded before and after each axis, so that windows without padding give torch's."""
    kernel, padding = as_tuple(given.value("kernel_size"), dims), as_tuple(given.value("padding"), dims)
    stride = kernel if given.is_none("stride") else as_tuple(given.value("stride"), dims)
    if not given.value("ceil_mode"):
        return [(each, each) for each in padding]
    if any(s > k - p for k, s, p in zip(kernel, stride, padding, strict=True)):
        raise Cannot("ceil_mode with a stride above kernel_size - padding: what torch leaves out depends on the sizes")
    return [(each, each + step - 1) for each, step in zip(padding, stride, strict=True)]


def _largest(dims: int, functional: bool) -> Callable[[Given], str]:
    def write(given: Given) -> str:
        if given.value("return_indices"):
            raise Cannot(_INDICES)
        if set(as_tuple(given.value("dilation"), dims)) != {1}:
            raise Cannot(
                "Keras's pooling has no dilation; take every dilation-th pixel first, or "
                "keras.ops.image.extract_patches"
            )
        x, widths = "input" if functional else "x", _widths(given, dims)
        if any(map(any, widths)):
            x = f"keras.ops.pad({x}, {((0, 0), *widths, (0, 0))!r}, constant_values=-np.inf)"
        if functional:
            return f"keras.ops.max_pool({x}, kernel_size, strides=stride)"
        return f"keras.layers.MaxPooling{dims}D(kernel_size, strides=stride)({x})"

    return write


def _mean(dims: int, functional: bool) -> Callable[[Given], str]:
    def write(given: Given) -> str:
        if given.value("ceil_mode"):
            raise Cannot(
                "ceil_mode: torch divides by what of the last window is inside, which Keras's padding='same' does alone"
            )
        x, widths = "input" if functional else "x", _widths(given, dims)
        pool = (
            "keras.ops.average_pool({}, kernel_size, strides=stride)"
            if functional
            else f"keras.layers.AveragePooling{dims}D(kernel_size, strides=stride)({{}})"
        )
        padded, text = x, pool.format(x)
        if any(map(any, widths)):
            whole = f"{((0, 0), *widths, (0, 0))!r}"
            padded = (
                f"keras.layers.ZeroPadding{dims}D(padding)({x})" if not functional else f"keras.ops.pad({x}, {whole})"
            )
            text = pool.format(padded)
            if not given.value("count_include_pad"):
                counted = pool.format(f"keras.ops.pad(keras.ops.ones_like({x}), {whole})")
                text = f"{text} / {counted}"
        divisor = given.of("divisor_override") if given.has("divisor_override") else None
        if divisor:
            size = 1
            for each in as_tuple(given.value("kernel_size"), dims):
                size *= each
            text = f"{text} * {size / divisor!r}"
        return text

    return write


def _powers(dims: int, functional: bool) -> Callable[[Given], str]:
    def write(given: Given) -> str:
        if given.value("ceil_mode"):
            raise Cannot("ceil_mode: the last windows reach beyond the end, which Keras's pooling leaves out")
        size = 1
        for each in as_tuple(given.value("kernel_size"), dims):
            size *= each
        x = "input" if functional else "x"
        mean = f"keras.ops.average_pool({x} ** norm_type, kernel_size, strides=stride)"
        return f"({mean} * {size}) ** (1 / norm_type)"

    return write


def _adaptive(dims: int, kind: str, functional: bool) -> Callable[[Given], str]:
    function = "average" if kind == "Average" else "max"

    def write(given: Given) -> str:
        if given.has("return_indices") and given.value("return_indices"):
            raise Cannot(_INDICES)
        sizes = as_tuple(given.of("output_size", 0), dims)
        if None in sizes:
            raise Cannot("None keeps a size as it is: write that size out")
        if set(sizes) == {1}:
            axes = tuple(range(1, dims + 1))
            if functional:
                return f"keras.ops.{'mean' if kind == 'Average' else 'max'}(input, axis={axes}, keepdims=True)"
            return f"keras.layers.Global{kind}Pooling{dims}D(keepdims=True)(x)"
        if functional:
            return f"keras.ops.adaptive_{function}_pool(input, output_size)"
        return f"keras.layers.Adaptive{kind}Pooling{dims}D(output_size)(x)"

    return write


def _rows(dims: int) -> tuple[FromTorch, ...]:
    sample, indices = _SAMPLE[dims - 1], "return_indices=False"
    options = "kernel_size, stride=None, padding=0"
    override = ", divisor_override=None" if dims > 1 else ""
    volume = {"oracle": "torch", "because": _NO_KERNEL} if dims == 3 else {}
    largest = ("(3, stride=2, padding=1)", "(2)", "(3, 2, ceil_mode=True)")
    mean = ["(3, stride=2, padding=1)", "(2)", "(3, 2, 1, count_include_pad=False)"]
    if dims > 1:
        mean.append("(2, divisor_override=3)")

    def cases(name: str, arguments: list[str] | tuple[str, ...]) -> list[str]:
        if name.startswith("nn."):
            return [f"{name}{each}({sample})" for each in arguments]
        return [f"{name}({sample}, {each[1:]}" for each in arguments]

    pool, average, power = f"nn.MaxPool{dims}d", f"nn.AvgPool{dims}d", f"nn.LPPool{dims}d"
    f_pool, f_average, f_power = f"F.max_pool{dims}d", f"F.avg_pool{dims}d", f"F.lp_pool{dims}d"
    adaptive_cases = ("(1)", "(2)", "((2, 3))") if dims == 2 else ("(1)", "(2)")
    adaptive = []
    for kind, word, written in (("Average", "Avg", "avg"), ("Max", "Max", "max")):
        name, function = f"nn.Adaptive{word}Pool{dims}d", f"F.adaptive_{written}_pool{dims}d"
        told = f", {indices}" if kind == "Max" else ""
        also = (f"torch.adaptive_{written}_pool1d",) if dims == 1 else ()
        adaptive += [
            row(f"{name}(output_size{told})(x)", _adaptive(dims, kind, False), *cases(name, adaptive_cases), **volume),
            row(
                f"{function}(input, output_size{told})",
                _adaptive(dims, kind, True),
                *cases(function, adaptive_cases),
                also=also,
                **volume,
            ),
        ]
    return (
        row(
            f"{pool}({options}, dilation=1, {indices}, ceil_mode=False)(x)",
            _largest(dims, False),
            *cases(pool, largest),
            watch=("Keras's padding='same' is another thing: it pads less at the start where the stride is above 1.",),
            **volume,
        ),
        row(
            f"{f_pool}(input, {options}, dilation=1, ceil_mode=False, {indices})",
            _largest(dims, True),
            *cases(f_pool, ("(3, stride=2, padding=1)", "(2)", "(3, 2, ceil_mode=True)")),
            also=(f"torch.max_pool{dims}d",),
            **volume,
        ),
        row(
            f"{average}({options}, ceil_mode=False, count_include_pad=True{override})(x)",
            _mean(dims, False),
            *cases(average, mean),
        ),
        row(
            f"{f_average}(input, {options}, ceil_mode=False, count_include_pad=True{override})",
            _mean(dims, True),
            *cases(f_average, mean),
            also=(f"torch.avg_pool{dims}d",) if dims == 1 else (),
        ),
        row(
            f"{power}(norm_type, kernel_size, stride=None, ceil_mode=False)(x)",
            _powers(dims, False),
            *cases(power, ("(2, 3, stride=2)", "(2.0, 2)")),
        ),
        row(
            f"{f_power}(input, norm_type, kernel_size, stride=None, ceil_mode=False)",
            _powers(dims, True),
            *cases(f_power, ("(2, 3, stride=2)", "(2.0, 2)")),
        ),
        *adaptive,
    )


_WITH_INDICES = "kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False"
ROWS = (
    *_rows(1),
    *_rows(2),
    *_rows(3),
    *nothing(
        "Keras has no pooling over windows of random places; take keras.layers.MaxPooling2D or 3D with the nearest "
        "whole "
        "stride, or keras.layers.AdaptiveMaxPooling2D for the output's size.",
        "nn.FractionalMaxPool2d(kernel_size, output_size=None, output_ratio=None, return_indices=False)(x)",
        "nn.FractionalMaxPool3d(kernel_size, output_size=None, output_ratio=None, return_indices=False)(x)",
        "F.fractional_max_pool2d(input, kernel_size, output_size=None, output_ratio=None, return_indices=False)",
        "F.fractional_max_pool3d(input, kernel_size, output_size=None, output_ratio=None, return_indices=False)",
        "F.fractional_max_pool2d_with_indices(input, kernel_size, output_size=None, output_ratio=None)",
        "F.fractional_max_pool3d_with_indices(input, kernel_size, output_size=None, output_ratio=None)",
    ),
    *nothing(
        f"{_INDICES}, and scatter back with keras.ops.scatter.",
        *(f"nn.MaxUnpool{dims}d(kernel_size, stride=None, padding=0)(x, indices)" for dims in (1, 2, 3)),
        *(f"F.max_unpool{dims}d(input, indices, kernel_size, stride=None, padding=0)" for dims in (1, 2, 3)),
        *(f"F.max_pool{dims}d_with_indices(input, {_WITH_INDICES})" for dims in (1, 2, 3)),
        "torch.max_pool1d_with_indices()",
        *(f"F.adaptive_max_pool{dims}d_with_indices(input, output_size)" for dims in (1, 2, 3)),
    ),
)
