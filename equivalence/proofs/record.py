"""The recorded proofs: `equivalence/proofs.json`, written by `python -m equivalence.proofs`.

A record is stale where an entry's cases, what is emitted for them, or a version has changed since. A
rounding error that moved makes nothing stale.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from equivalence.errors import EquivalenceError
from equivalence.formats.outputs import write_together
from equivalence.proofs.entry import EntryProof, current_digest, prove_entry
from equivalence.proofs.installed import versions
from equivalence.proofs.truth import Oracles
from equivalence.schema import Entry

PATH = Path(__file__).parent.parent / "proofs.json"


def read(path: Path = PATH) -> dict[str, Any]:
    """The recorded proofs, empty where there are none."""
    if not path.exists():
        return {"entries": {}}
    recorded: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return recorded


def stale(entries: Iterable[Entry], oracles: Oracles, path: Path = PATH) -> dict[str, str]:
    """Names of entries whose record does not stand for what they say now, each with the reason."""
    recorded = read(path)
    found = {name: "is recorded, but not in the catalogue" for name in recorded["entries"]}
    now = versions()
    for entry in entries:
        known = recorded["entries"].get(entry.keras)
        if known is None:
            found[entry.keras] = "is not recorded"
        elif known["versions"] != now:
            found[entry.keras] = f"was proved on {_listed(known['versions'])}; installed are {_listed(now)}"
        elif known["digest"] != _current(entry, oracles):
            found[entry.keras] = "has other cases, or emits something else, than when it was proved"
        else:
            del found[entry.keras]
    return found


def write(
    entries: Iterable[Entry],
    oracles: Oracles,
    say: Callable[[EntryProof], None] = lambda proof: None,
    path: Path = PATH,
) -> list[EntryProof]:
    """Prove what is stale and record it; returns the proofs that do not hold, which are not recorded."""
    entries = list(entries)
    recorded = read(path)["entries"]
    outdated = stale(entries, oracles, path)
    kept: dict[str, Any] = {}
    broken = []
    for entry in entries:
        if entry.keras not in outdated:
            kept[entry.keras] = recorded[entry.keras]
            continue
        proof = prove_entry(entry, oracles)
        say(proof)
        if proof.holds:
            kept[entry.keras] = proof.to_json()
        else:
            broken.append(proof)
    content = {"entries": dict(sorted(kept.items()))}
    text = json.dumps(content, indent=1, ensure_ascii=True, allow_nan=False) + "\n"
    write_together(path.parent, {path.name: lambda file: file.write_bytes(text.encode())})
    return broken


def _current(entry: Entry, oracles: Oracles) -> str:
    """The digest as of now; "" where a case can no longer be emitted."""
    try:
        return current_digest(entry, oracles)
    except (EquivalenceError, ValueError, RuntimeError):
        return ""


def _listed(found: dict[str, str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in found.items()) or "nothing"
