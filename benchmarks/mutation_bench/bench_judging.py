"""What a check said of a mutant, held against what was done to it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.mutation_bench.bench_mutants import Mutant
from benchmarks.mutation_bench.injected_mistakes import Mistake

#: Sentences that are true, and tell no more than where the numbers part.
VAGUE = r"^(its \S+ (has other numbers|is another) than Keras's(; )?)+$"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of one mutant. `causes`: each fault's is "right", "wrong", "vague", "none" or "further", as `judged` says."""

    mutant: Mutant
    layers: tuple[bool, ...]  # for each mistake: whether a fault is at its layer
    first: bool  # the first fault is at the layer of a mistake
    causes: tuple[str, ...]
    said: str  # what was found, in short

    @property
    def cause(self) -> bool:
        """Whether the first fault is at the right layer, with the right cause."""
        return self.first and self.causes[0] == "right"

    @property
    def miss(self) -> str:
        """What counts against the check; "" where nothing does. Of two mistakes both layers are asked for, no cause."""
        if not (all(self.layers) if len(self.layers) > 1 else self.first):
            return "layer"
        if "wrong" in self.causes:
            return "wrong cause"
        return "" if self.cause or len(self.layers) > 1 else "no cause"


def judged(mutant: Mutant, found: Mapping[str, Any]) -> Verdict:
    """The verdict on what was found: the `faults` of a check's JSON, or the `error` that it raised.

    A fault at a mistake's layer has a right cause or a wrong one (or a vague one, which says no more than that numbers
    are others); one elsewhere that names a cause names a wrong one, since nothing was changed there: unless the same
    mistake is in several places, as where a shared block is edited (then a cause that is right for the mistake is
    "further" evidence of it).
    """
    faults: Sequence[Mapping[str, Any]] = found["faults"]
    here = tuple(any(fault["keras"] in mistake.layers for fault in faults) for mistake in mutant.mistakes)
    first = bool(faults) and any(faults[0]["keras"] in mistake.layers for mistake in mutant.mistakes)
    return Verdict(mutant, here, first, tuple(_cause(mutant, fault) for fault in faults), in_short(found))


def fits(mistake: Mistake, fault: Mapping[str, Any]) -> bool:
    """Whether a fault's cause is the mistake, by its difference or by its sentence."""
    kind = mistake.of_kind
    if mistake.says:
        return bool(re.search(mistake.says, fault["cause"] or ""))
    if fault["difference"] and re.search(kind.difference, fault["difference"]):
        return True
    return bool(re.search(kind.says, fault["cause"] or "", re.IGNORECASE))


def _cause(mutant: Mutant, fault: Mapping[str, Any]) -> str:
    if fault["cause"] is None:
        return "none"
    at = [mistake for mistake in mutant.mistakes if fault["keras"] in mistake.layers]
    if any(fits(mistake, fault) for mistake in at):
        return "right"
    everywhere = [mistake for mistake in mutant.mistakes if mistake.edits and not mistake.at]
    if not at and any(fits(mistake, fault) for mistake in everywhere):
        return "further"
    return "vague" if re.search(VAGUE, fault["cause"]) else "wrong"


def in_short(found: Mapping[str, Any]) -> str:
    """What was found, in a line."""
    if found.get("error"):
        return f"raised {found['error']}"
    if found["faults"]:
        return "; ".join(f"{fault['keras']}: {fault['cause'] or 'no cause'}" for fault in found["faults"])
    return f"equal is {found['equal']}" + (f": {found['because']}" if found["because"] else "")
