"""A module of the user's own in place of a layer of the user's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from equivalence.catalogue import register
from equivalence.emit.guard import allow_import
from equivalence.schema import LAYER_ARGUMENTS, Argument, Entry, Weight
from equivalence.translation.call_site import Site, Value
from equivalence.translation.order import FIRST, KERAS
from equivalence.translation.python_text import call

#: Arguments that the base class of every layer takes and writes.
_OF_EVERY_LAYER = (*LAYER_ARGUMENTS, Argument("autocast", None, True, inert=True))


def register_module(
    layer: str,
    module: type,
    *,
    weights: Mapping[str, str | tuple[str, str]] | None = None,
    arguments: Callable[[dict[str, Any]], Mapping[str, Any]] | None = None,
    registered: str = "",
    channels_first: bool = False,
    mask: str = "stop",
) -> None:
    """Has ports use `module` for a Keras class that cannot be traced; the emitted file imports it.

    `layer`: the full name of the Keras class, "my_layers.Spectral". `module`: a class of `torch.nn.Module` that can
    be imported by its module's name. `weights`: for each of the layer's weights, in the order in which Keras has
    them, the parameter that takes it, and, where it lies otherwise there, an einops pattern from Keras's array to
    torch's: {"kernel": ("weight", "i o -> o i"), "bias": "bias"}. `arguments`: from the layer's configuration to the
    keyword arguments of the module (numbers, flags and tuples of these); left out, there are none. `registered`: the
    name under which Keras saves the class ("my_package>Spectral"), if it was registered. `channels_first`: the module
    takes images as torch has them; else it takes tensors as Keras has them. `mask`: "inherit" if the layer's output
    keeps its input's.

    Verified like everything else: Keras's layer and the module are compared. Raises ValueError where the class has
    an entry already, or `module` cannot be imported.
    """
    source, name = module.__module__, module.__name__
    if source == "__main__" or "<" in module.__qualname__ or "." in module.__qualname__:
        raise ValueError(f"{module.__qualname__} of {source} cannot be imported: write it at the top of a file")
    rules = tuple(_rule(keras, torch) for keras, torch in (weights or {}).items())
    order = FIRST if channels_first else KERAS

    def emit(site: Site) -> Value:
        configuration = {key: site.config.value(key) for key in site.layer.config if key not in _NOT_HANDED_ON}
        allow_import(source)
        site.helper(f"from {source} import {name}")
        made = site.module(call(name, **dict(arguments(configuration) if arguments else {})))
        return site.new(f"{made}({site.take(site.x, order)})", order)

    entry = Entry(
        layer, (f"{source}.{name}",), f"Ported as {name}, a module of the caller's own.", emit,
        arguments=_OF_EVERY_LAYER, weights=rules, mask=mask,
    )  # fmt: skip
    register(entry, registered or layer.rpartition(".")[2])


_NOT_HANDED_ON = ("name", "trainable", "dtype", "autocast", "activity_regularizer", "batch_shape")


def _rule(keras: str, torch: str | tuple[str, str]) -> Weight:
    return Weight(keras, torch) if isinstance(torch, str) else Weight(keras, *torch)
