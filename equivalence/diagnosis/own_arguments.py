"""What Keras does in one step and a module by hand in several: the one argument of theirs with which it is right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from equivalence.diagnosis.operation_kinds import keeps_numbers
from equivalence.diagnosis.spoken import formula, shown
from equivalence.diagnosis.stretches import Cut
from equivalence.torch_side.arranged import arrangement
from equivalence.torch_side.edited_run import rerun
from equivalence.torch_side.operation_arguments import called_with, named
from equivalence.torch_side.run_tape import Operation, seen_in

#: Longer ways than this are not tried.
_MOST = 40
_SPREADS = ("var", "std", "var_mean", "std_mean")
_REDUCED = ("mean", "sum", "amax", "softmax", *_SPREADS)


class OwnArgument(NamedTuple):
    """An argument of one of the module's operations, and the value with which all of them give Keras's numbers."""

    step: Operation
    name: str
    found: Any
    wanted: Any
    setting: str  # Keras's, "epsilon"; empty where it is none

    def says(self) -> str:
        """One sentence."""
        if self.setting:
            return f"{formula(self.step)} stands where Keras's {self.setting} is {shown(self.wanted)}"
        return f"{self.name} of {self.step.name} is {shown(self.found)}, where Keras needs {shown(self.wanted)}"


def own_argument(cut: Cut, config: Mapping[str, Any]) -> OwnArgument | None:
    """The first with which the module's own operations give what Keras has at the end of the cut; None where none is.

    `config`: of the Keras layer, whose numbers are tried in place of the module's.
    """
    steps = [step for step in cut.own if not keeps_numbers(step)]
    if cut.end is None or len(cut.own) > _MOST or len(steps) < 2:
        return None
    true = cut.stretch.ours.values[cut.wanted]
    for step in steps:
        for tried in _tried(cut, step, config):
            args, kwargs = called_with(step, {tried.name: tried.wanted})
            changed = [replace(own, args=args, kwargs=kwargs) if own is step else own for own in cut.own]
            made = rerun(cut.stretch.theirs, changed, cut.end, {})
            if made is not None and made.numel() == true.numel() and arrangement(made, true) is not None:
                return tried
    return None


def _tried(cut: Cut, step: Operation, config: Mapping[str, Any]) -> Iterator[OwnArgument]:
    given = named(step)
    for name, value in given.items():
        if isinstance(value, float):
            for setting, wanted in config.items():
                if isinstance(wanted, float) and wanted != value:
                    yield OwnArgument(step, name, value, wanted, setting)
    if step.name in _SPREADS:
        name = "correction" if given.get("correction") is not None else "unbiased"
        found = given.get(name, True)
        yield OwnArgument(step, name, found, (0 if found else 1) if name == "correction" else not found, "")
    if step.name in _REDUCED and "dim" in given:
        rank = max(cut.stretch.theirs.values[next(seen_in(step.args)).number].dim(), 1)
        found = given["dim"]
        axes = (found,) if isinstance(found, int) else tuple(found or ())
        for axis in range(1, rank) if len(axes) == 1 else ():
            if axis != axes[0] % rank:
                yield OwnArgument(step, "dim", found, axis if isinstance(found, int) else (axis,), "")
