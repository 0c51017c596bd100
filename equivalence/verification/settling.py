"""Where Keras differs from a port on one of its backends: what is said of it, and how to ask Keras again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from equivalence import catalogue
from equivalence.errors import printable
from equivalence.schema import KERAS_ON, Defect, Entry
from equivalence.verification.report import Report

#: Differences below this may be TensorFlow computing in float32 where float64 was asked for: it resizes images so.
FLOAT32_ROUNDING = 2.0**-20
#: Stands for the model's outputs among the layers that are apart: they differ though no layer does.
OUTPUTS = "(outputs)"
_NAMED = 3  # layers named in one sentence
_LONGEST = 120  # letters of a layer's path: it comes from the file


def what_is_off(report: Report, backend: str) -> str:
    """Where a backend differs, in layers that were given equal inputs, and what is known of them."""
    on, paths = KERAS_ON[backend], list(dict.fromkeys(printable(row["path"], _LONGEST) for row in report.apart))
    if not paths:
        return f"{on} gives other outputs, its layers none."
    where = ", ".join(paths[:_NAMED]) + (f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else "")
    if may_be_rounding(report.apart):
        return f"{on} is off by the rounding of float32 at {where}."
    known = dict.fromkeys(f" Known of {entry.keras}: {defect.says}" for _, entry, defect in _known(report, backend))
    return f"{on} is off at {where}.{''.join(known)}"


def settled_together(reports: Sequence[Report]) -> bool:
    """Whether every layer agrees on one backend at least, each layer given the inputs that Keras gave it."""
    apart = [{(row["path"], row.get("node"), row.get("tensor")) for row in report.apart} for report in reports]
    return len(apart) > 1 and all(apart) and not set.intersection(*apart)


def may_be_rounding(apart: list[dict[str, Any]]) -> bool:
    """Whether layers differ no more than float32 rounds."""
    errors = [row.get("max_rel") for row in apart]
    return all(isinstance(error, float) and error < FLOAT32_ROUNDING for error in errors)


def within_what_is_stated(report: Report, backend: str) -> str:
    """What to say where every layer apart differs by no more than a case of its entry allows, and why; else nothing.

    Such cases state what a backend computes in float32 alone, whatever it is asked for.
    """
    entries = {call.path: call.entry for call in report.emitted}
    reasons: dict[str, str] = {}
    for row in report.apart:
        cases = catalogue.named(entries[row["path"]]).cases if row["path"] in entries else ()
        allowed = [case for case in cases if case.because and case.max_rel > float(row.get("max_rel", "inf"))]
        if not allowed:
            return ""
        reasons[printable(row["path"], _LONGEST)] = allowed[0].because
    said = "; ".join(f"{path}: {because.rstrip('.')}" for path, because in [*reasons.items()][:_NAMED])
    return f"{KERAS_ON[backend]} is off by what is known of it ({said})." if reasons else ""


def same_meaning(report: Report, backend: str) -> tuple[str, list[tuple[list[str], dict[str, Any]]]]:
    """Settings, by the layer's path, that mean the same and avoid what is known of the layers apart.

    Before them, what Keras is called with these settings; there are none where another backend is to be asked.
    """
    found = {
        path: defect for path, _, defect in _known(report, backend) if defect.instead and defect.case.oracle == backend
    }
    names = dict.fromkeys(defect.settled_by for defect in found.values())
    return ", ".join(names), [(path.split("/"), dict(defect.instead or {})) for path, defect in found.items()]


def _known(report: Report, backend: str) -> Iterator[tuple[str, Entry, Defect]]:
    """Defects of this backend that are known of the layers apart, with the layers' paths."""
    entries = {call.path: call.entry for call in report.emitted}
    for row in report.apart:
        if row["path"] not in entries:
            continue  # the outputs, or what Keras did not call
        entry = catalogue.named(entries[row["path"]])
        for defect in entry.defects:
            if defect.backend == backend:
                yield row["path"], entry, defect
