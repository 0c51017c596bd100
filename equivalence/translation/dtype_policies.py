"""The dtype policies of Keras's layers, and in which float the port computes (decision 20)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

FLOATS = ("float32", "float64", "float16", "bfloat16")
NARROW = frozenset({"float16", "bfloat16"})
#: What emitted code and its modules hold, whatever float it is in Keras; a whole file is widened to float64.
PORTED = "float32"
_MIXED = "mixed_"


def policies(dtype: Any) -> Iterator[str]:
    """The names of what a configuration says under `dtype`: one, or several of a DTypePolicyMap; none for None.

    Quantised ones are called as Keras calls them, "int8_from_float32".
    """
    if isinstance(dtype, dict):
        config = dtype.get("config", dtype.get("name"))
        if not isinstance(config, dict):
            yield str(config)
        elif "policy_map" in config:
            yield from policies(config.get("default_policy"))
            for inner in config["policy_map"].values() if isinstance(config["policy_map"], dict) else ():
                yield from policies(inner)
        elif "mode" in config:
            yield f"{config['mode']}_from_{config.get('source_name')}"
        else:
            yield str(config.get("name"))
    elif dtype is not None:
        yield str(dtype)


def computing(policy: str) -> str:
    """The dtype that a layer of a policy computes in: "float16" for "mixed_float16"."""
    return policy.removeprefix(_MIXED)


def is_float(dtype: str) -> bool:
    return dtype in FLOATS


def ported(dtype: str) -> str:
    """The dtype of Keras as emitted code has it."""
    return PORTED if is_float(dtype) else dtype
