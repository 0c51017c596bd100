"""Activations whose meaning changed: the version that wrote a file decides."""

from __future__ import annotations

import re
from typing import Any

import pytest
from single_layer import emitted

from equivalence.catalogue.written_by import older


def written(name: str, config: dict[str, Any], version: str, shape: tuple[int | None, ...] = (None, 5)) -> str:
    """The last expression of the forward, values written as x."""
    return re.sub(r"_v\d+_", "x", emitted(name, config, {}, version, shape).classes[-1].forward.values[-1].expr)


@pytest.mark.parametrize(
    ("version", "release", "is_older"),
    [
        ("2.2.4-tf", (3,), True),
        ("3.0.0", (3,), False),
        ("3.3.3", (3, 4), True),
        ("3.15.1", (3, 4), False),
        ("", (3, 4), False),
    ],
)
def test_the_writing_version(version: str, release: tuple[int, ...], is_older: bool) -> None:
    assert older(version, *release) is is_older


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("1.2.2", "torch.clamp(0.2 * x + 0.5, 0.0, 1.0)"),
        ("2.15.0", "torch.clamp(0.2 * x + 0.5, 0.0, 1.0)"),
        ("3.0.0", "F.hardsigmoid(x)"),
        ("", "F.hardsigmoid(x)"),
    ],
)
def test_hard_sigmoid(version: str, expected: str) -> None:
    assert written("Activation", {"activation": "hard_sigmoid"}, version) == expected


@pytest.mark.parametrize(("version", "said"), [("2.15.0", True), ("3.15.1", False)])
def test_a_meaning_that_keras_itself_gave_up_is_said(version: str, said: bool) -> None:
    drafted = emitted("Activation", {"activation": "hard_sigmoid"}, {}, version, (None, 5))
    assert bool(drafted.meant_otherwise) is said


def test_leaky_relu_by_its_old_argument() -> None:
    assert written("LeakyReLU", {"alpha": 0.125}, "2.2.4") == "F.leaky_relu(x, negative_slope=0.125)"
