"""What the activations have in common: their entries' frame, and the emit functions of the plain ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from equivalence.catalogue.axes import held_dim
from equivalence.schema import Case, Entry
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

Emit = Callable[["Site"], "Value"]

#: Normally distributed inputs on both sides of every bend up to 1, and some beyond.
SHAPE = (5, 23)
DEFAULTS = Case("defaults", {}, x=SHAPE)


def activation(
    name: str, says: str, emit: Emit, torch: tuple[str, ...], cases: tuple[Case, ...] = (DEFAULTS,), **more: Any
) -> Entry:
    """The entry of one function of `keras.activations`; `more` are further fields of `Entry`."""
    return Entry(f"keras.activations.{name}", torch, says, emit, "activation", cases=cases, **more)


def torch_names(function: str, module: str = "") -> tuple[str, ...]:
    """The full names of a function of torch.nn.functional and of the module that wraps it."""
    return (f"torch.nn.functional.{function}", *([f"torch.nn.{module}"] if module else []))


def plain(function: str) -> Emit:
    """An emit function for `function(x)`: element by element, in whatever order the input lies."""

    def emit(site: Site) -> Value:
        return site.new(f"{function}({site.x})", site.x.order)

    return emit


def with_number(function: str, keras: str, torch: str, default: float, minimum: float | None = None) -> Emit:
    """An emit function for `function(x, torch=number)`, the number being Keras's argument `keras`.

    `default`: torch's, which is not written. Below `minimum` torch refuses what Keras computes.
    """

    def emit(site: Site) -> Value:
        number = site.config.number(keras)
        if minimum is not None and number < minimum:
            site.config.refuse(keras, number, f"is below {minimum:g}, for which torch's {function} has no meaning")
        return site.new(call(function, f"{site.x}", omit={torch: default}, **{torch: number}), site.x.order)

    return emit


def along_axis(function: str) -> Emit:
    """An emit function for `function(x, dim=axis)`, whose result depends on no order within the axis."""

    def emit(site: Site) -> Value:
        return site.new(
            call(function, f"{site.x}", dim=held_dim(site, site.x, site.config.value("axis"))), site.x.order
        )

    return emit


def unflattened(site: Site) -> Value:
    """The input, in Keras's order where it was flattened channels first: for what depends on positions."""
    return site.take(site.x, KERAS) if isinstance(site.x.order, tuple) else site.x
