"""What became of every case on other versions of Keras, as one page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Record = dict[str, Any]


def keras_versions(records: Sequence[Record]) -> str:
    """Markdown: a row for each version, and a table of what it makes something else of."""
    proofs = {record["keras"]: record["proof"]["other_keras"] for record in records if record["proof"]}
    versions = list(dict.fromkeys(version for on in proofs.values() for version in on))
    lines = [
        "# Other versions of Keras",
        "",
        "The proofs are made on the newest Keras. Here their cases are run on older ones, as they are: what a release",
        "lacks, and what it computes otherwise, or fails at, is a difference between two versions of Keras.",
        "",
        "| Keras | entries | cases | hold | it lacks the name or an argument | it makes something else of |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for version in versions:
        found = [on[version] for on in proofs.values() if version in on]
        missing, apart = (sum(_count(each, what) for each in found) for what in ("not_there", "apart"))
        cases = sum(each["cases"] for each in found)
        lines.append(f"| {version} | {len(found)} | {cases} | {cases - missing - apart} | {missing} | {apart} |")
    for version in versions:
        lines += ["", f"## Keras {version}", "", "| entry | cases | what is said |", "| --- | --- | --- |"]
        lines += _apart({name: on[version] for name, on in proofs.items() if version in on})
    return "\n".join(lines) + "\n"


def _apart(found: Mapping[str, Record]) -> Iterator[str]:
    for name, of in sorted(found.items()):
        for reason, cases in of.get("apart", {}).items():
            said = reason.replace("|", "\\|").replace("<", "&lt;")
            yield f"| `{name}` | {', '.join(cases)} | {said} |"


def _count(of: Record, what: str) -> int:
    return sum(map(len, of.get(what, {}).values()))
