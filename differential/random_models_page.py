"""What became of random models: for a terminal, and as docs/differential.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from differential.campaign import Judged
from differential.outcome import FAILURES, KINDS
from differential.seed_record import Tally, added_up

MEANT = {
    "wrong": "other numbers than Keras's",
    "raw": "an exception that nobody foresaw",
    "broken": "files that a fresh process cannot load, or that give something else there",
    "refused": "by the port, in a sentence, below",
    "equal": "outputs, gradients and another batch of other sizes are Keras's in float64",
    "unstable": "Keras's own numbers change as much when its inputs change by a rounding error",
}


def reasons(judged: Iterable[Judged]) -> list[tuple[str, int]]:
    """Why models were refused, the commonest first."""
    return _by_count(Counter(each.outcome.reason for each in judged if each.outcome.kind == "refused"))


def _by_count(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def table(judged: Sequence[Judged], seconds: float) -> Iterator[str]:
    """Lines for a terminal; each failure by the number that repeats it."""
    counts = Counter(each.outcome.kind for each in judged)
    yield f"{len(judged)} models in {seconds:.0f} s; Keras itself cannot make or run {counts['invalid']} of them"
    for kind, number, share in _shares(counts):
        yield f"{kind:>9} {number:6} {share:6.2f} %"
    found = reasons(judged)
    if found:
        yield "refused:"
        yield from (f"{number:6}  {reason}" for reason, number in found)
    for each in sorted(judged, key=lambda each: each.seed):
        if each.outcome.kind in FAILURES:
            yield f"{each.outcome.kind} (--only {each.seed}), {each.outcome.doing}: {each.outcome.message}"


def _shares(counts: Counter[str]) -> Iterator[tuple[str, int, float]]:
    """Each kind, how many, and how many of a hundred that Keras runs."""
    tried = sum(counts.values()) - counts["invalid"]
    for kind in KINDS:
        if kind != "invalid":
            yield kind, counts[kind], 100 * counts[kind] / max(tried, 1)


def page(record: Mapping[int, Tally]) -> str:
    """The page of the models of some seeds."""
    whole = added_up(record.values())
    lines = [
        "# Random models",
        "",
        f"{whole.models} models were drawn from the cases of all entries, ported from `.keras`, `.h5` and live, and",
        "held against Keras in float64. `make differential SEED=1 MODELS=500` does that; with `RESULTS=file` it keeps",
        "what it finds, goes on where it stopped, and puts its seeds into this page and `differential.json`.",
        "",
        f"Keras itself cannot build, save, load or run {whole.kinds['invalid']} of them. Of the others:",
        "",
        "| became | models | % | |",
        "| --- | ---: | ---: | --- |",
        *(f"| {kind} | {number} | {share:.2f} | {MEANT[kind]} |" for kind, number, share in _shares(whole.kinds)),
        "",
        *_of_failures(whole),
        "| seed | models | equal | refused | failed | judged |",
        "| --- | ---: | ---: | ---: | ---: | --- |",
        *(f"| {seed} | {_of_seed(record[seed])} |" for seed in sorted(record)),
        "",
        "## Why models were refused",
        "",
        "| models | because |",
        "| ---: | --- |",
        *(f"| {number} | {_cell(reason)} |" for reason, number in _by_count(whole.refused)),
        "",
        f"Judged with {' and '.join(whole.versions)}.",
    ]
    return "\n".join(lines) + "\n"


def _of_seed(tally: Tally) -> str:
    counts = (tally.models, tally.kinds["equal"], tally.kinds["refused"], len(tally.failed))
    return " | ".join([*map(str, counts), " to ".join(dict.fromkeys((tally.days[0], tally.days[-1])))])


def _of_failures(whole: Tally) -> Iterator[str]:
    if whole.mended:
        yield f"{whole.mended} of these failed at first, were mended, and were judged again."
        yield ""
    yield from (f"- {_cell(failure)}" for failure in whole.failed)
    if whole.failed:
        yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
