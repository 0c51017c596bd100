"""What a check found, as one page of HTML that needs nothing else: no script, no font, no network.

Both graphs stand side by side, a row for each Keras layer: at its left the connections of the Keras model as
tracks beside the rows, at its right the torch operation with the same numbers, and between them how far apart
they are, as a colour. All text is escaped; whatever a model or a module is called, it is text.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from equivalence.errors import printable
from equivalence.render.checked import deviation, place, short, verdict
from equivalence.render.page_style import STYLE
from equivalence.render.tracks import Tracks, tracks

_ROW = 30  # pixels
_TRACK = 12  # pixels between two tracks
#: Relative deviations above which a row has the next colour; the first is what counts as equal in float64.
_STEPS = (1e-10, 1e-6, 1e-4, 1e-2, 1e-1)


def check_page(report: dict[str, Any], keras: str = "the Keras model", torch: str = "the torch module") -> str:
    """The page of a report of `check` (its JSON); `keras` and `torch` are what was held against each other."""
    return "\n".join(_page(report, keras, torch)) + "\n"


def _page(report: dict[str, Any], keras: str, torch: str) -> Iterator[str]:
    title = f"{_text(torch)} against {_text(keras)}"
    yield "<!DOCTYPE html>"
    yield '<html lang="en"><head><meta charset="utf-8">'
    yield """<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">"""
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="color-scheme" content="light dark">'
    yield f"<title>{title}</title><style>{STYLE}</style></head><body>"
    standing = {True: "equal", False: "different", None: "unknown"}[report["equal"]]
    yield f'<h1>{title}</h1><p class="verdict {standing}">{_text(verdict(report))}</p>'
    if report["because"] and report["equal"] is not None and report["faults"]:
        yield f"<p>{_text(report['because'])}</p>"
    if report["faults"]:
        yield "<h2>Faults, in the order of execution</h2>"
        for number, fault in enumerate(report["faults"], 1):
            yield from _fault(number, fault)
    if report["layers"]:
        yield "<h2>Layer against layer</h2>"
        yield from _graphs(report["layers"], report["unmatched_torch"], report["faults"])
    yield from _weights(report["weights"])
    if report["notes"]:
        yield "<h2>Notes</h2>"
        yield from _list(report["notes"])
    versions = ", ".join(f"{name} {version}" for name, version in report["versions"].items())
    yield f"<footer>{_text(versions)}</footer></body></html>"


def _fault(number: int, fault: dict[str, Any]) -> Iterator[str]:
    yield f'<details open id="fault-{number}"><summary>{number}. <b>{_text(fault["keras"])}</b>'
    yield f"{_text(deviation(fault))}</summary><dl>"
    rows: list[tuple[str, str]] = [("torch", _text(place(fault["torch"])) or "nothing corresponds")]
    if fault["torch"]:
        rows.append(("operation", f"<code>{_text(fault['torch']['operation'])}</code>"))
    shapes = fault["shape"]
    shape = f"{tuple(shapes['keras'])} in Keras"
    shape += f", {tuple(shapes['torch'])} in torch" if shapes["torch"] is not None else ""
    rows.append(("shape", _text(shape)))
    rows.append(("cause", _text(fault["cause"]) if fault["cause"] else "unknown"))
    for key, name in (("keras_value", "in Keras"), ("torch_value", "in torch")):
        if fault[key] is not None:
            rows.append((name, f"<code>{_text(str(fault[key]))}</code>"))
    if fault["difference"]:
        rows.append(("known as", f"<code>{_text(fault['difference'])}</code>"))
    if fault["detail"]:
        rows.append(("in detail", _text(fault["detail"])))
    if fault["fix"]:
        lines = "\n".join(_code(line) for line in fault["fix"].splitlines())
        rows.append(("write", f"<pre><code>{lines}</code></pre>"))
    yield "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in rows)
    yield "</dl></details>"


def _graphs(
    layers: Sequence[dict[str, Any]], unmatched: Sequence[str], faults: Sequence[dict[str, Any]]
) -> Iterator[str]:
    """The table of both graphs; torch's operations that have no layer follow at its end."""
    rows = tracks([row["keras"] for row in layers], [row["inputs"] for row in layers])
    width = _TRACK * (max(len(row.lanes) for row in rows) + 1)
    numbers: dict[str, int] = {}
    for number, fault in enumerate(faults, 1):
        numbers.setdefault(fault["keras"], number)
    yield from _legend()
    yield '<table class="graphs"><thead><tr><th></th><th>Keras</th><th>relative</th><th>torch</th></tr></thead><tbody>'
    first_at: dict[tuple[Any, ...], str] = {}
    for row, track in zip(layers, rows, strict=True):
        yield f'<tr class="{_class(row)}"><td class="tracks">{_drawn(track, width)}</td>'
        yield f'<td class="keras">{_text(row["keras"])} <small>{_text(row["kind"])}</small></td>'
        yield f'<td class="off">{_off(row, numbers.get(row["keras"]))}</td>'
        yield f'<td class="torch">{_torch(row, first_at)}</td></tr>'
    for name in unmatched:
        yield '<tr class="alone"><td class="tracks"></td><td class="keras"></td><td class="off">no layer has it</td>'
        yield f'<td class="torch">{_text(name)}</td></tr>'
    yield "</tbody></table>"


def _off(row: Mapping[str, Any], number: int | None) -> str:
    """The deviation of a row, or what became of the layer; a link to its fault."""
    known = row["max_rel"] is not None
    said = short(row["max_rel"]) if known else {"within": "within what follows"}.get(row["status"], row["status"])
    if known and row["status"] not in ("equal", "different"):
        said += f", {row['status']}"
    return f'<a href="#fault-{number}">{_text(said)}</a>' if number else _text(said)


def _torch(row: Mapping[str, Any], first_at: dict[tuple[Any, ...], str]) -> str:
    """The operation of a row; that of a module called again says which layer had it first."""
    torch = row["torch"]
    if torch is None:
        return ""
    first = first_at.setdefault((torch["module"], torch["operation"], torch["line"]), row["keras"])
    again = "" if first == row["keras"] else f", as {first}"
    named = torch["module"] or torch["operation"]
    operation = torch["operation"] if torch["module"] else ""
    where = ", ".join(part for part in (operation, torch["line"]) if part)
    return f"{_text(named)} <small>{_text(where + again)}</small>"


def _class(row: Mapping[str, Any]) -> str:
    """How a row is coloured: d0 (equal) to d5 by its deviation."""
    if row["status"] not in ("equal", "different"):
        return "within" if row["status"] == "within" else "unreached"
    if row["status"] == "equal":
        return "d0"
    off = math.inf if row["max_rel"] is None else float(row["max_rel"])
    return f"d{max(1, sum(off > step for step in _STEPS))}" if not math.isnan(off) else f"d{len(_STEPS)}"


def _legend() -> Iterator[str]:
    words = ["equal", *(f"above {step:g}" for step in _STEPS)]
    words[1] = f"different, up to {_STEPS[1]:g}"
    cells = "".join(f'<span class="d{index}"><i></i>{word}</span>' for index, word in enumerate(words))
    yield f'<p class="legend">relative deviation: {cells}</p>'


def _drawn(track: Tracks, width: int) -> str:
    """The tracks that pass a row, end at its layer, and start from it."""
    x = [width - _TRACK // 2 - _TRACK * lane for lane in range(len(track.lanes) + 1)]
    middle = _ROW // 2
    lines = []
    if track.above:
        lines.append(f'<path d="M{x[0]} 0V{middle}"/>')
    if track.below:
        lines.append(f'<path d="M{x[0]} {middle}V{_ROW}"/>')
    for lane, step in enumerate(track.lanes, 1):
        if "pass" in step:
            lines.append(f'<path d="M{x[lane]} 0V{_ROW}"/>')
        if "end" in step:
            lines.append(f'<path d="M{x[lane]} 0Q{x[lane]} {middle} {x[0]} {middle}"/>')
        if "start" in step:
            lines.append(f'<path d="M{x[0]} {middle}Q{x[lane]} {middle} {x[lane]} {_ROW}"/>')
    lines.append(f'<path class="dot" d="M{x[0]} {middle}h0"/>')
    box = f'viewBox="0 0 {width} {_ROW}" preserveAspectRatio="none"'  # as high as its row, whatever is in that
    svg = f'<svg width="{width}" {box} aria-hidden="true">{"".join(lines)}</svg>'
    return f'<div style="width: {width}px">{svg}</div>'


def _weights(weights: Mapping[str, Sequence[str]]) -> Iterator[str]:
    if not any(weights.values()):
        return
    yield "<h2>Weights</h2>"
    for key, name in (("ambiguous", "Ambiguous"), ("left_over", "Left over"), ("carried", "Carried")):
        if weights[key]:
            yield f"<h3>{name} ({len(weights[key])})</h3>"
            yield from _list(weights[key])


def _list(items: Sequence[str]) -> Iterator[str]:
    yield f"<ul>{''.join(f'<li>{_text(item)}</li>' for item in items)}</ul>"


def _text(words: str) -> str:
    """Anybody's words as text of the page."""
    return escape(printable(words))


def _code(line: str) -> str:
    return " " * (len(line) - len(line.lstrip(" "))) + _text(line)
