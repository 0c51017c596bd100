"""Samples of other distributions are told apart, those of one are not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from equivalence.proofs.samples import LEVEL, same_distribution

SIZE = 20000
Draw = Callable[[np.random.Generator], np.ndarray]
OTHERS: dict[str, Draw] = {
    "wider": lambda random: random.normal(0, 1.2, SIZE),
    "shifted": lambda random: random.normal(0.06, 1, SIZE),
    "even": lambda random: random.uniform(-(3**0.5), 3**0.5, SIZE),
    "cut": lambda random: np.clip(random.normal(0, 1, SIZE), -1.5, 1.5),
}


def test_two_samples_of_one_distribution_agree() -> None:
    """More often than one time in a hundred would be a bound that is too narrow."""
    pairs = [np.random.default_rng(seed).normal(size=(2, SIZE)) for seed in range(100)]
    assert all(same_distribution(*pair).equal for pair in pairs) and LEVEL < 1e-3


@pytest.mark.parametrize("draw", OTHERS.values(), ids=OTHERS)
def test_another_distribution_is_told(draw: Draw) -> None:
    random = np.random.default_rng(7)
    found = same_distribution(draw(random), random.normal(0, 1, SIZE))
    assert "lie" in found.message and found.max_rel > found.allowed


def test_a_sample_of_another_size_is_told() -> None:
    assert "holds 3 numbers, not 2" in same_distribution(np.zeros(3), np.zeros(2)).message
