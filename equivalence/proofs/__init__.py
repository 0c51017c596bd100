"""The proofs: an entry's cases run in both frameworks, and the record of what they showed."""

from __future__ import annotations

from equivalence.proofs.case import prove_case
from equivalence.proofs.result import CaseProof, NaiveProof
from equivalence.proofs.truth import Oracles

__all__ = ["CaseProof", "NaiveProof", "Oracles", "prove_case"]
