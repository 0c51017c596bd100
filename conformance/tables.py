"""What became of all that was tried: for a terminal, and as docs/conformance.md."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from differential.outcome import FAILURES, Outcome
from equivalence.proofs.installed import versions

#: `no model`: what a test does makes no functional model. `unread`: a test, or a file of them, that does not run.
KINDS = ("equal", "refused", *FAILURES, "unstable", "invalid", "no model", "unread")
MEANT = {
    "equal": "the port gives Keras's numbers in float64, and its gradients (those of variants are not compared)",
    "refused": "by the port, in a sentence, below",
    "wrong": "other numbers",
    "raw": "an exception that nobody foresaw",
    "broken": "files that do not load",
    "unstable": "Keras's own numbers change as much when its inputs change by a rounding error",
    "invalid": "Keras itself does not build, save, load or run it",
    "no model": "what the test does is no functional model of Keras's own layers, below",
    "unread": "the test itself does not run here, below",
}
TITLES = {
    "tests": ("What Keras's own layer tests call", "call"),
    "variants": ("The cases of the catalogue under other sizes, ranks, orders and masks", "variant"),
}
#: Reasons of each kind that the page lists; what Keras says of variants it refuses is Keras's business.
LISTED = {"tests": (*FAILURES, "refused", "no model", "unread", "invalid"), "variants": (*FAILURES, "refused")}
_NAMED = 6  # layers named in one row


@dataclass(frozen=True, slots=True, order=True)
class Row:
    """One thing that was tried: a name to ask for it by, the layer or operation, and what became of it."""

    id: str
    symbol: str
    kind: str
    doing: str
    message: str

    @property
    def reason(self) -> str:
        """The message without what is one model's own, and without the layer that it names."""
        text = Outcome(self.kind, self.doing, self.message).reason
        return text.partition("): ")[2] if text.startswith("PATH layer NAME (") else text


def table(part: str, rows: Sequence[Row]) -> Iterator[str]:
    """Lines for a terminal: how many of each kind, why what was refused was, and each failure by its name."""
    counts = Counter(row.kind for row in rows)
    yield f"{TITLES[part][0]}: {len(rows)}"
    yield from (f"{kind:>9} {counts[kind]:6}" for kind in KINDS if counts[kind])
    for reason, symbols in _reasons(rows, "refused"):
        yield f"refused {sum(symbols.values()):4}  {_named(symbols)}: {reason}"
    for row in rows:
        if row.kind in FAILURES:
            yield f"{row.kind} (--part {part} --only '{row.id}'), {row.doing}: {row.message}"


def page(found: Mapping[str, Sequence[Row]]) -> str:
    """docs/conformance.md."""
    on = ", ".join(f"{name} {version}" for name, version in versions().items())
    lines = ["# Conformance", "", f"Written by `make conformance`, on {on}."]
    for part, rows in found.items():
        title, thing = TITLES[part]
        counts = Counter(row.kind for row in rows)
        lines += ["", f"## {title}", "", f"| | {thing}s | |", "| --- | --- | --- |"]
        lines += [f"| {kind} | {counts[kind]} | {MEANT[kind]} |" for kind in KINDS if counts[kind] or kind in FAILURES]
        for kind in LISTED[part]:
            reasons = _reasons(rows, kind)
            if reasons:
                lines += ["", f"### {kind.capitalize()}", "", "| | of | because |", "| --- | --- | --- |"]
                lines += [f"| {sum(each.values())} | {_named(each)} | {_cell(why)} |" for why, each in reasons]
    return "\n".join(lines) + "\n"


def _reasons(rows: Sequence[Row], kind: str) -> list[tuple[str, Counter[str]]]:
    """Reasons with how often each symbol has them, the most frequent first."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        if row.kind == kind:
            found[row.reason][row.symbol] += 1
    return sorted(found.items(), key=lambda item: (-sum(item[1].values()), item[0]))


def _named(symbols: Counter[str]) -> str:
    names = sorted(symbols)
    return ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
