"""Keras as the oracle: run in a child process of its own, never imported by the caller.

`client` and `live` are for the caller and import nothing heavy; `worker` and what it loads run in the child,
where Keras is imported.
"""

from __future__ import annotations

from equivalence.keras_side.client import KerasFailed, KerasProcess, available_backends
from equivalence.keras_side.live import is_keras_model, save

__all__ = ["KerasFailed", "KerasProcess", "available_backends", "is_keras_model", "save"]
