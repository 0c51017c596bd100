"""Configuration keys that every layer has, and what is left for its entry to read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from equivalence.errors import Refused
from equivalence.schema import Entry

#: Configuration keys that the emitter itself accounts for, on every layer.
GENERAL = frozenset({"name", "trainable", "dtype", "batch_input_shape", "batch_shape", "input_shape", "input_dtype"})


def translated_keys(config: Mapping[str, Any], entry: Entry, where: str) -> dict[str, Any]:
    """The keys that the entry has to read: for operations that state a dtype of their result, `dtype` too."""
    if entry.kind == "operation" and entry.argument("dtype"):
        return {key: value for key, value in config.items() if key not in GENERAL or key == "dtype"}
    policy = config.get("dtype")
    if isinstance(policy, dict):
        policy = policy.get("config", {}).get("name") if isinstance(policy.get("config"), dict) else None
    if policy not in (None, "float32", "float64", "int32", "int64", "bool", "string"):
        raise Refused(f"{where}: dtype={policy!r:.60} is not translated; save the model in float32.")
    return {key: value for key, value in config.items() if key not in GENERAL}
