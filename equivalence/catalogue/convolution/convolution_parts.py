"""What the convolutions have in common: their arguments, and Keras's paddings in torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from equivalence.catalogue.weight_arguments import initialised
from equivalence.schema import LAYER_ARGUMENTS, Argument
from equivalence.translation.python_text import call, squeeze
from equivalence.translation.same_padding import pad_argument, same_padding, symmetric

if TYPE_CHECKING:
    from equivalence.translation.call_site import Image, Site, Value

SAME_PAD = '''
def same_pad(
    x: Tensor, window: tuple[int, ...], stride: tuple[int, ...], value: float = 0.0
) -> Tensor:
    """Keras's padding="same": `value` for ceil(size / stride) windows an axis, the odd one last.

    window: elements that one window spans on each axis, (kernel - 1) * dilation + 1
    """
    pads: list[int] = []
    for axis in range(len(window) - 1, -1, -1):  # F.pad lists the last axis first
        total = window[axis] - 1 - (x.shape[axis + 2] - 1) % stride[axis]
        if window[axis] < stride[axis]:
            total = max(total, 0)
        pads += [total // 2, total - total // 2]
    return F.pad(x, pads, value=value)
'''

#: torch's defaults; arguments equal to them are not written.
DEFAULTS = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "bias": True}

#: Why a channels_first case names Keras on torch as its oracle.
NO_KERNEL = "TensorFlow has no CPU kernel for channels_first"

#: What Keras 2 wrote for every subclass of its Conv, whether the layer used it or not.
KERAS_2 = (
    Argument("groups", None, 1, note="Keras 2 wrote it for layers that have no groups"),
    Argument("kernel_initializer", None, None, inert=True),
    Argument("kernel_regularizer", None, None, inert=True),
    Argument("kernel_constraint", None, None, inert=True),
)


class Window(NamedTuple):
    """Kernel, strides and dilation of a convolution, one number an axis."""

    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    dilation: tuple[int, ...]

    @property
    def spans(self) -> tuple[int, ...]:
        """How many elements the dilated kernel spans on each axis."""
        return tuple((k - 1) * d + 1 for k, d in zip(self.kernel, self.dilation, strict=True))

    def options(self) -> dict[str, Any]:
        """torch's keyword arguments for it."""
        return {
            "kernel_size": squeeze(self.kernel),
            "stride": squeeze(self.strides),
            "dilation": squeeze(self.dilation),
        }


def window(site: Site, dims: int) -> Window:
    """The window that the configuration states, over `dims` axes."""
    config = site.config
    return Window(
        config.integers("kernel_size", dims), config.integers("strides", dims), config.integers("dilation_rate", dims)
    )


def arguments(dims: int, *kernels: str, own: tuple[Argument, ...] = ()) -> tuple[Argument, ...]:
    """The arguments of a convolution over `dims` axes with these kernels; `own` are those only it has."""
    one = 1 if dims == 1 else (1,) * dims
    return (
        Argument("kernel_size", "kernel_size"),
        Argument("strides", "stride", one),
        Argument("padding", "padding", "valid", note="same is computed; where it is uneven, F.pad stands before"),
        Argument("data_format", None, None, note="channels_last is moved to torch's channels first", since="2.2"),
        Argument("dilation_rate", "dilation", one, since=None),
        *own,
        Argument("activation", None, None, note="a call after the convolution"),
        Argument("use_bias", "bias", True),
        *initialised(*kernels, "bias"),
        *LAYER_ARGUMENTS,
    )


def padded(site: Site, image: Image, over: Window, causal: bool = False) -> tuple[str, int | tuple[int, ...]]:
    """The input expression and the `padding` argument that together give Keras's padding.

    Even padding becomes the argument; uneven padding is a F.pad of its own, computed while the
    model runs where it depends on a size that is unknown. `causal`: whether Keras's layer allows it.
    """
    padding = site.config.choice("padding", "valid", "same", *(("causal",) if causal else ()))
    if padding == "valid":
        return f"{image}", 0
    if padding == "causal":
        before = over.spans[0] - 1
        return (f"F.pad({image}, ({before}, 0))" if before else f"{image}"), 0
    pads = same_padding(image.sizes, over.kernel, over.strides, over.dilation)
    if pads is None:
        return call(site.helper(SAME_PAD), f"{image}", over.spans, over.strides), 0
    even = symmetric(pads)
    if even is not None:
        return f"{image}", squeeze(even)
    return call("F.pad", f"{image}", pad_argument(pads)), 0


def activated(site: Site, image: Image, expr: str) -> Value:
    """The convolution's output after its activation."""
    return site.activate(site.new(expr, image.order))
