"""Configuration keys that every layer has, and what is left for its entry to read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from equivalence.errors import Refused
from equivalence.schema import Entry
from equivalence.translation.dtype_policies import computing, is_float, policies

#: Configuration keys that the emitter itself accounts for, on every layer.
GENERAL = frozenset({"name", "trainable", "dtype", "batch_input_shape", "batch_shape", "input_shape", "input_dtype"})
#: Policies of layers that compute no floats.
_OTHERS = ("int32", "int64", "bool", "string")


def translated_keys(config: Mapping[str, Any], entry: Entry, where: str) -> dict[str, Any]:
    """The keys that the entry has to read: for operations that state a dtype of their result, `dtype` too."""
    if entry.kind == "operation" and entry.argument("dtype"):
        return {key: value for key, value in config.items() if key not in GENERAL or key == "dtype"}
    for policy in policies(config.get("dtype")):
        if "_from_" in policy:
            raise Refused(
                f"{where}: is quantised (dtype={policy!r:.60}): what it takes and holds is rounded to few bits, which "
                "no entry translates; port the model as it was before quantize()."
            )
        if not is_float(computing(policy)) and policy not in _OTHERS:
            raise Refused(f"{where}: dtype={policy!r:.60} is not translated; save the model in float32.")
    return {key: value for key, value in config.items() if key not in GENERAL}
