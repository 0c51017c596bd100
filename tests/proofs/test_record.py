"""What is recorded, and when it is stale."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from equivalence.catalogue.core.dense import Dense
from equivalence.proofs import Oracles, record
from equivalence.render.result_fields import proof
from equivalence.schema import Case

ENTRY = Dense._replace(cases=(Case("small", {"units": 5}, x=(2, 7)),), differences=())


@pytest.fixture(scope="module")
def oracles() -> Iterator[Oracles]:
    with Oracles(threads=1) as started:
        yield started


@pytest.fixture
def path(oracles: Oracles, tmp_path: Path) -> Path:
    """The record of ENTRY alone."""
    path = tmp_path / "proofs.json"
    assert record.write([ENTRY], oracles, path=path) == []
    return path


def test_a_record_has_what_lookup_shows(path: Path) -> None:
    (found,) = record.read(path)["entries"].values()
    shown = found["shown"]
    assert shown["keras"] == "keras.layers.Dense(units=5)(inputs)"
    assert "nn.Linear(7, 5)" in shown["torch"]
    assert shown["short"] == ["nn.Linear(7, 5)(inputs)"]
    assert shown["cases"] == {"small": "drop-in"}
    assert shown["shapes"] == {"keras": ["(N, 7)", "(N, 5)"], "torch": ["(N, 7)", "(N, 5)"]}
    assert set(found["versions"]) == {"keras", "tensorflow", "torch", "numpy"}
    assert 0 <= proof(found)["max_rel"] < 1e-14


def test_nothing_is_stale_after_writing_and_nothing_is_proved_again(oracles: Oracles, path: Path) -> None:
    assert record.stale([ENTRY], oracles, path) == {}
    before = path.read_bytes()
    again: list[object] = []
    record.write([ENTRY], oracles, again.append, path)
    assert again == [] and path.read_bytes() == before


CHANGED = {
    "a-case": (ENTRY._replace(cases=(Case("small", {"units": 6}, x=(2, 7)),)), "has other cases"),
    "what-is-emitted": (ENTRY._replace(emit=lambda site: site.activate(Dense.emit(site), "use_bias")), "has other"),
    "a-new-case": (ENTRY._replace(cases=(*ENTRY.cases, Case("more", {"units": 2}, x=(3, 4)))), "has other cases"),
}


@pytest.mark.parametrize(("entry", "reason"), CHANGED.values(), ids=CHANGED.keys())
def test_a_change_makes_it_stale(
    monkeypatch: pytest.MonkeyPatch, oracles: Oracles, path: Path, entry: object, reason: str
) -> None:
    from equivalence import catalogue

    monkeypatch.setattr(catalogue, "find", lambda cls: entry)
    assert reason in record.stale([entry], oracles, path)["keras.layers.Dense"]  # type: ignore[list-item]


def test_what_is_shown_is_renewed_without_proving_again(oracles: Oracles, path: Path) -> None:
    before = path.read_text()
    content = json.loads(before)
    content["entries"]["keras.layers.Dense"]["shown"]["short"] = ["something else"]
    path.write_text(json.dumps(content))
    assert "another way" in record.stale([ENTRY], oracles, path)["keras.layers.Dense"]
    again: list[object] = []
    record.write([ENTRY], oracles, again.append, path)
    assert again == [] and path.read_text() == before


def test_another_version_makes_it_stale(oracles: Oracles, path: Path) -> None:
    content = record.read(path)
    content["entries"]["keras.layers.Dense"]["versions"]["torch"] = "1.0"
    path.write_text(json.dumps(content))
    assert "was proved on keras" in record.stale([ENTRY], oracles, path)["keras.layers.Dense"]


def test_a_moved_rounding_error_does_not(oracles: Oracles, path: Path) -> None:
    content = record.read(path)
    content["entries"]["keras.layers.Dense"]["cases"][0]["float64"]["forward"] = 3e-16
    path.write_text(json.dumps(content))
    assert record.stale([ENTRY], oracles, path) == {}


def test_what_left_the_catalogue_is_named_and_removed(oracles: Oracles, path: Path) -> None:
    assert record.stale([], oracles, path) == {"keras.layers.Dense": "is recorded, but not in the catalogue"}
    record.write([], oracles, path=path)
    assert record.read(path) == {"entries": {}}


def test_what_does_not_hold_is_not_recorded(oracles: Oracles, path: Path) -> None:
    wrong = ENTRY._replace(cases=(Case("impossible", {"units": -1}, x=(2, 3)),))
    assert [proof.holds for proof in record.write([wrong], oracles, path=path)] == [False]
    assert record.read(path) == {"entries": {}}
