"""Which cases `make test` leaves to `make proofs`."""

from __future__ import annotations

from typing import Any

import pytest
from recorded_cases import SHARE, is_vouched_for

from equivalence.proofs.installed import versions

NOW = {"versions": versions(), "digest": "0123456789abcdef"}


class Item:
    """As much of a test as is looked at."""

    def __init__(self, *marked: Any) -> None:
        self.mark = pytest.mark.recorded(*marked).mark if marked else None

    def get_closest_marker(self, name: str) -> Any:
        return self.mark if name == "recorded" else None


def left_out(record: Any, count: int = 400) -> int:
    return sum(is_vouched_for(Item(record, f"case {number}")) for number in range(count))  # type: ignore[arg-type]


def test_one_in_so_many_of_what_is_recorded_is_run_again() -> None:
    assert abs(left_out(NOW) / 400 - (1 - 1 / SHARE)) < 0.1


def test_what_is_emitted_otherwise_chooses_others() -> None:
    other = {**NOW, "digest": "fedcba9876543210"}
    chosen = [
        [is_vouched_for(Item(record, f"case {number}")) for number in range(50)]  # type: ignore[arg-type]
        for record in (NOW, other)
    ]
    assert chosen[0] != chosen[1]


@pytest.mark.parametrize("record", [None, {**NOW, "versions": {**versions(), "torch": "2.0.0"}}], ids=["none", "old"])
def test_what_no_record_of_these_versions_holds_is_run(record: Any) -> None:
    assert left_out(record) == 0


def test_what_is_no_recorded_case_is_run() -> None:
    assert not is_vouched_for(Item())  # type: ignore[arg-type]
