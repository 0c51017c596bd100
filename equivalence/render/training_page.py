"""The page on training: what is torch's own with the right arguments, what is written, how far torch's own is off."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import Any

from equivalence.render.page import NOTICE, cell, path, quoted, table
from equivalence.render.phrases import off

Record = dict[str, Any]

#: What is trained with, in the order of the page: the kind of an entry, and its heading.
KINDS = {
    "optimizer": "Optimizers", "schedule": "Schedules", "loss": "Losses", "metric": "Metrics",
    "initializer": "Initializers", "regularizer": "Regularizers", "constraint": "Constraints", "callback": "Callbacks",
}  # fmt: skip
_INTRODUCTION = """\
What a training is made of, as it is proved against Keras: optimizers, regularizers and constraints by a hundred steps
in float64, losses by value and gradient, metrics batch by batch, initializers by distribution, schedules step by step,
callbacks by what they decide. Where PyTorch's own is equal with the right arguments, it is what a port gets; elsewhere
something small is written. Each is shown by its plainest case; the last column says how far PyTorch's own is off as it
is often written, and who else has the same."""
_DEFINED = re.compile(r"^(?:class|def) (\w+)", re.MULTILINE)


def training(records: Iterable[Record], links: bool = False) -> str:
    """The page; ends with a newline. `links`: to the pages of the entries."""
    lines = [NOTICE, "# Training", "", _INTRODUCTION]
    listed = [each for each in records if each["short"] and each["kind"] in KINDS]
    for kind, head in KINDS.items():
        of_kind = sorted((each for each in listed if each["kind"] == kind), key=lambda each: each["keras"].lower())
        own = [each for each in of_kind if not written(each)]
        made = [each for each in of_kind if written(each)]
        lines += ["", f"## {head}", "", f"{len(own)} by PyTorch's own, {len(made)} by something that is written."]
        for what, rows in (("PyTorch's own", own), ("Written", made)):
            if rows:
                lines += [
                    "",
                    *table(("Keras", what, "PyTorch's own, as often written"), [_row(e, links) for e in rows]),
                ]
    return "\n".join(lines) + "\n"


def written(record: Record) -> list[str]:
    """The functions and classes beside torch's own that the shown line of a record needs."""
    said = "\n".join(record["short"]["torch"])
    return [name for name in _DEFINED.findall(record["code"]["torch"]) if re.search(rf"\b{name}\b", said)]


def _row(record: Record, links: bool) -> tuple[str, str, str]:
    name = record["keras"].removeprefix("keras.")
    said = quoted(*written(record)) or quoted(_on_a_line("\n".join(record["short"]["torch"])))
    return f"[`{name}`]({path(record)})" if links else f"`{name}`", said, "; ".join(_apart(record))


def _on_a_line(code: str) -> str:
    """Statements one behind the other, without the name of the last one's result."""
    texts = [ast.get_source_segment(code, part) or "" for part in ast.parse(code).body]
    texts[-1] = re.sub(r"^(optimizer|schedule|callback) = ", "", texts[-1])
    return re.sub(r"(?<=[(\[]) | (?=[)\]])", "", "; ".join(" ".join(text.split()) for text in texts))


def _apart(record: Record) -> Iterator[str]:
    """Of each difference that shows one of torch's own: which, and how far off it is; then another library's own."""
    names = [name for name in (*record["torch"], *record["related"]) if name.count(".") > 1]
    for difference in record["differences"]:
        wrong = "\n".join(difference["wrong"] or ())
        named = (name for name in names if f"{name.rpartition('.')[2]}(" in wrong)
        if (own := next(named, None)) is not None and off(difference):
            yield f"{quoted(own)} {off(difference)} ({cell(difference['id'])})"
    for each in record["elsewhere"]:
        yield f"the same in {quoted(each['make'])}"
