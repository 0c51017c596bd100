"""Every case of every entry holds in both frameworks, every naive form is told apart, and the record says so."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from equivalence import catalogue
from equivalence.proofs import CaseProof, Oracles, prove_case, record
from equivalence.proofs.case import written_for
from equivalence.proofs.entry import digest, texts_of_defects
from equivalence.proofs.installed import versions
from equivalence.proofs.shown import EXACT, PORT, Written, shown
from equivalence.proofs.torch_names import names_not_as_stated
from equivalence.schema import Case, Difference, Entry

RECORDED = record.read()["entries"]
RENEW = "run `python -m equivalence.proofs`"


def recorded(entry: Entry, case: str) -> pytest.MarkDecorator:
    return pytest.mark.recorded(RECORDED.get(entry.keras), case)


CASES = [
    pytest.param(entry, case, id=f"{entry.keras.removeprefix('keras.')}-{case.id}", marks=recorded(entry, case.id))
    for entry in catalogue.entries()
    for case in entry.cases
]
DIFFERENCES = [
    pytest.param(
        entry,
        difference,
        id=f"{entry.keras.removeprefix('keras.')}-{difference.id}",
        marks=recorded(entry, difference.case),
    )
    for entry in catalogue.entries()
    for difference in entry.differences
]
ENTRIES = pytest.mark.parametrize(
    "entry", [pytest.param(entry, id=entry.keras.removeprefix("keras.")) for entry in catalogue.entries()]
)


class Proofs:
    """The cases, each run once for all tests that ask for it, or only written."""

    def __init__(self, oracles: Oracles) -> None:
        self.oracles = oracles
        self._run: dict[tuple[str, str], CaseProof] = {}
        self._written: dict[tuple[str, str], Written] = {}

    def run(self, entry: Entry, case_id: str) -> CaseProof:
        key = (entry.keras, case_id)
        if key not in self._run:
            case = next(case for case in entry.cases if case.id == case_id)
            self._run[key] = prove_case(entry, case, self.oracles)
            self._written[key] = self._run[key].written
        return self._run[key]

    def written(self, entry: Entry) -> list[Written]:
        for case in entry.cases:
            if (entry.keras, case.id) not in self._written:
                self._written[entry.keras, case.id] = written_for(entry, case, self.oracles)
        return [self._written[entry.keras, case.id] for case in entry.cases]


@pytest.fixture(scope="module")
def proofs() -> Iterator[Proofs]:
    with Oracles(threads=1) as started:
        yield Proofs(started)


@pytest.mark.parametrize(("entry", "case"), CASES)
def test_case_holds(proofs: Proofs, entry: Entry, case: Case) -> None:
    assert proofs.run(entry, case.id).failures == []


@pytest.mark.parametrize(("entry", "difference"), DIFFERENCES)
def test_naive_form_is_told_apart(proofs: Proofs, entry: Entry, difference: Difference) -> None:
    (shown,) = [naive for naive in proofs.run(entry, difference.case).naive if naive.id == difference.id]
    assert shown.message == ""


@ENTRIES
def test_torch_names_are_written_or_related(proofs: Proofs, entry: Entry) -> None:
    found = proofs.written(entry) if not entry.no_counterpart else []
    texts = [each.texts[form] for each in found for form in (PORT, EXACT) if form in each.texts]
    assert not [*names_not_as_stated(entry, texts)]


@ENTRIES
def test_record_is_fresh(proofs: Proofs, entry: Entry) -> None:
    assert entry.keras in RECORDED, RENEW
    assert RECORDED[entry.keras]["versions"] == versions(), RENEW
    found = proofs.written(entry)
    now = digest(entry, [*(each.texts for each in found), *texts_of_defects(entry, proofs.oracles)])
    assert RECORDED[entry.keras]["digest"] == now, RENEW
    cases = [*zip(entry.cases, found, strict=True)]
    assert RECORDED[entry.keras]["shown"] == json.loads(json.dumps(shown(entry, cases))), RENEW


def test_nothing_is_recorded_that_left_the_catalogue() -> None:
    assert set(RECORDED) <= {entry.keras for entry in catalogue.entries()}, RENEW
