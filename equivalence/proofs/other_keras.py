"""`python -m equivalence.proofs.other_keras` runs every case on the Keras that is installed, where that is another one
than the recorded proofs were made on, and records what became of it in `other_keras.json`.

    pip install --no-deps --target build/keras_3.12 keras==3.12.0
    PYTHONPATH=build/keras_3.12 python -m equivalence.proofs.other_keras
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from equivalence import catalogue
from equivalence.formats.outputs import write_together
from equivalence.proofs import record
from equivalence.proofs.entry import EntryProof, prove_entry
from equivalence.proofs.installed import versions
from equivalence.proofs.truth import Oracles
from equivalence.render.other_versions import PATH
from equivalence.schema import Entry

#: After so many entries what is known is written, so that a run that is stopped goes on there.
_WRITTEN_EVERY = 25
#: What Python and Keras say of a name or an argument that there is not.
_NOT_THERE = re.compile(
    r"module '[\w.]+' has no attribute|unexpected keyword argument|Unrecognized keyword argument|"
    r"Argument\(s\) not recognized|Could not locate (?:class|function)"
)
#: What comes before the reason itself: where Keras was at that moment, time and again.
_WHERE = re.compile(r"^.*(?:Exception encountered(?: when calling [\w.]+\(\)[.]|:)|failed in \w+:) ?(?=\S)")
#: A terminal's colours, and what TensorFlow calls its kernels.
_NOISE = re.compile(r"(?:\x1b|\\x1b)\[\d+m|\{\{function_node [^}]*\}\} ?")
#: What a comparison says of numbers, and of what has no size.
_BY_NUMBER = re.compile(
    r"(\S+): \d+ of \d+ elements differ by more than (\S+) \((\S+) of the largest expected\); "
    r"the worst at \[.*?\] is ([-+.\de]+), not ([-+.\de]+)"
)
_BY_VALUE = re.compile(r"(\S+): (?:\d+ of \d+ elements differ|is )")
_LONGEST = 160

Records = dict[str, dict[str, Any]]


def read(path: Path = Path(PATH)) -> Records:
    """By the full Keras name of an entry: the `digest` of its proof, and what became of its cases `on` other versions.

    Of each version: how many `cases` there are, and of those that do not hold their ids by what was said: `not_there`
    where that Keras lacks a name or an argument, `apart` where it computes, or fails, otherwise.
    """
    found: Records = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return found


def of_version(proof: EntryProof) -> dict[str, Any]:
    """What became of the cases of an entry on this version."""
    missing: dict[str, list[str]] = {}
    apart: dict[str, list[str]] = {}
    for case, error in proof.errors.items():
        (missing if _NOT_THERE.search(error) else apart).setdefault(_short(error), []).append(case)
    for each in proof.cases:
        if found := [*each.failures, *(naive.message for naive in each.naive if naive.message)]:
            apart.setdefault(_short(found[0]), []).append(each.case.id)
    cases = {"cases": len(proof.entry.cases)}
    return cases | ({"not_there": missing} if missing else {}) | ({"apart": apart} if apart else {})


def write(records: Mapping[str, Any], path: Path = Path(PATH)) -> None:
    """One line an entry, so that a lookup reads the line that it wants."""
    lines = (f'"{name}": {json.dumps(records[name], sort_keys=True)}' for name in sorted(records))
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    write_together(path.parent, {path.name: lambda file: file.write_bytes(text.encode())})


def _short(message: str) -> str:
    line = " ".join(_NOISE.sub("", message).split())
    if number := _BY_NUMBER.match(line):
        bound, of_largest, actual, expected = map(float, number.group(2, 3, 4, 5))
        apart = abs(actual - expected) * of_largest / bound if bound else math.nan
        size = f", by some 1e{math.floor(math.log10(apart)):+03d} of the largest" if apart > 0 else ""
        return f"{_compared(number[1])} differs{size}"
    if differing := _BY_VALUE.match(line):
        return f"{_compared(differing[1])} differs"
    return _WHERE.sub("", line).partition(" Arguments received by")[0][:_LONGEST]


def _compared(what: str) -> str:
    """`masked forward` of `masked_forward[0]`."""
    return re.sub(r"\[.*", "", what).replace("_", " ")


def main() -> int:
    """0 where every entry was tried; the proofs' own version is not tried again."""
    now, proved = versions(), record.read()["entries"]
    records = {name: known for name, known in read().items() if known["digest"] == proved.get(name, {}).get("digest")}
    asked: list[Entry] = [
        entry
        for entry in catalogue.entries()
        if not entry.no_counterpart and proved[entry.keras]["versions"]["keras"] != now["keras"]
    ]
    with Oracles(threads=1) as oracles:
        for number, entry in enumerate(asked, 1):
            known = records.setdefault(entry.keras, {"digest": proved[entry.keras]["digest"], "on": {}})
            if now["keras"] not in known["on"]:
                known["on"][now["keras"]] = of_version(prove_entry(entry, oracles))
                print(f"{number} of {len(asked)}: {entry.keras}", flush=True)
            if number % _WRITTEN_EVERY == 0 or number == len(asked):
                write(records)
    return 0


if __name__ == "__main__":
    sys.exit(main())
