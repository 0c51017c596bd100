"""Arguments survive JSON."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from equivalence.keras_side.wire import decode, encode, used

ARGUMENTS = {
    "tuple-in-list": [(1, 2), 3],
    "getitem-key": (Ellipsis, slice(None, -1, 2), None, 0),
    "nested": {"shape": (2, -1), "options": {"axis": None, "keepdims": True}},
}


@pytest.mark.parametrize("argument", ARGUMENTS.values(), ids=ARGUMENTS.keys())
def test_arguments_come_back(argument: Any) -> None:
    assert decode(json.loads(json.dumps(encode(argument))), ()) == argument


def test_placeholders_become_the_tensors() -> None:
    call = encode({"initial_state": [{"$input": 2}, {"$input": 1}], "training": False})
    assert decode(call, "abc") == {"initial_state": ["c", "b"], "training": False}
    assert used(call) == {1, 2}


def test_array_constants_keep_their_dtype() -> None:
    array = decode({"$array": [[1, 2]], "dtype": "int16"}, ())
    assert array.dtype == np.int16 and array.shape == (1, 2)
