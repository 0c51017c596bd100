"""Arguments of a case as JSON: what Python has and JSON lacks is written as a dictionary with one "$" key.

`{"$input": k}` stands for the k-th input tensor, `{"$tuple": [...]}`, `{"$slice": [start, stop, step]}`,
`{"$ellipsis": true}` and `{"$array": nested lists, "dtype": name}` for what they say.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from equivalence.translation.structure import leaves, mapped


def encode(value: Any) -> Any:
    """A nested argument as JSON; placeholders pass as they are."""
    return mapped(_encoded, value, whole=_is_tuple)


def _encoded(leaf: Any) -> Any:
    if _is_tuple(leaf):
        return {"$tuple": [encode(item) for item in leaf]}
    if isinstance(leaf, slice):
        return {"$slice": [leaf.start, leaf.stop, leaf.step]}
    return {"$ellipsis": True} if leaf is Ellipsis else leaf


def _is_tuple(value: Any) -> bool:
    return isinstance(value, tuple)


def decode(value: Any, inputs: Sequence[Any]) -> Any:
    """The argument again, with the tensors in their places."""
    return mapped(lambda leaf: _decoded(leaf, inputs) if _is_marked(leaf) else leaf, value, whole=_is_marked)


def _decoded(leaf: dict[str, Any], inputs: Sequence[Any]) -> Any:
    if "$input" in leaf:
        return inputs[leaf["$input"]]
    if "$tuple" in leaf:
        return tuple(decode(leaf["$tuple"], inputs))
    if "$slice" in leaf:
        return slice(*leaf["$slice"])
    if "$ellipsis" in leaf:
        return Ellipsis
    import numpy as np

    return np.array(leaf["$array"], leaf["dtype"])


def _is_marked(value: Any) -> bool:
    return isinstance(value, dict) and bool(value.keys() & {"$input", "$tuple", "$slice", "$ellipsis", "$array"})


def used(value: Any) -> set[int]:
    """Numbers of the inputs that an encoded argument takes itself, which are then not positional."""
    return {leaf["$input"] for leaf in leaves(value, whole=_is_input) if _is_input(leaf)}


def _is_input(value: Any) -> bool:
    return isinstance(value, dict) and "$input" in value
