"""Every case of every entry holds in both frameworks, every naive form is told apart, and the record says so."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from equivalence import catalogue
from equivalence.proofs import CaseProof, Oracles, prove_case, record
from equivalence.proofs.entry import digest, texts_of_defects
from equivalence.proofs.installed import versions
from equivalence.proofs.shown import EXACT, PORT, shown
from equivalence.proofs.torch_names import names_not_as_stated
from equivalence.schema import Case, Difference, Entry

CASES = [
    pytest.param(entry, case, id=f"{entry.keras.removeprefix('keras.')}-{case.id}")
    for entry in catalogue.entries()
    for case in entry.cases
]
DIFFERENCES = [
    pytest.param(entry, difference, id=f"{entry.keras.removeprefix('keras.')}-{difference.id}")
    for entry in catalogue.entries()
    for difference in entry.differences
]
Prove = Callable[[Entry, str], CaseProof]


@pytest.fixture(scope="module")
def oracles() -> Iterator[Oracles]:
    with Oracles(threads=1) as started:
        yield started


@pytest.fixture(scope="module")
def prove(oracles: Oracles) -> Prove:
    """Runs a case, once for all tests that ask for it."""
    known: dict[tuple[str, str], CaseProof] = {}

    def proved(entry: Entry, case_id: str) -> CaseProof:
        key = (entry.keras, case_id)
        if key not in known:
            case = next(case for case in entry.cases if case.id == case_id)
            known[key] = prove_case(entry, case, oracles)
        return known[key]

    return proved


@pytest.mark.parametrize(("entry", "case"), CASES)
def test_case_holds(prove: Prove, entry: Entry, case: Case) -> None:
    assert prove(entry, case.id).failures == []


@pytest.mark.parametrize(("entry", "difference"), DIFFERENCES)
def test_naive_form_is_told_apart(prove: Prove, entry: Entry, difference: Difference) -> None:
    (shown,) = [naive for naive in prove(entry, difference.case).naive if naive.id == difference.id]
    assert shown.message == ""


@pytest.mark.parametrize("entry", [pytest.param(e, id=e.keras.removeprefix("keras.")) for e in catalogue.entries()])
def test_torch_names_are_written_or_related(prove: Prove, entry: Entry) -> None:
    proofs = [prove(entry, case.id) for case in entry.cases if not entry.no_counterpart]
    texts = [proof.texts[form] for proof in proofs for form in (PORT, EXACT) if form in proof.texts]
    assert not [*names_not_as_stated(entry, texts)]


RECORDED = record.read()["entries"]
RENEW = "run `python -m equivalence.proofs`"


@pytest.mark.parametrize("entry", [pytest.param(e, id=e.keras.removeprefix("keras.")) for e in catalogue.entries()])
def test_record_is_fresh(prove: Prove, oracles: Oracles, entry: Entry) -> None:
    assert entry.keras in RECORDED, RENEW
    assert RECORDED[entry.keras]["versions"] == versions(), RENEW
    cases = [(case, prove(entry, case.id).written) for case in entry.cases]
    now = digest(entry, [*(written.texts for _, written in cases), *texts_of_defects(entry, oracles)])
    assert RECORDED[entry.keras]["digest"] == now, RENEW
    assert RECORDED[entry.keras]["shown"] == json.loads(json.dumps(shown(entry, cases))), RENEW


def test_nothing_is_recorded_that_left_the_catalogue() -> None:
    assert set(RECORDED) <= {entry.keras for entry in catalogue.entries()}, RENEW
