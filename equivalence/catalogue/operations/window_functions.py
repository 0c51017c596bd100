"""Window functions of signal processing: bartlett, blackman, hamming, hanning, kaiser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.operation_parts import stored
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

_SINGLE = "Keras computes it in float32, whatever its default dtype"


def emit_window(site: Site) -> Value:
    """The torch function, symmetric: torch's windows are periodic unless told otherwise."""
    beta = site.config.number("beta") if site.entry.argument("beta") else None
    size = site.config.integer("x", minimum=0)
    text = call(site.entry.torch[0], size, periodic=False, beta=beta, dtype="torch.float32", omit={"beta": None})
    return site.new(text, KERAS)


def _window(name: str, torch: str, says: str, single: bool = False, beta: bool = False) -> Entry:
    more = {"beta": 8.5} if beta else {}
    return Entry(
        keras=f"keras.ops.{name}",
        torch=(torch,),
        says=says,
        emit=emit_window,
        kind="operation",
        arguments=(
            Argument("x", "window_length", note="how many numbers"),
            *((Argument("beta", "beta"),) if beta else ()),
        ),
        differences=(
            Difference(
                "periodic",
                "Keras's window is symmetric; torch's ends one number before it would repeat.",
                case="odd",
                swap=(("periodic=False", "periodic=True"),),
            ),
        ),
        cases=tuple(
            Case(id, {"x": size, **more}, x=(), max_rel=1e-6 if single else 1e-10, because=_SINGLE if single else "")
            for id, size in (("odd", 7), ("even", 8), ("one", 1))
        ),
        aliases=(f"np.{name}",),
        stored=stored(name.capitalize()),
    )


Bartlett = _window("bartlett", "torch.bartlett_window", "A triangle from 0 over 1 to 0.")
Blackman = _window("blackman", "torch.blackman_window", "The Blackman window, a sum of three cosines.")
Hamming = _window("hamming", "torch.hamming_window", "The Hamming window, a raised cosine.", single=True)
Hanning = _window("hanning", "torch.hann_window", "The Hann window, half a cosine.", single=True)
Kaiser = _window("kaiser", "torch.kaiser_window", "The Kaiser window.", single=True, beta=True)
