"""A twin trained in Keras and one in torch, on the same digits: the same losses, step by step."""

from __future__ import annotations

import numpy as np
import pytest

from scripts import train_twins


@pytest.fixture(scope="module")
def curves() -> tuple[np.ndarray, np.ndarray]:
    return train_twins.curves(steps=8, size=24)


def test_the_losses_of_both_are_equal_step_by_step(curves: tuple[np.ndarray, np.ndarray]) -> None:
    of_keras, of_torch = curves
    assert train_twins.apart(of_torch, of_keras).max() <= train_twins.BOUND
    assert len({*of_keras}) == len(of_keras)  # it does move


def test_another_momentum_comes_apart(curves: tuple[np.ndarray, np.ndarray], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train_twins, "MOMENTUM", 0.75)
    _, other = train_twins.curves(steps=3, size=24)
    assert train_twins.apart(other, curves[0][:3]).max() > 1e-6
