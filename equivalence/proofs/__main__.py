"""`python -m equivalence.proofs` proves what is stale and records it; `--check` tells what is, and runs nothing."""

from __future__ import annotations

import argparse
import sys

from equivalence import catalogue
from equivalence.proofs.entry import EntryProof
from equivalence.proofs.record import stale, write
from equivalence.proofs.truth import Oracles


def main() -> int:
    """Exit code 0: all that was run held, or nothing is stale; 1: not."""
    parser = argparse.ArgumentParser("python -m equivalence.proofs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="tell what is stale and change nothing")
    arguments = parser.parse_args()
    entries = catalogue.entries()
    with Oracles(threads=1) as oracles:
        if not arguments.check:
            return 1 if write(entries, oracles, _show) else 0
        outdated = stale(entries, oracles)
    for name, reason in outdated.items():
        print(f"{name} {reason}")
    return 1 if outdated else 0


def _show(proof: EntryProof) -> None:
    if proof.holds:
        print(f"{proof.entry.keras}: {len(proof.cases)} cases hold", flush=True)
    for problem in proof.problems():
        print(problem, flush=True)


if __name__ == "__main__":
    sys.exit(main())
