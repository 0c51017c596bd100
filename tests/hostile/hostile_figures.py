"""The figures in SECURITY.md, written from docs/hostile.json: `PYTHONPATH=tests/hostile python -m hostile_figures`.

`make fuzz` adds its runs to that file; the numbers of crafted files are counted here.
"""

from __future__ import annotations

import datetime
import json
from importlib import import_module
from typing import Any

from hostile_bases import ROOT

RECORD = ROOT / "docs" / "hostile.json"
PAGE = ROOT / "SECURITY.md"
BEGIN, END = "<!-- figures: written by tests/hostile/hostile_figures.py -->", "<!-- end of figures -->"
FAMILIES = {
    "crafted_archives": "zip archives",
    "crafted_texts": "JSON and configurations",
    "crafted_sizes": "models that ask for too much",
    "crafted_trees": "HDF5 that no model says",
    "crafted_headers": "HDF5 headers by hand",
    "crafted_texts_of_any_length": "shared HDF5 objects",
}


def record() -> dict[str, Any]:
    """What is recorded: `crafted` files by family, and `runs` of the fuzzer."""
    found: dict[str, Any] = json.loads(RECORD.read_text())
    return found


def add_run(run: dict[str, Any]) -> None:
    """Adds a run of the fuzzer, in place of an earlier one of its seed and kind."""
    known = record() if RECORD.exists() else {"crafted": {}, "runs": []}
    same = ("kind", "seed")
    runs = [other for other in known["runs"] if any(other[key] != run[key] for key in same)]
    dated = {"date": datetime.datetime.now(datetime.UTC).date().isoformat(), **run}
    _write({**known, "runs": [*runs, dated]})


def table(found: dict[str, Any]) -> str:
    """The figures as they stand in SECURITY.md."""
    crafted = found["crafted"]
    lines = [
        f"{sum(crafted.values()):,} crafted files, all tried on each run of the tests:",
        "",
        *("| family | files |", "| --- | ---: |"),
        *(f"| {says} | {crafted[name]} |" for name, says in FAMILIES.items()),
        "",
        "Mutants, by run:",
        "",
        "| date | kind | seed | mutants | ported | refused | faults | longest | memory | held against Keras |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    for run in found["runs"]:
        if "branches" in run:
            continue
        held = ", ".join(f"{count} {what}" for what, count in sorted(run["verified"].items())) or "–"
        lines.append(
            f"| {run['date']} | {run['kind']} | {run['seed']} | {run['mutants']:,} | {run['ported']:,} | "
            f"{run['refused']:,} | {run['faults']} | {run['seconds']:.1f} s | {run['memory'] >> 20} MB | {held} |"
        )
    guided = [
        f"| {run['date']} | {run['kind']} | {run['seed']} | {run['mutants']:,} | {run['faults']} | "
        f"{run['branches']:,} | {run['reached']:,} | {run['took']:,} |"
        for run in found["runs"]
        if "branches" in run
    ]
    if guided:
        lines += [
            "",
            "Mutants that atheris led to new branches of the readers (its own count of branches: those that valid files"
            " reach, and all that were reached):",
            "",
            "| date | kind | seed | mutants | faults | branches | reached | seconds |",
            "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
            *guided,
        ]
    return "\n".join(lines)


def page(text: str, figures: str) -> str:
    """A page with its figures renewed."""
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n\n{figures}\n\n{END}{rest.split(END)[1]}"


def _write(found: dict[str, Any]) -> None:
    RECORD.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    known = record() if RECORD.exists() else {"runs": []}
    counts = {name: sum(1 for _ in import_module(name).crafts()) for name in FAMILIES}
    _write({"crafted": counts, "runs": known["runs"]})
    PAGE.write_text(page(PAGE.read_text(), table(record())))
