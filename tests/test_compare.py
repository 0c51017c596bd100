"""The harness is itself tested: whatever is not the same must be rejected, and the message must say where."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

from equivalence.verification.compare import compare

EXPECTED = np.random.default_rng(7).standard_normal((2, 5, 3))
NAN_AT_ONE = np.where(np.arange(30).reshape(2, 5, 3) == 7, np.nan, EXPECTED)
INF_AT_ONE = np.where(np.arange(30).reshape(2, 5, 3) == 7, np.inf, EXPECTED)


def perturbed(by: float) -> Any:
    array = EXPECTED.copy()
    array[1, 3, 2] += by * np.abs(EXPECTED).max()
    return array


REJECTED = {
    "one-element-perturbed": (perturbed(1e-9), EXPECTED, "value"),
    "transposed": (EXPECTED.transpose(1, 0, 2), EXPECTED, "shape"),
    "transposed-square": (EXPECTED[0, :3].T, EXPECTED[0, :3], "value"),
    "outputs-swapped": ([EXPECTED[0], EXPECTED[1]], [EXPECTED[1], EXPECTED[0]], "value"),
    "nan-in-actual": (NAN_AT_ONE, EXPECTED, "nan"),
    "nan-in-expected": (EXPECTED, NAN_AT_ONE, "nan"),
    "nan-in-both": (NAN_AT_ONE, NAN_AT_ONE, "nan"),
    "infinity-in-actual": (INF_AT_ONE, EXPECTED, "infinite"),
    "infinity-of-other-sign": (INF_AT_ONE, np.where(np.isinf(INF_AT_ONE), -np.inf, INF_AT_ONE), "infinite"),
    "infinity-for-nan": (INF_AT_ONE, NAN_AT_ONE, "nan"),
    "integer-for-float": (np.ones((2, 3), int), np.ones((2, 3)), "dtype"),
    "bool-for-integer": (np.ones((2, 3), bool), np.ones((2, 3), int), "dtype"),
    "object-array": (np.array([1.0, None]), np.array([1.0, None]), "dtype"),
    "broadcastable": (np.ones((1, 3)), np.ones((2, 3)), "shape"),
    "scalar-for-array": (1.0, np.ones((2, 3)), "shape"),
    "missing-key": ({"a": 1.0}, {"a": 1.0, "b": 2.0}, "structure"),
    "extra-key": ({"a": 1.0, "b": 2.0}, {"a": 1.0}, "structure"),
    "missing-element": ([EXPECTED], [EXPECTED, EXPECTED], "structure"),
    "extra-element": ([EXPECTED, EXPECTED], [EXPECTED], "structure"),
    "nothing-for-all": ([], [EXPECTED], "structure"),
    "list-for-tensor": ([EXPECTED], EXPECTED, "structure"),
    "none-for-tensor": (None, EXPECTED, "structure"),
    "text-for-tensor": ("1.0", 1.0, "structure"),
    "expected-all-zero": (np.full(3, 1e-30), np.zeros(3), "value"),
    "large-integers-one-apart": (np.array([2**60 + 1]), np.array([2**60]), "value"),
}


@pytest.mark.parametrize(("actual", "expected", "what"), REJECTED.values(), ids=REJECTED.keys())
def test_a_difference_is_rejected(actual: Any, expected: Any, what: str) -> None:
    result = compare(actual, expected)
    assert not result.equal
    assert what in {mismatch.what for mismatch in result.mismatches}
    assert result.message.startswith("output")


ACCEPTED = {
    "itself": (EXPECTED, EXPECTED),
    "rounding": (perturbed(1e-12), EXPECTED),
    "tuple-for-list": ((EXPECTED, 2.0), [EXPECTED, 2.0]),
    "keys-in-other-order": ({"a": 1.0, "b": 2.0}, {"b": 2.0, "a": 1.0}),
    "same-infinities": (INF_AT_ONE, INF_AT_ONE),
    "integers-of-other-width": (np.arange(6, dtype=np.int32), np.arange(6, dtype=np.int64)),
    "floats-of-other-width": (np.float32(0.5), np.float64(0.5)),
    "both-zero": (np.zeros(3), np.zeros(3)),
    "both-empty": (np.zeros((0, 3)), np.zeros((0, 3))),
    "both-none": ({"mask": None}, {"mask": None}),
    "complex": (EXPECTED + 1e-14j, EXPECTED + 0j),
}


@pytest.mark.parametrize(("actual", "expected"), ACCEPTED.values(), ids=ACCEPTED.keys())
def test_the_same_is_accepted(actual: Any, expected: Any) -> None:
    assert compare(actual, expected).message == ""


def test_nan_in_the_same_places_is_accepted_only_when_asked() -> None:
    assert compare(NAN_AT_ONE, NAN_AT_ONE, equal_nan=True).equal
    assert not compare(NAN_AT_ONE, EXPECTED, equal_nan=True).equal


def test_message_counts_and_names_the_worst() -> None:
    expected = np.array([[1.0, 2.0, 4.0], [0.0, 0.0, 0.0]])
    actual = np.array([[1.0, 2.5, 4.0], [0.0, 0.0, 1.0]])
    assert compare(actual, {"logits": expected}["logits"], max_rel=0.01, name="logits").message == (
        "logits: 2 of 6 elements differ by more than 0.04 (0.01 of the largest expected); "
        "the worst at [1, 2] is 1.0, not 0.0"
    )


def test_max_rel_is_of_the_whole_tensor() -> None:
    result = compare([np.array([1.0, 8.0])], [np.array([2.0, 8.0])], max_rel=1.0)
    assert result.equal
    assert (result.max_abs, result.max_rel) == (1.0, 0.125)
    assert compare(np.ones(2), np.zeros(2)).max_rel == math.inf


def test_json_is_finite_and_names_every_tensor() -> None:
    report = compare({"a": np.ones(2), "b": 1.0}, {"a": np.zeros(2), "b": 1.0}).to_json()
    json.dumps(report, allow_nan=False)
    assert [tensor["name"] for tensor in report["tensors"]] == ["output['a']", "output['b']"]
    assert (report["equal"], report["max_rel"]) == (False, "inf")
