"""The float32 rule: rounding passes, anything larger does not."""

from __future__ import annotations

import json

import numpy as np
import pytest

from equivalence.verification.rounding import float32_errors

RANDOM = np.random.default_rng(3)
X = RANDOM.standard_normal((4, 300)).astype(np.float32)
W = RANDOM.standard_normal((300, 7)).astype(np.float32)
TRUTH = X.astype(np.float64) @ W.astype(np.float64)
BOUND = np.abs(X).astype(np.float64) @ np.abs(W).astype(np.float64)
KERAS = TRUTH.astype(np.float32)


def test_a_float32_product_is_within_the_linear_bound() -> None:
    errors = float32_errors(X @ W, KERAS, TRUTH, bound=BOUND)
    assert errors.within
    assert 0 < errors.keras_max_abs < errors.max_abs


def test_one_element_beyond_the_linear_bound_is_named() -> None:
    actual = KERAS.copy()
    actual[2, 5] += np.float32(16 * 2.0**-24 * BOUND[2, 5])
    message = float32_errors(actual, KERAS, TRUTH, bound=BOUND).message
    assert message.startswith("output: 1 of 28 elements") and "[2, 5]" in message


@pytest.mark.parametrize(("times", "within"), [(10, True), (40, False)])
def test_other_operations_are_held_to_keras_own_error(times: int, within: bool) -> None:
    keras = (TRUTH * (1 + 2.0**-20)).astype(np.float32)
    actual = (TRUTH * (1 + times * 2.0**-20)).astype(np.float32)
    assert float32_errors(actual, keras, TRUTH).within is within


def test_a_few_units_in_the_last_place_pass_where_keras_is_exact() -> None:
    truth = np.array([1.0, 0.5])
    exact = truth.astype(np.float32)
    assert float32_errors(exact + np.float32(3 * 2.0**-23), exact, truth).within
    assert not float32_errors(exact + np.float32(5 * 2.0**-23), exact, truth).within


def test_overflow_must_be_the_same() -> None:
    truth = np.array([1e39, 1.0])
    keras = np.array([np.inf, 1.0], np.float32)
    assert float32_errors(keras, keras, truth).within
    assert not float32_errors(np.array([np.nan, 1.0], np.float32), keras, truth).within
    assert not float32_errors(keras, np.array([3e38, 1.0], np.float32), truth).within


def test_shapes_and_dtypes_are_not_stretched() -> None:
    with pytest.raises(ValueError, match="keras32 is float32 of shape"):
        float32_errors(KERAS, KERAS[:1], TRUTH)
    with pytest.raises(ValueError, match="actual32 is float64"):
        float32_errors(TRUTH, KERAS, TRUTH)
    with pytest.raises(ValueError, match="the bound has shape"):
        float32_errors(KERAS, KERAS, TRUTH, bound=BOUND[:1])


def test_report_is_json() -> None:
    report = float32_errors(KERAS, KERAS, TRUTH).to_json()
    assert json.loads(json.dumps(report, allow_nan=False))["within"] is True
