"""What the entries of initializers have in common: which tensor of a torch layer they fill, and fans."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from equivalence.schema import Argument, Case, Difference, without_counterpart
from equivalence.translation.python_text import literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site

#: Keras's seed draws other numbers than torch's of the same value.
SEED = Argument(
    "seed", None, None, inert=True, note="torch.manual_seed, or generator=; other numbers of one distribution"
)
#: Layers whose kernel torch holds with the axes that its fans are counted from, as Keras counts them.
PLAIN = (
    "Dense", "Conv1D", "Conv2D", "Conv3D", "Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose",
    "MultiHeadAttention", "LSTM",
)  # fmt: skip
DEPTHWISE = "layer.weight.unflatten(0, (layer.in_channels, -1)).transpose(0, 1)"


def kernel(site: Site) -> str:
    """The tensor to fill, whose fans torch.nn.init counts as Keras does: the call's `layer` says whose it is.

    torch counts them from (out, in, window): a depthwise weight has 1 there for all its channels, and that of an
    Embedding has its rows and columns exchanged.
    """
    of = site.keyword("layer", "Dense")
    if of == "bias":
        return "layer.bias"
    if of == "LSTM":
        return "layer.weight_ih_l0"
    if of == "LSTM, recurrent":
        return "layer.weight_hh_l0"
    return {"DepthwiseConv1D": DEPTHWISE, "DepthwiseConv2D": DEPTHWISE, "Embedding": "layer.weight.T"}.get(
        of, "layer.weight"
    )


def filled(function: str, tensor: str, **settings: float) -> str:
    """The call of one of torch.nn.init's functions; a mean of 0 is its default."""
    given = {name: value for name, value in settings.items() if (name, value) not in (("mean", 0.0), ("val", None))}
    return f"nn.init.{function}({', '.join([tensor, *(f'{k}={literal(v)}' for k, v in given.items())])})"


def cases(*layers: str, **config: object) -> tuple[Case, ...]:
    """A case for each layer's kernel."""
    return tuple(
        Case(layer.lower().replace(", ", "-"), config, x=(), call={"layer": layer}, trial={"layer": layer})
        for layer in layers
    )


def instead(text: str) -> Callable[[Site], str]:
    """A naive form: `text`, in which {} is the tensor to fill, whatever the settings are."""

    def naive(site: Site) -> str:
        for argument in site.entry.arguments:
            site.config.value(argument.keras)
        return text.format(kernel(site))

    return naive


def default_difference(says: str) -> Difference:
    """torch's own default in place of the initializer: even within 1 / sqrt(fan_in), written as kaiming's."""
    return Difference(
        "torch-default", says, case="dense", naive=instead("nn.init.kaiming_uniform_({}, a=math.sqrt(5))")
    )


#: The entry of what torch has nothing for.
no_counterpart = partial(without_counterpart, "initializer")
