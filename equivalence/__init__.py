"""Keras <-> PyTorch: look a translation up, port a model, and see the proof.

The names below load what they need when they are first used: a lookup never imports a framework.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from equivalence.asserting import assert_equivalent
    from equivalence.checking import check
    from equivalence.diagnosis.findings import Check
    from equivalence.errors import EquivalenceError, Refused, Unavailable
    from equivalence.formats.file_limits import Limits
    from equivalence.looking_up import lookup
    from equivalence.own_modules import register_module
    from equivalence.porting import dry_run, port
    from equivalence.porting_many import port_all
    from equivalence.torch_side.for_inference import for_inference
    from equivalence.transferring import Transferred, transfer
    from equivalence.translating import Translation, translate
    from equivalence.verification.ported import Ported

__version__ = "0.1.0"
__all__ = [
    "Check",
    "EquivalenceError",
    "Limits",
    "Ported",
    "Refused",
    "Transferred",
    "Translation",
    "Unavailable",
    "assert_equivalent",
    "check",
    "dry_run",
    "for_inference",
    "lookup",
    "port",
    "port_all",
    "register_module",
    "transfer",
    "translate",
]

_HOME = {
    "Check": "diagnosis.findings",
    "EquivalenceError": "errors",
    "Limits": "formats.file_limits",
    "Ported": "verification.ported",
    "Refused": "errors",
    "Transferred": "transferring",
    "Translation": "translating",
    "Unavailable": "errors",
    "assert_equivalent": "asserting",
    "check": "checking",
    "dry_run": "porting",
    "for_inference": "torch_side.for_inference",
    "lookup": "looking_up",
    "port": "porting",
    "port_all": "porting_many",
    "register_module": "own_modules",
    "transfer": "transferring",
    "translate": "translating",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'equivalence' has no attribute {name!r}")
    value = getattr(import_module(f"equivalence.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
