"""`python -m equivalence.proofs [NAME ...]` runs proofs; `--write` records them, `--check` tells what is stale."""

from __future__ import annotations

import argparse
import sys

from equivalence import catalogue
from equivalence.proofs.entry import EntryProof, prove_entry
from equivalence.proofs.record import stale, write
from equivalence.proofs.truth import Oracles


def main() -> int:
    """Exit code 0: all held, or nothing is stale; 1: not."""
    parser = argparse.ArgumentParser("python -m equivalence.proofs", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="entries whose full Keras name ends so; left out, all")
    task = parser.add_mutually_exclusive_group()
    task.add_argument("--write", action="store_true", help="prove what is stale and record it")
    task.add_argument("--check", action="store_true", help="tell what is stale, without running anything")
    arguments = parser.parse_args()
    if arguments.names and (arguments.write or arguments.check):
        parser.error("--write and --check are for all entries")
    entries = [entry for entry in catalogue.entries() if _wanted(entry.keras, arguments.names)]
    with Oracles(threads=1) as oracles:
        if arguments.check:
            outdated = stale(entries, oracles)
            for name, reason in outdated.items():
                print(f"{name} {reason}")
            return 1 if outdated else 0
        if arguments.write:
            return 1 if write(entries, oracles, _show) else 0
        held = True
        for entry in entries:
            proof = prove_entry(entry, oracles)
            _show(proof)
            held &= proof.holds
        return 0 if held and entries else 1


def _wanted(name: str, names: list[str]) -> bool:
    return not names or any(name == end or name.endswith(f".{end}") for end in names)


def _show(proof: EntryProof) -> None:
    if proof.holds:
        print(f"{proof.entry.keras}: {len(proof.cases)} cases hold", flush=True)
    for problem in proof.problems():
        print(problem, flush=True)


if __name__ == "__main__":
    sys.exit(main())
