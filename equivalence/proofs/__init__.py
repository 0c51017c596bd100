"""The proofs: an entry's cases run in both frameworks, and the record of what they showed."""

from __future__ import annotations

from equivalence.proofs.case import prove_case
from equivalence.proofs.entry import EntryProof, entries_named, prove_entry
from equivalence.proofs.result import CaseProof, NaiveProof
from equivalence.proofs.truth import Oracles

__all__ = ["CaseProof", "EntryProof", "NaiveProof", "Oracles", "entries_named", "prove_case", "prove_entry"]
