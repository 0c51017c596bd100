"""Every public name of torch that a model, its training or its data may call has an answer: counted, not believed."""

from __future__ import annotations

from typing import Any

import pytest
from torch_symbols import every_name

from equivalence.catalogue.from_torch import torch_index
from equivalence.catalogue.from_torch.torch_rows import FromTorch

#: Names that still lack an answer, to be worked off: the test fails where one of them has got one.
OPEN: frozenset[str] = frozenset()


@pytest.mark.parametrize("name", every_name())
def test_every_public_name_is_answered(name: str) -> None:
    answered = torch_index.resolved(name) is not None
    assert answered != (name in OPEN), "OPEN is out of date" if answered else "no row answers it"


def test_what_is_open_exists() -> None:
    assert set(every_name()) >= OPEN


def test_the_index_is_fresh() -> None:
    assert torch_index.stored() == torch_index.build(), "run `python -m equivalence.proofs.torch_proofs`"


def test_a_row_says_what_it_is_or_why_there_is_nothing() -> None:
    for row, module in torch_index.rows():
        assert bool(row.keras) != bool(row.no_counterpart), f"{module}: {row.torch}"
        assert bool(row.cases or row.loose) == bool(row.keras), f"{module}: {row.torch} has no case"
        if row.no_counterpart:
            assert ";" in row.no_counterpart or ", and" in row.no_counterpart, f"{row.torch}: says not what to do"


def test_what_is_looser_says_why() -> None:
    for row, _ in torch_index.rows():
        loosened: list[Any] = [row.loose, row.max_rel > 1e-10, row.oracle != "tensorflow", not row.gradients]
        assert row.because or not any(loosened), row.torch


def test_a_name_is_stated_in_one_module() -> None:
    one = FromTorch("nn.Linear(a)(x)", "keras.layers.Dense", ("nn.Linear(1)(x)",))
    assert list(torch_index.names_of(one)) == ["torch.nn.Linear"]
