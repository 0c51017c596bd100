"""The recorded proofs of torch names: `equivalence/from_torch.json`, a record for each row by its signature."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from equivalence.catalogue.from_torch.torch_rows import FromTorch
from equivalence.errors import EquivalenceError
from equivalence.formats.outputs import write_together
from equivalence.proofs.installed import versions
from equivalence.proofs.torch_first_case import TorchCase, code_of, prove_torch_case
from equivalence.proofs.truth import Oracles

PATH = Path(__file__).parent.parent / "from_torch.json"


@dataclass(slots=True)
class RowProof:
    """The cases of a row."""

    row: FromTorch
    cases: list[TorchCase] = field(default_factory=list)

    @property
    def problems(self) -> list[str]:
        """A sentence for each thing that does not hold."""
        found = [f"{self.row.torch}: {each.torch}: {failure}" for each in self.cases for failure in each.failures]
        return found if self.cases else [f"{self.row.torch}: has no case"]

    def to_json(self) -> dict[str, Any]:
        return {
            "versions": versions(),
            "digest": digest(self.row, [case.code for case in self.cases]),
            "cases": [case.to_json() for case in self.cases],
        }


def prove_row(row: FromTorch, oracles: Oracles) -> RowProof:
    """Run all cases of a row."""
    keras = oracles.on(row.oracle)
    return RowProof(row, [prove_torch_case(row, text, keras) for text in (*row.cases, *row.loose)])


def digest(row: FromTorch, codes: list[str]) -> str:
    """What a proof goes stale by: the cases, what is written for them, and how they are held against each other."""
    held = [
        row.torch,
        row.kind,
        row.training,
        bool(row.after),
        row.plain,
        row.gradients,
        row.max_rel,
        row.oracle,
        row.helper,
        list(row.prefixes),
    ]
    content = json.dumps([held, list(row.cases), list(row.loose), codes], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def current_digest(row: FromTorch) -> str:
    """The digest as of now; "" where a case can no longer be written."""
    try:
        return digest(row, [code_of(row, text) for text in (*row.cases, *row.loose)])
    except (EquivalenceError, ValueError):
        return ""


def read(path: Path = PATH) -> dict[str, Any]:
    """The recorded proofs by the signatures of their rows."""
    recorded: dict[str, Any] = json.loads(path.read_text("utf-8"))["rows"] if path.exists() else {}
    return recorded


def stale(rows: Iterable[FromTorch], path: Path = PATH) -> dict[str, str]:
    """Rows whose record does not stand for what they say now, each with the reason."""
    recorded = read(path)
    found = {name: "is recorded, and is no row" for name in recorded}
    for row in rows:
        if row.no_counterpart:
            continue
        known = recorded.get(row.torch)
        if known is None:
            found[row.torch] = "is not recorded"
        elif known["versions"] != versions():
            found[row.torch] = "was proved on other versions"
        elif known["digest"] != current_digest(row):
            found[row.torch] = "has other cases, or is written otherwise, than when it was proved"
        else:
            found.pop(row.torch, None)
    return found


def write(
    rows: Iterable[FromTorch], oracles: Oracles, say: Callable[[RowProof], None], path: Path = PATH
) -> list[RowProof]:
    """Prove what is stale and record it; returns the proofs that do not hold, which are not recorded."""
    rows = list(rows)
    recorded, outdated = read(path), stale(rows, path)
    kept: dict[str, Any] = {}
    broken = []
    for row in rows:
        if row.no_counterpart:
            continue
        if row.torch not in outdated:
            kept[row.torch] = recorded[row.torch]
            continue
        proof = prove_row(row, oracles)
        say(proof)
        if proof.problems:
            broken.append(proof)
        else:
            kept[row.torch] = proof.to_json()
    text = json.dumps({"rows": dict(sorted(kept.items()))}, indent=1, allow_nan=False) + "\n"
    write_together(path.parent, {path.name: lambda file: file.write_bytes(text.encode())})
    return broken
