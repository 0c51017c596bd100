"""What a check said of a mutant, held against what was done to it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.mutation_bench.bench_mutants import Mutant
from benchmarks.mutation_bench.injected_mistakes import Mistake


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of one mutant. `causes`: whether each fault's is "right", "wrong", "none" or "further", as `judged` has it."""

    name: str
    weights: str
    layers: tuple[bool, ...]  # for each mistake: whether a fault is at its layer
    first: bool  # the first fault is at the layer of a mistake
    causes: tuple[str, ...]
    cause: bool  # the first fault's cause is right
    said: str  # what was found, in short
    seconds: float

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def judged(mutant: Mutant, found: dict[str, Any], seconds: float) -> Verdict:
    """The verdict on a check's JSON.

    A fault at a mistake's layer has a right cause or a wrong one; one elsewhere that names a cause names a wrong one,
    since nothing was changed there: unless the same mistake is in several places, as where a shared block is edited
    (then a cause that is right for the mistake is "further" evidence of it).
    """
    faults: Sequence[dict[str, Any]] = found["faults"]
    causes = tuple(_cause(mutant, fault) for fault in faults)
    here = [[fault for fault in faults if fault["keras"] in mistake.layers] for mistake in mutant.mistakes]
    first = bool(faults) and any(faults[0]["keras"] in mistake.layers for mistake in mutant.mistakes)
    return Verdict(
        name=mutant.name,
        weights=mutant.weights,
        layers=tuple(map(bool, here)),
        first=first,
        causes=causes,
        cause=first and causes[0] == "right",
        said=_in_short(found),
        seconds=round(seconds, 2),
    )


def failed(mutant: Mutant, error: BaseException, seconds: float) -> Verdict:
    """The verdict where the check itself raised."""
    said = f"raised {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
    return Verdict(mutant.name, mutant.weights, (False,) * len(mutant.mistakes), False, (), False, said, seconds)


def fits(mistake: Mistake, fault: dict[str, Any]) -> bool:
    """Whether a fault's cause is the mistake, by its difference or by its sentence."""
    kind = mistake.of_kind
    if fault["difference"] and re.search(kind.difference, fault["difference"]):
        return True
    return bool(re.search(kind.says, fault["cause"] or "", re.IGNORECASE))


def _cause(mutant: Mutant, fault: dict[str, Any]) -> str:
    if fault["cause"] is None:
        return "none"
    at = [mistake for mistake in mutant.mistakes if fault["keras"] in mistake.layers]
    if at:
        return "right" if any(fits(mistake, fault) for mistake in at) else "wrong"
    everywhere = [mistake for mistake in mutant.mistakes if mistake.edits and not mistake.at]
    return "further" if any(fits(mistake, fault) for mistake in everywhere) else "wrong"


def _in_short(found: dict[str, Any]) -> str:
    if found["faults"]:
        return "; ".join(f"{fault['keras']}: {fault['cause'] or 'no cause'}" for fault in found["faults"])
    return f"equal {found['equal']}" + (f", {found['because']}" if found["because"] else "")
