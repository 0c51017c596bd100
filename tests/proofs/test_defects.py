"""Where Keras is off on one of its backends: every defect that is stated shows, and the port has none of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from equivalence import catalogue
from equivalence.catalogue.pooling.windows import AveragePooling2D
from equivalence.proofs import Oracles
from equivalence.proofs.defect import prove_defect
from equivalence.proofs.entry import current, prove_entry
from equivalence.proofs.result import APART
from equivalence.render.page import page
from equivalence.render.phrases import defects, proved
from equivalence.render.result_fields import proof, record
from equivalence.schema import KERAS_ON, Case, Defect, Entry

DEFECTS = [
    pytest.param(entry, defect, id=f"{entry.keras.removeprefix('keras.')}-{defect.id}")
    for entry in catalogue.entries()
    for defect in entry.defects
]


@pytest.fixture(scope="module")
def oracles() -> Iterator[Oracles]:
    with Oracles(threads=1) as started:
        yield started


@pytest.mark.parametrize(("entry", "defect"), DEFECTS)
def test_the_backend_is_off_and_the_port_is_not(oracles: Oracles, entry: Entry, defect: Defect) -> None:
    shown = prove_defect(entry, defect, oracles)
    assert shown.message == ""
    assert shown.apart > APART and shown.port < 1e-10


@pytest.mark.parametrize(("entry", "defect"), DEFECTS)
def test_what_settles_is_another_backend_or_other_settings(entry: Entry, defect: Defect) -> None:
    assert {defect.backend, defect.case.oracle} <= set(KERAS_ON)
    assert (defect.backend != defect.case.oracle) or defect.instead
    assert defect.case.id not in [case.id for case in entry.cases]
    assert defect.says.endswith(".") and defect.says.count(". ") == 0, "one sentence"


@pytest.mark.parametrize(("entry", "defect"), DEFECTS)
def test_it_stands_where_people_look(entry: Entry, defect: Defect) -> None:
    shown = record(entry)
    assert any(KERAS_ON[defect.backend] == where and defect.says in says for where, says in defects(shown))
    assert f"- **{KERAS_ON[defect.backend]}**: {defect.says}" in page(shown)


#: The entry alone with its defect; nothing else of it is run.
SMALL = AveragePooling2D._replace(
    cases=(Case("valid", {"pool_size": 2}, x=(2, 6, 8, 3)),), differences=(), keras="keras.layers.AveragePooling2D"
)


def test_a_defect_is_recorded_with_what_was_measured(oracles: Oracles) -> None:
    proved_now = prove_entry(SMALL, oracles)
    assert proved_now.holds
    found = proved_now.to_json()
    (kept,) = found["defects"]
    assert kept["backend"] == "torch" and kept["apart"] > 1e-2 and kept["port"] < 1e-10
    assert any("edge-in-the-mean, Keras on PyTorch is" in line for line in proved(proof(found)))
    assert found["digest"] == current(SMALL, oracles)[0]
    assert found["digest"] != current(SMALL._replace(defects=()), oracles)[0]


def even(defect: Defect) -> Defect:
    """The same claim of a case where nothing is off."""
    return defect._replace(case=defect.case._replace(x=(2, 7, 9, 3)))


def without_padding(defect: Defect) -> Defect:
    """Settled by a backend that computes something else: settings that do not mean the same."""
    return defect._replace(instead={"padding": "same", "pool_size": (2, 2)})


@pytest.mark.parametrize(
    ("change", "message"), [(even, "which shows nothing"), (without_padding, "the port")], ids=["none", "not-settled"]
)
def test_a_defect_that_is_none_does_not_hold(oracles: Oracles, change: Any, message: str) -> None:
    wrong = SMALL._replace(defects=tuple(change(defect) for defect in SMALL.defects))
    found = prove_entry(wrong, oracles)
    assert not found.holds
    assert any(message in problem for problem in found.problems())
