"""What an answer shows and in which order: what to write, what to watch for, then the rest; without how it is drawn.

A terminal (`terminal_text`) and a pipe (`plain_text`) draw the same sections.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from equivalence.render.answer_parts import Head, Row, Section
from equivalence.render.call_answer import arguments_given, as_met, code_of, helpers_of, met, shapes_of_call
from equivalence.render.guide_answer import guide_head, guide_sections
from equivalence.render.phrases import (
    also,
    counterpart,
    defects,
    in_one_line,
    newer,
    off,
    placement,
    proved,
    seen,
    signature,
    title,
)

MOST = 40  # lines of an answer, where not all are asked for
_HEAD = 10  # lines of code in front
_LINES = 3  # of the wrong and of the right form of a difference, where not all are asked for


def head(record: dict[str, Any]) -> Head:
    """Both sides' code, the verdict, then names and sentences; of a guide its title instead."""
    if record["kind"] == "guide":
        return guide_head(record)
    short = record["short"] or {"keras": (), "torch": ()}
    keras, torch, verdict = tuple(short["keras"]), tuple(short["torch"]), _verdict(record)
    if (of_call := code_of(record)) is not None:
        keras, torch, verdict = of_call
    if len(torch) > _HEAD:
        torch = (*torch[: _HEAD - 1], f"... {len(torch) - _HEAD + 1} more lines: --full")
    prose = [title(record), record["says"], record["equality"]]
    if record["related"]:
        prose.append(f"Not what the port writes, though near: {', '.join(record['related'])}.")
    prose += [f"The same, where you have it: {also(each)}." for each in record["elsewhere"]]
    prose += newer(record)
    prose += [f"Answered by experiment: {document}" for document in record["read"]]
    return Head(keras, torch, verdict, tuple(prose))


def _verdict(record: dict[str, Any]) -> str:
    if not record["otherwise"]:
        return str(record["verdict"])
    return f"{record['verdict']}; with {_settings(record['otherwise'])} it needs code"


def sections(record: dict[str, Any], others: Sequence[dict[str, Any]], full: bool = False) -> list[Section]:
    """All of an answer behind its head; `others`: what else was found, a line each."""
    if record["kind"] == "guide":
        return guide_sections(record, [_named(other) for other in others], full)
    foot = tuple(_foot(record, others, full))
    made = [
        Section("Watch for", tuple(_differences(record, full)), least=1, cost=0.3),
        _code(record, full),
        arguments_given(record)
        if record["call"]
        else Section("Arguments", tuple(_arguments(record, full)), 3, cost=0.8),
        Section("Weights", tuple(_weights(record)), least=2),
        *([Section(row.cells[0], (Row(row.cells[1:], row.below),)) for row in foot] if full else [Section("", foot)]),
    ]
    return [section for section in made if section.rows]


def fitted(made: Sequence[Section], height: Callable[[Section], int], most: int) -> list[Section]:
    """The sections cut to `most` lines together, those that take most first; never below their least."""
    cut = list(made)
    while sum(height(_marked(*pair)) for pair in zip(cut, made, strict=True)) > most:
        spare = [place for place, each in enumerate(cut) if each.whole or len(each.rows) > each.least]
        if not spare:
            break
        place = max(spare, key=lambda place: height(cut[place]) * cut[place].cost)
        cut[place] = _shorter(cut[place])
    return [_marked(short, whole) for short, whole in zip(cut, made, strict=True)]


def _shorter(section: Section) -> Section:
    if section.whole:
        return section._replace(rows=(Row((section.whole,)),), whole="", least=1)
    left = len(section.rows) - (1 if section.cut or section.rows[-1].below else 2)
    return section._replace(rows=section.rows[: max(left, section.least)], cut=True)


def _marked(short: Section, whole: Section) -> Section:
    """A section that was cut, saying so."""
    left = len(whole.rows) - len(short.rows)
    if not left or whole.whole:
        return short
    return short._replace(rows=(*short.rows, Row((f"... {left} more: --full",))))


def _differences(record: dict[str, Any], full: bool) -> Iterator[Row]:
    """The wrong line, the right line and the measured error of each, worst first; then where Keras itself is off."""
    shown, of_call = (record["short"] or {"keras": [""]})["keras"][0], met(record)
    for each in record["differences"]:
        if of_call is not None:
            if each["id"] not in of_call:
                continue
            each = as_met(each, of_call[each["id"]])
        name = ", ".join(filter(None, (each["id"], off(each))))
        below = [("", each["says"])]
        if each["keras"] and each["keras"] != shown:
            below.append(("Keras" if of_call is None else "for", each["keras"]))
        for label in ("wrong", "right"):
            lines = each[label] if full or len(each[label]) <= _LINES else [*each[label][: _LINES - 1], "..."]
            below += [(label if not place else "", line) for place, line in enumerate(lines)]
        yield Row((f"{name}{seen(each)}",), tuple(below))
    for where, says in defects(record):
        yield Row((where,), (("", says),))


def _code(record: dict[str, Any], full: bool) -> Section:
    """The whole code, where the head is not all of it."""
    if record.get("translation"):
        source = "\n\n\n".join(dict.fromkeys(helpers_of(record)))
        rows = (Row((source,), code=True),) if source else ()
        return Section("Code", rows, whole=f"{len(source.splitlines())} lines, which stand behind --full")
    if not record["code"]:
        return Section("Code", ())
    text = record["code"]["torch"].rstrip()
    helpers = text.split("\n\n\n")[:-1]
    if not full and not helpers:
        return Section("Code", ())
    source = text if full else "\n\n\n".join(helpers)
    lines = len(text.split("\n"))
    return Section("Code", (Row((source,), code=True),), whole=f"{lines} lines, which stand behind --full")


def _arguments(record: dict[str, Any], full: bool) -> Iterator[Row]:
    for argument in record["arguments"]:
        if full or not argument["inert"]:
            yield Row((signature(argument), counterpart(argument), argument["note"]))


def _weights(record: dict[str, Any]) -> Iterator[Row]:
    for weight in record["weights"]:
        yield Row((weight["keras"] or "—", weight["torch"], placement(weight)))


def _foot(record: dict[str, Any], others: Sequence[dict[str, Any]], full: bool) -> Iterator[Row]:
    """What is said in a line, or, where all is asked for, in a few."""
    shapes = shapes_of_call(record) if record.get("translation") else record["shapes"]
    if shapes:
        keras, torch = [" → ".join(shapes[side]) for side in ("keras", "torch")]
        yield Row(("Shapes", keras if keras == torch else f"{keras} in Keras, {torch} in PyTorch"))
    first, *rest = proved(record["proof"])
    if full:
        yield Row(("Proof", first), tuple(("", line) for line in rest))
    else:
        yield Row(("Proof", in_one_line(record["proof"])))
    if others:
        yield Row(("See also", ", ".join(map(_named, others))))


def _named(record: dict[str, Any]) -> str:
    """What another result is called in one line."""
    return f'"{record["title"]}"' if record["kind"] == "guide" else str(record["keras"])


def _settings(settings: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in settings.items())
