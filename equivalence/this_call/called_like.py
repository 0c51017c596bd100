"""The cases of an entry that call their layer as a call does: with the same tensors and flags by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from equivalence.errors import Refused
from equivalence.schema import Case, Entry
from equivalence.this_call.stated_call import TENSOR

NOTHING: Mapping[str, Any] = MappingProxyType({})


def tensors_of(case: Case) -> set[str]:
    """What a case's layer is called with that is no flag: tensors by name, or all of them (`$args`)."""
    return {name for name, value in (case.call or {}).items() if isinstance(value, (dict, list))}


def called_like(entry: Entry, call: Mapping[str, Any]) -> list[Case]:
    """The cases whose layer is given the tensors that `call` names, with its flags in place of theirs.

    Raises Refused, naming the arguments, where no case is called so.
    """
    own = [case for case in entry.cases if not case.by_call]
    if not call:
        return own
    tensors = {name for name, value in call.items() if value is TENSOR}
    flags = {name: value for name, value in call.items() if value is not TENSOR and value is not None}
    found = []
    for case in own:
        given = tensors_of(case)
        if given - {"$args"} == tensors:
            kept = {name: value for name, value in (case.call or {}).items() if name in given}
            found.append(case._replace(call={**kept, **flags} or None))
    if not found:
        named = ", ".join(sorted(tensors))
        raise Refused(
            f"no case of {entry.name} is called with {named}: write the layer alone for its translation; "
            "`equivalence port` translates such calls in a model"
        )
    return found


def of_tensors(entry: Entry, cases: list[Case]) -> list[Case]:
    """The cases of an operation that are given tensors alone, where there are such: numbers of a case are none of a
    call's."""
    if entry.kind != "operation":
        return cases
    alone = [case for case in cases if not any(map(_holds_numbers, (case.call or {}).values()))]
    return alone or cases


def _holds_numbers(value: Any) -> bool:
    if isinstance(value, dict):
        return "$input" not in value
    if isinstance(value, (list, tuple)):
        return any(map(_holds_numbers, value))
    return isinstance(value, (int, float)) and not isinstance(value, bool)
