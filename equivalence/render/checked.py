"""What a check found, as text: the verdict, each fault in five lines at most, then a line for every layer.

Lines of code and places of source are printed whole, however narrow the page: they are there to be copied.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from equivalence.errors import escaped, printable

Line = list[tuple[str, str]]  # pieces of one line, each with its style

_FAULT = 5  # lines
_RUN = 5  # as many layers of one status, one after the other, are told by the first, their number, and the last
_SHORTEST = 8  # letters of a name: of fewer nobody knows it again
_NAMES = 8  # arrays and modules that are named; the others are counted
_WIDEST = 100  # columns: longer lines are hard to read
_COLOURS = {True: "bold green", False: "bold red", None: "yellow"}
_OF_STATUS = {"equal": "green", "different": "bold red", "within": "dim", "unreached": "yellow"}
#: Where a difference shows, in words that follow "off by 1.0e-02".
_SEEN = {"inference": "", "gradients": " in the gradients", "training": " after a step of training"}


def text(report: dict[str, Any], width: int = 80) -> str:
    """The report of `check` (its JSON) as plain text, without a line break at its end."""
    return "\n".join("".join(piece for piece, _ in line) for line in _lines(report, width))


def show(report: dict[str, Any], paths: Sequence[str] = (), console: Console | None = None) -> None:
    """Prints the report of `check` (its JSON) and the files that were written, in colours on a terminal."""
    console = console or Console(highlight=False)
    for line in _lines(report, min(console.width, _WIDEST)):
        console.print(Text.assemble(*line), soft_wrap=True)
    for path in paths:
        console.print(Text(path), soft_wrap=True)


def verdict(report: dict[str, Any]) -> str:
    """One sentence about the whole model."""
    layers, faults, because = report["layers"], report["faults"], printable(report["because"])
    if report["equal"] is None:
        return f"Can't tell: {because}" if because else "Can't tell."
    if report["equal"]:
        statuses = [row["status"] for row in layers]
        others = {"within others": statuses.count("within"), "not reached": statuses.count("unreached")}
        rest = "".join(f", {count} {what}" for what, count in others.items() if count)
        return f"Equal: {report['matched']} of {len(layers)} layers compared one by one{rest}."
    if not faults:
        return f"Different: {because}" if because else "Different."
    kinds = len(alike(faults))
    counted = "1 fault" if len(faults) == 1 else f"{len(faults)} faults, the first"
    if 1 < len(faults) != kinds:
        counted = f"{len(faults)} faults of {kinds} {'kind' if kinds == 1 else 'kinds'}, the first"
    return f"Different: {counted} at {shortened(faults[0]['keras'], 46)}."


def place(torch: dict[str, Any] | None) -> str:
    """Where in the torch module: "features.0, net.py:12"; the operation where neither is known."""
    if torch is None:
        return ""
    known = ", ".join(printable(part) for part in (torch["module"], torch["line"]) if part)
    return known or printable(torch["operation"])


def deviation(fault: dict[str, Any]) -> str:
    """Shapes where they differ, and how far apart the numbers are: "off by 3.2e-02, relative 1.1e-01"."""
    keras, torch = fault["shape"]["keras"], fault["shape"]["torch"]
    parts = []
    if torch is not None and sorted(keras) != sorted(torch):  # else they differ by the frameworks' layouts alone
        parts.append(f"shape {tuple(keras)} in Keras, {tuple(torch)} in torch")
    if fault["max_abs"] is not None:
        relative = "" if fault["max_rel"] is None else f", relative {short(fault['max_rel'])}"
        parts.append(f"off by {short(fault['max_abs'])}{relative}{_SEEN.get(fault['seen_in'], '')}")
    elif fault["max_rel"] is not None:  # of several arrays, as both running statistics
        parts.append(f"relative {short(fault['max_rel'])} off{_SEEN.get(fault['seen_in'], '')}")
    elif fault["seen_in"] != "inference":
        parts.append("equal in inference, not in training")
    elif fault["torch"] is None:
        parts.append("nothing in the module has its numbers")
    return "; ".join(parts) or "the shapes do not fit each other"


def short(number: float | str) -> str:
    """A number of a report, in which infinities and NaN are text."""
    value = float(number)
    return f"{value:.1e}" if math.isfinite(value) and value else f"{value:g}"


def shortened(name: str, longest: int) -> str:
    """A name on one line, without its middle where it is too long: the ends tell blocks apart."""
    line = printable(name)
    if len(line) <= longest:
        return line
    tail = (longest - 3) * 2 // 3
    return f"{line[: longest - 3 - tail]}...{line[-tail:]}"


def _lines(report: dict[str, Any], width: int) -> Iterator[Line]:
    colour = _COLOURS[report["equal"]]
    yield from ([(line, colour)] for line in textwrap.wrap(verdict(report), width))
    for number, group in enumerate(alike(report["faults"]), 1):
        yield []
        yield from _fault(number, group, width)
    if report["layers"]:
        yield []
        yield from _table(report["layers"], width)
    yield from _after(report, width)


def alike(faults: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """The faults, those with one and the same cause together: an epsilon is wrong in fifty layers at once."""
    groups: dict[Any, list[dict[str, Any]]] = {}
    for index, fault in enumerate(faults):
        cause = (fault["cause"], fault["difference"], fault["seen_in"])
        groups.setdefault(cause if fault["cause"] else index, []).append(fault)
    return list(groups.values())


def _fault(number: int, group: Sequence[dict[str, Any]], width: int) -> Iterator[Line]:
    """Five lines at most: layer and place, deviation, why, what to write, and where else it is so."""
    fault, *others = group
    head = f"{number}. "
    indent = " " * len(head)
    where = place(fault["torch"])
    room = max(_SHORTEST, width - len(head) - len(where) - 3)
    layer = shortened(fault["keras"], room if where else width - len(head))
    yield [(head, "bold"), (layer, "bold red"), *([(" → ", ""), (where, "cyan")] if where else [])]
    room = _FAULT - 2 - bool(others)
    yield [(indent + deviation(fault), "")]
    fixes = [fix for fix in (fault["fix"] or "").splitlines() if fix.strip()]
    room -= len(fixes[:room])
    named = f" ({fault['difference']})" if fault["difference"] else ""
    why = fault["cause"] or fault["detail"] or "cause unknown"
    said = _wrapped(why + named, width, indent)
    if len(said) > room:
        said = _wrapped(why, width, indent)
    if len(said) > room:
        said = [*said[: room - 1], f"{said[room - 1][: width - 4]} ..."] if room > 0 else []
    yield from ([(line, "")] for line in said)
    for index, fix in enumerate(fixes):
        label = "write: " if index == 0 else "       "
        yield [(f"{indent}{label}", "dim"), (_code(fix), "bold")]
    if others:
        yield [(f"{indent}{_so_too(others, width - len(indent))}", "dim")]


def _so_too(others: Sequence[dict[str, Any]], width: int) -> str:
    """As many of the other layers as fit on a line, and how many there are."""
    names = [shortened(other["keras"], max(_SHORTEST, width // 3)) for other in others]
    count = f"and so in {len(names)} more: " if len(names) > 1 else "and so in "
    while len(names) > 1 and len(count + ", ".join(names)) > width:
        names = [*names[:-2], "..."] if names[-1] == "..." else [*names[:-1], "..."]
    return count + ", ".join(names)


def _code(line: str) -> str:
    """A line of code with its indentation, without what a terminal would obey."""
    return " " * (len(line) - len(line.lstrip(" "))) + escaped(line.strip())


def _wrapped(words: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(
        printable(words), width, initial_indent=indent, subsequent_indent=indent, break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip


def _table(layers: Sequence[dict[str, Any]], width: int) -> Iterator[Line]:
    """A line for each layer, in the model's order; of a long run of equal ones, the first and the last."""
    shown = list(_without_runs(layers))
    names = min(max(len(printable(row["keras"])) for row in layers), max(16, width * 3 // 8))
    yield [(f"{_padded('layer', names)}  {'':9}  {'relative':>8}  torch", "dim")]
    for row in shown:
        if isinstance(row, str):
            yield [(row, "dim")]
            continue
        style = _OF_STATUS.get(row["status"], "")
        off = "" if row["max_rel"] is None else short(row["max_rel"])
        layer = _padded(shortened(row["keras"], names), names)
        rest = f"  {off:>8}  {_beside(row['torch'], width - names - 23)}".rstrip()
        status = printable(row["status"])
        yield [(f"{layer}  ", ""), (f"{status:9}" if rest else status, style), (rest, "")]


def _without_runs(layers: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any] | str]:
    for status, group in groupby(layers, key=lambda row: row["status"]):
        run = list(group)
        if len(run) <= _RUN or status == "different":
            yield from run
        else:
            yield run[0]
            yield f"  ... {len(run) - 2} more, {printable(status)}"
            yield run[-1]


def _beside(torch: dict[str, Any] | None, room: int) -> str:
    """The place in a narrow column: the file without its folder, the module without its middle."""
    if torch is None:
        return ""
    line = printable((torch["line"] or "").replace("\\", "/").rpartition("/")[2])
    left = room - len(line) - 2 if line else room
    module = shortened(torch["module"], left) if torch["module"] and left >= _SHORTEST else ""
    return ", ".join(part for part in (module, line) if part) or shortened(torch["operation"], max(_SHORTEST, room))


def _padded(cell: str, width: int) -> str:
    return cell + " " * (width - cell_len(cell))


def _after(report: dict[str, Any], width: int) -> Iterator[Line]:
    """The arrays that were not carried, modules without a counterpart, notes, versions."""
    weights = report["weights"]
    if any(weights.values()):
        counts = (f"{len(weights[key])} {key.replace('_', ' ')}" for key in ("carried", "left_over", "ambiguous"))
        yield from ([], [(f"weights: {', '.join(counts)}", "")])
        for key, label in (("left_over", "left over: "), ("ambiguous", "ambiguous: ")):
            yield from _named(weights[key], label, width)
    if report["unmatched_torch"]:
        yield from ([], [("These ran in torch and gave nothing that Keras has:", "")])
        yield from _named(report["unmatched_torch"], "", width)
    notes = [*report["notes"], *([report["because"]] if report["because"] and report["faults"] else [])]
    if notes:
        yield []
        yield from ([(line, "")] for note in notes for line in _wrapped(note, width, ""))
    if report["versions"]:
        versions = ", ".join(f"{name} {version}" for name, version in report["versions"].items())
        yield from ([], *([(line, "dim")] for line in _wrapped(versions, width, "")))


def _named(names: Sequence[str], label: str, width: int) -> Iterator[Line]:
    for name in names[:_NAMES]:
        yield [(f"  {label}{shortened(name, max(20, width - len(label) - 2))}", "")]
    if len(names) > _NAMES:
        yield [(f"  ... and {len(names) - _NAMES} more", "dim")]
