"""What the convolutions have in common: their arguments, and padding="same" and "causal" in torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from equivalence.code import call
from equivalence.padding import pad_argument, same_padding, symmetric
from equivalence.schema import LAYER_ARGUMENTS, Argument

if TYPE_CHECKING:
    from equivalence.site import Image, Site, Value

SAME_PAD = '''
def same_pad(
    x: Tensor, kernel: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...], value: float = 0.0
) -> Tensor:
    """Keras's padding="same": as much as ceil(size / stride) outputs need, the odd one at the end."""
    pads: list[int] = []
    for size, k, s, d in zip(reversed(x.shape[2:]), reversed(kernel), reversed(stride), reversed(dilation)):
        total = max((-(-size // s) - 1) * s + (k - 1) * d + 1 - size, 0)
        pads += [total // 2, total - total // 2]
    return F.pad(x, pads, value=value)
'''

#: torch's defaults; arguments equal to them are not written.
DEFAULTS = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "bias": True}


def initialised(*names: str) -> tuple[Argument, ...]:
    """The initialiser, regulariser and constraint arguments of the named weights: inert."""
    made = []
    for name in names:
        made += [
            Argument(f"{name}_initializer", None, "zeros" if name == "bias" else "glorot_uniform", inert=True),
            Argument(f"{name}_regularizer", None, None, inert=True, note="adds to the loss, not to the output"),
            Argument(f"{name}_constraint", None, None, inert=True, note="acts in Keras's training step"),
        ]
    return tuple(made)


def arguments(dims: int, *weights: str, kernel: str = "kernel_size") -> tuple[Argument, ...]:
    """The arguments that every convolution over `dims` axes has."""
    one = 1 if dims == 1 else (1,) * dims
    return (
        Argument(kernel, "kernel_size"),
        Argument("strides", "stride", one),
        Argument("padding", "padding", "valid", note="same: computed; where it is uneven, F.pad stands before"),
        Argument("data_format", None, None, note="channels_last is moved to torch's channels first"),
        Argument("dilation_rate", "dilation", one),
        Argument("activation", None, None, note="a call after the convolution"),
        Argument("use_bias", "bias", True),
        *initialised(*weights, "bias"),
        *LAYER_ARGUMENTS,
    )


def padded(
    site: Site, image: Image, kernel: Sequence[int], strides: Sequence[int], dilation: Sequence[int]
) -> tuple[str, int | tuple[int, ...]]:
    """The input expression and the `padding` argument that together give Keras's padding."""
    choices = ("valid", "same", "causal") if len(kernel) == 1 else ("valid", "same")
    padding = site.config.choice("padding", *choices)
    if padding == "valid":
        return f"{image}", 0
    if padding == "causal":
        before = dilation[0] * (kernel[0] - 1)
        return (f"F.pad({image}, ({before}, 0))" if before else f"{image}"), 0
    pads = same_padding(image.sizes, kernel, strides, dilation)
    if pads is None:
        name = site.helper(SAME_PAD)
        return call(name, f"{image}", tuple(kernel), tuple(strides), tuple(dilation)), 0
    even = symmetric(pads)
    if even is not None:
        return f"{image}", even[0] if len(set(even)) == 1 else even
    return call("F.pad", f"{image}", pad_argument(pads)), 0


def activated(site: Site, image: Image, expr: str) -> Value:
    """The convolution's output after its activation."""
    return site.activate(site.new(expr, image.order))
