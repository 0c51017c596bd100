"""A record as a page of the website's reference, and the tables of all of them, which docs/reference holds."""

from __future__ import annotations

import posixpath
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from equivalence.render.phrases import (
    also,
    counterpart,
    defects,
    newer,
    nothing_of_torch,
    off,
    placement,
    proved,
    seen,
    signature,
)

NOTICE = "<!-- Written by `make docs` from the catalogue: edit the entry, not this page. -->"


_SIDES = (("keras", "Keras"), ("torch", "PyTorch"))


def path(record: dict[str, Any]) -> str:
    """Where a page lies below the website's reference/: `layers/Conv2D.md`."""
    return "/".join(record["keras"].split(".")[1:]) + ".md"


def _folder(record: dict[str, Any]) -> str:
    return posixpath.dirname(f"docs/reference/{path(record)}")


def page(record: dict[str, Any], tabs: bool = False) -> str:
    """The page of one entry; ends with a newline. `tabs`: both sides' code in tabs, as Material's Markdown has them."""
    return "\n".join(_lines(record, tabs)) + "\n"


def contents(records: Iterable[dict[str, Any]]) -> str:
    """The page that lists every entry with its PyTorch counterpart; ends with a newline."""
    rows = [
        (f"`{record['keras']}`", quoted(*record["torch"]), record["verdict"])
        for record in sorted(records, key=lambda record: record["keras"].lower())
    ]
    listed = "\n".join(table(("Keras", "PyTorch", "Verdict"), rows))
    more = "[what is not equal](limits.md); [training](training.md). `make site` builds a page for each."
    return f"{NOTICE}\n# Reference\n\n{len(rows)} entries; {more}\n\n{listed}\n"


def limits(records: Iterable[dict[str, Any]], links: bool = False) -> str:
    """The page of what is not equal: approximate, or without a counterpart; ends with a newline. `links`: to pages."""
    listed = sorted(records, key=lambda record: record["keras"].lower())
    lines = [NOTICE, "# What is not equal", ""]
    lines += ["What is listed here differs by more than rounding, or PyTorch has nothing for it; all else is equal."]
    for key, head in (("approximate", "Approximate"), ("no_counterpart", "No counterpart")):
        rows = [
            (f"[`{each['keras']}`]({path(each)})" if links else f"`{each['keras']}`", cell(each[key]))
            for each in listed
            if each[key]
        ]
        lines += ["", f"## {head}", "", *table(("Keras", "Why"), rows)]
    return "\n".join(lines) + "\n"


def _lines(record: dict[str, Any], tabs: bool) -> Iterator[str]:
    yield NOTICE
    yield f"# {record['keras'].rpartition('.')[2]}"
    yield ""
    yield f"`{record['keras']}` → {quoted(*record['torch']) or nothing_of_torch(record)}"
    yield ""
    yield record["says"]
    yield ""
    yield f"**{record['verdict']}**{_otherwise(record)}. {record['equality']}"
    if record["related"]:
        yield from ("", f"Related, and not what the port writes: {quoted(*record['related'])}.")
    if record["aliases"]:
        yield from ("", f"Also searched as {quoted(*record['aliases'])}.")
    for each in record["elsewhere"]:
        yield from ("", f"The same, where you have it: {also(each)}.")
    for sentence in newer(record):
        yield from ("", sentence)
    for document in record["read"]:
        name = document.rpartition("/")[2]
        yield from ("", f"Answered by experiment: [{name}]({posixpath.relpath(document, _folder(record))})")
    if record["short"] and len(record["short"]["torch"]) < len(record["code"]["torch"].split("\n")):
        yield from _sides({side: "\n".join(record["short"][side]) for side, _ in _SIDES}, tabs)
        if tabs:  # two rows of tabs without a word between them would be one
            yield from ("", "Whole, as it was run:")
    if record["code"]:
        yield from _sides(record["code"], tabs)
    if record["arguments"]:
        yield from ("", "## Arguments", "")
        yield from table(
            ("Keras", "PyTorch", ""),
            [(quoted(signature(a)), cell(counterpart(a)), cell(a["note"])) for a in record["arguments"]],
        )
    if record["weights"]:
        yield from ("", "## Weights", "")
        yield from table(
            ("Keras", "PyTorch", "How"),
            [(quoted(w["keras"] or "—"), quoted(w["torch"]), cell(placement(w))) for w in record["weights"]],
        )
    if record["differences"] or record["defects"]:
        yield from ("", "## Differences", "")
        for difference in record["differences"]:
            yield from _difference(difference)
        for where, says in defects(record):
            yield f"- **{where}**: {says}"
    yield from ("", "## Proof", "", *proved(record["proof"]))


def _sides(code: dict[str, str], tabs: bool) -> Iterator[str]:
    """The code of both sides, one below the other or in tabs."""
    for side, name in _SIDES:
        block = f"```python\n{code[side].rstrip()}\n```"
        if tabs:
            yield from ("", f'=== "{name}"', "", textwrap.indent(block, "    "))
        else:
            yield from ("", block)


def _otherwise(record: dict[str, Any]) -> str:
    settings = ", ".join(f"{name}={value!r}" for name, value in (record["otherwise"] or {}).items())
    return f"; with `{settings}` it needs code" if settings else ""


def _difference(difference: dict[str, Any]) -> Iterator[str]:
    """A difference with how far off its naive form is, and the lines that are wrong and right."""
    apart = f", {off(difference)}" if off(difference) else ""
    yield f"- **{difference['id']}**{seen(difference)}{apart}: {difference['says']}"
    if difference["wrong"] or difference["right"]:
        lines = ["```python", *([f"# {difference['keras']}"] if difference["keras"] else [])]
        for label in ("wrong", "right"):
            lines += [f"# {label}", *difference[label]]
        yield from ("", *(f"  {line}".rstrip() for line in [*lines, "```"]), "")


def quoted(*names: str) -> str:
    """Names as code, one behind the other."""
    return ", ".join(f"`{cell(name)}`" for name in names)


def cell(text: str) -> str:
    """A text as it may stand in a table."""
    return text.replace("|", "\\|").replace("\n", " ")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The lines of a table."""
    for row in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(row)} |"
