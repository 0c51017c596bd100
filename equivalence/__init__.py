"""Keras <-> PyTorch: look a translation up, port a model, and see the proof.

The names below load what they need when they are first used: a lookup never imports a framework.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from equivalence.errors import EquivalenceError, Refused, Unavailable
    from equivalence.lookup import lookup
    from equivalence.port import Ported, port

__version__ = "0.1.0"
__all__ = ["EquivalenceError", "Ported", "Refused", "Unavailable", "lookup", "port"]

_HOME = {
    "EquivalenceError": "errors",
    "Ported": "port",
    "Refused": "errors",
    "Unavailable": "errors",
    "lookup": "lookup",
    "port": "port",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'equivalence' has no attribute {name!r}")
    value = getattr(import_module(f"equivalence.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
