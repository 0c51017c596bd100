"""Arguments of a case as JSON: what Python has and JSON lacks is written as a dictionary with one "$" key.

`{"$input": k}` stands for the k-th input tensor, `{"$tuple": [...]}`, `{"$slice": [start, stop, step]}`,
`{"$ellipsis": true}` and `{"$array": nested lists, "dtype": name}` for what they say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def encode(value: Any) -> Any:
    """A nested argument as JSON; placeholders pass as they are."""
    if isinstance(value, Mapping):
        return {key: encode(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return {"$tuple": [encode(item) for item in value]}
    if isinstance(value, list):
        return [encode(item) for item in value]
    if isinstance(value, slice):
        return {"$slice": [value.start, value.stop, value.step]}
    return {"$ellipsis": True} if value is Ellipsis else value


def decode(value: Any, inputs: Sequence[Any]) -> Any:
    """The argument again, with the tensors in their places."""
    if isinstance(value, list):
        return [decode(item, inputs) for item in value]
    if not isinstance(value, dict):
        return value
    if "$input" in value:
        return inputs[value["$input"]]
    if "$tuple" in value:
        return tuple(decode(item, inputs) for item in value["$tuple"])
    if "$slice" in value:
        return slice(*value["$slice"])
    if "$ellipsis" in value:
        return Ellipsis
    if "$array" in value:
        import numpy as np

        return np.array(value["$array"], value["dtype"])
    return {key: decode(item, inputs) for key, item in value.items()}


def used(value: Any) -> set[int]:
    """Numbers of the inputs that an encoded argument takes itself, which are then not positional."""
    if isinstance(value, list):
        return set().union(*map(used, value))
    if isinstance(value, dict):
        return {value["$input"]} if "$input" in value else used(list(value.values()))
    return set()
