"""What the answer to a call shows: that call in torch, the differences that it meets, its arguments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from equivalence.render.answer_parts import Row, Section


def code_of(record: dict[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...], str] | None:
    """Both sides' code and the verdict of a call that was translated; None of anything else."""
    translation = record.get("translation")
    if not translation:
        return None
    if translation["refused"]:
        return (translation["keras"],), (), f"refused: {translation['refused']}"
    if translation["missing"]:
        return (translation["keras"],), (), translation["missing"]
    lines: list[str] = []
    for form in translation["forms"]:
        lines += [*([f"# {form['condition']}"] if form["condition"] else []), *form["torch"]]
    verdicts = dict.fromkeys(form["verdict"] for form in translation["forms"])
    return (translation["keras"],), tuple(lines), ", or ".join(verdicts)


def met(record: dict[str, Any]) -> dict[str, dict[str, Any]] | None:
    """The differences that the call meets, by their ids, with its own lines; None where it was not translated."""
    translation = record.get("translation")
    if not translation or not translation["forms"]:
        return None
    found: dict[str, dict[str, Any]] = {}
    for form in translation["forms"]:
        for difference in form["differences"]:
            found.setdefault(difference["id"], {**difference, "condition": form["condition"]})
    return found


def as_met(difference: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """A difference with the lines of this call, where it has its own; `keras` is the condition on which it is met."""
    lines = {side: own[side] or difference[side] for side in ("wrong", "right")}
    return {**difference, **lines, "keras": own["condition"]}


def arguments_given(record: dict[str, Any]) -> Section:
    """The arguments that the call gives, each with its counterpart."""
    rows = [Row((f"{each['name']}={each['given']}", _meant(each), each["note"])) for each in record["call"]]
    return Section("This call", tuple(rows), least=3, cost=0.8)


def helpers_of(record: dict[str, Any]) -> Iterator[str]:
    """What torch lacks of the call, each once."""
    for form in (record.get("translation") or {"forms": ()})["forms"]:
        yield from form["helpers"]


def shapes_of_call(record: dict[str, Any]) -> dict[str, list[str]] | None:
    """The shapes of a call that was translated, where they are known."""
    forms = record["translation"]["forms"]
    return forms[0]["shapes"] if len(forms) == 1 else None


def _meant(answer: dict[str, Any]) -> str:
    if answer["torch"] is None:
        return "—"
    return f"{answer['torch']} = {answer['how']}" if answer["how"] else str(answer["torch"])
