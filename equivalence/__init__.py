"""Keras <-> PyTorch: look a translation up, port a model, and see the proof.

The names below load what they need when they are first used: a lookup never imports a framework.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from equivalence.errors import EquivalenceError, Refused, Unavailable
    from equivalence.lookup import lookup
    from equivalence.port import Ported, port
    from equivalence.transfer import Transferred, transfer

__version__ = "0.1.0"
__all__ = ["EquivalenceError", "Ported", "Refused", "Transferred", "Unavailable", "lookup", "port", "transfer"]

_HOME = {
    "EquivalenceError": "errors",
    "Ported": "port",
    "Refused": "errors",
    "Transferred": "transfer",
    "Unavailable": "errors",
    "lookup": "lookup",
    "port": "port",
    "transfer": "transfer",
}


class _Package(ModuleType):
    """This package. `equivalence.port` is the function: importing the module of that name does not hide it."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _HOME and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'equivalence' has no attribute {name!r}")
    value = getattr(import_module(f"equivalence.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
