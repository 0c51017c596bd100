"""All cases of an entry together: one proof, as the record keeps it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from equivalence import catalogue
from equivalence.catalogue.index import fold, suffixes
from equivalence.errors import EquivalenceError, Refused
from equivalence.proofs.case import prove_case, written_for
from equivalence.proofs.defect import DefectProof, defect_text, prove_defect
from equivalence.proofs.installed import versions
from equivalence.proofs.result import CaseProof, digits
from equivalence.proofs.shown import EXACT, PORT, shown
from equivalence.proofs.torch_names import names_not_as_stated
from equivalence.proofs.truth import Oracles
from equivalence.schema import Case, Entry


@dataclass(slots=True)
class EntryProof:
    """What the cases of an entry, and its defects, showed; `errors`: those that could not be run, and why."""

    entry: Entry
    cases: list[CaseProof] = field(default_factory=list)
    defects: list[DefectProof] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)  # by the id of a case or defect

    @property
    def holds(self) -> bool:
        return not any(self.problems())

    def problems(self) -> Iterator[str]:
        """One sentence for each thing that is not as the entry says, with the case it shows in."""
        if not self.entry.cases and not self.entry.no_counterpart:
            yield f"{self.entry.keras}: has no cases"
        for case, error in self.errors.items():
            yield f"{self.entry.keras}, case {case}: {error}"
        for proof in self.cases:
            for message in (*proof.failures, *(naive.message for naive in proof.naive if naive.message)):
                yield f"{self.entry.keras}, case {proof.case.id}: {message}"
        for defect in self.defects:
            if defect.message:
                yield f"{self.entry.keras}: {defect.message}"
        if not self.errors:
            written = [proof.texts[form] for proof in self.cases for form in (PORT, EXACT) if form in proof.texts]
            yield from names_not_as_stated(self.entry, written if not self.entry.no_counterpart else ())
        shown = {case.id for case in self.entry.cases}
        for difference in self.entry.differences:
            if difference.case not in shown:
                yield f"{self.entry.keras}, difference {difference.id}: there is no case {difference.case}"

    def to_json(self) -> dict[str, Any]:
        """The record: `versions` it ran on, `digest` of what was run, what is `shown` of it, and the measured
        errors of each case and naive form."""
        defects = {"defects": [proof.to_json() for proof in self.defects]} if self.defects else {}
        return {
            "versions": versions(),
            "digest": digest(self.entry, self.texts),
            "shown": shown(self.entry, [(proof.case, proof.written) for proof in self.cases]),
            "cases": [proof.to_json() for proof in self.cases],
            "differences": [
                {"id": naive.id, "case": proof.case.id, "apart": digits(naive.apart)}
                for proof in self.cases
                for naive in proof.naive
            ],
            **defects,
        }

    @property
    def texts(self) -> list[Mapping[str, str]]:
        """What was emitted for each case and each defect, by form."""
        return [*(proof.texts for proof in self.cases), *({PORT: proof.text} for proof in self.defects)]

    def report(self) -> dict[str, Any]:
        """What `prove --json` prints: the record where one can be made, and what did not hold."""
        record = self.to_json() if self.cases else {}
        return {"keras": self.entry.keras, "holds": self.holds, "problems": list(self.problems()), **record}


def entries_named(name: str) -> list[Entry]:
    """Every entry whose dotted Keras name ends with `name`, in any case.

    Raises Refused for a name that nothing is called.
    """
    found = [entry for entry in catalogue.entries() if fold(name) in suffixes(entry.keras)]
    if not found:
        raise Refused(
            f"no Keras symbol in the catalogue is called {name!r:.80}; `equivalence lookup` finds what is near"
        )
    return found


def prove_entry(entry: Entry, oracles: Oracles, say: Callable[[str], None] = lambda what: None) -> EntryProof:
    """Run the cases of an entry, telling which. What cannot be run is in `errors`."""
    proof = EntryProof(entry)
    for case in entry.cases:
        say(f"proving {entry.name}, {case.id}")
        try:
            proof.cases.append(prove_case(entry, case, oracles))
        except (EquivalenceError, ValueError, RuntimeError) as error:
            proof.errors[case.id] = f"{type(error).__name__}: {error}"
    for defect in entry.defects:
        say(f"proving {entry.name}, {defect.id}")
        try:
            proof.defects.append(prove_defect(entry, defect, oracles))
        except (EquivalenceError, ValueError, RuntimeError) as error:
            proof.errors[defect.id] = f"{type(error).__name__}: {error}"
    return proof


def current(entry: Entry, oracles: Oracles) -> tuple[str, dict[str, Any] | None]:
    """The digest of an entry as it stands, and what a record shows of it: all of it is emitted, nothing run."""
    cases = [(case, written_for(entry, case, oracles)) for case in entry.cases]
    texts = [*(each.texts for _, each in cases), *texts_of_defects(entry, oracles)]
    return digest(entry, texts), shown(entry, cases)


def texts_of_defects(entry: Entry, oracles: Oracles) -> list[Mapping[str, str]]:
    """What is emitted for each defect's case, as `EntryProof.texts` has it."""
    return [{PORT: defect_text(entry, defect, oracles)} for defect in entry.defects]


def digest(entry: Entry, texts: Sequence[Mapping[str, str]]) -> str:
    """What a proof goes stale by: the cases, and those of defects, as stated and everything emitted for them."""
    told = [_stated(case) for case in entry.cases]
    told += [[*_stated(defect.case), defect.backend, repr(defect.instead)] for defect in entry.defects]
    seen = [(each.id, each.case, each.seen_in) for each in entry.differences]
    content = json.dumps([entry.keras, entry.training, entry.linear, told, seen, list(texts)], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _stated(case: Case) -> list[str]:
    told = [(name, value) for name, value in case._asdict().items() if name not in ("because", "by_call", "trial")]
    trial = [repr(case.trial)] if case.trial else []
    return [*(repr(value) for _, value in told), *trial, *(["by call"] if case.by_call else [])]
