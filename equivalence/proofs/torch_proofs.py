"""`python -m equivalence.proofs.torch_proofs` writes the index of torch names, proves what is stale and records it."""

from __future__ import annotations

import sys
from pathlib import Path

from equivalence.catalogue.from_torch import torch_index
from equivalence.proofs.torch_first_record import RowProof, write
from equivalence.proofs.truth import Oracles


def main() -> int:
    """Exit code 0: all that was run held; 1: not."""
    Path(torch_index.PATH).write_text(torch_index.text(torch_index.build()), "utf-8")
    rows = [row for row, _ in torch_index.rows()]
    with Oracles(threads=1) as oracles:
        return 1 if write(rows, oracles, _show) else 0


def _show(proof: RowProof) -> None:
    for problem in proof.problems:
        print(problem, flush=True)
    if not proof.problems:
        print(f"{proof.row.torch}: {len(proof.cases)} cases hold", flush=True)


if __name__ == "__main__":
    sys.exit(main())
