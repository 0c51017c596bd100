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
from equivalence.proofs.entry import EntryProof, current, prove_entry
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
    recorded = read(path)["entries"]
    found = {name: "is recorded, but not in the catalogue" for name in recorded}
    for entry in entries:
        known = recorded.get(entry.keras)
        reason, shown = _compared(entry, known, oracles)
        if not reason and known.get("shown") != shown:
            reason = "is shown in another way than it is recorded"
        found[entry.keras] = reason
    return {name: reason for name, reason in found.items() if reason}


def write(
    entries: Iterable[Entry],
    oracles: Oracles,
    say: Callable[[EntryProof], None] = lambda proof: None,
    path: Path = PATH,
) -> list[EntryProof]:
    """Prove what is stale and record it; returns the proofs that do not hold, which are not recorded."""
    recorded = read(path)["entries"]
    kept: dict[str, Any] = {}
    broken = []
    for entry in entries:
        known = recorded.get(entry.keras)
        reason, shown = _compared(entry, known, oracles)
        if not reason:
            kept[entry.keras] = _renewed(known, shown)
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


def _renewed(known: dict[str, Any], shown: dict[str, Any] | None) -> dict[str, Any]:
    """A record whose measurements stand, with what is shown of it as it is now."""
    kept = {name: value for name, value in known.items() if name not in ("versions", "digest", "shown", "code")}
    return {"versions": known["versions"], "digest": known["digest"], "shown": shown, **kept}


def _compared(entry: Entry, known: dict[str, Any] | None, oracles: Oracles) -> tuple[str, dict[str, Any] | None]:
    """Why what is known of an entry does not stand for what it says now, "" where it does; then what is shown of it."""
    now = versions()
    if known is None:
        return "is not recorded", None
    if known["versions"] != now:
        return f"was proved on {_listed(known['versions'])}; installed are {_listed(now)}", None
    try:
        digest, shown = current(entry, oracles)
    except (EquivalenceError, ValueError, RuntimeError):  # a case can no longer be emitted
        digest, shown = "", None
    if known["digest"] != digest:
        return "has other cases, or emits something else, than when it was proved", None
    return "", shown


def _listed(found: dict[str, str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in found.items()) or "nothing"
