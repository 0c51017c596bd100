"""Which differences of an entry a call can meet, by its arguments alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from equivalence.schema import REQUIRED, WRITTEN, Case, Difference, Entry


def met_by(entry: Entry, config: Mapping[str, Any]) -> list[Difference]:
    """The differences that are about nothing which a call with these settings leaves out.

    A difference that is shown with weights of samples needs them; one that is shown with an argument (weight_decay,
    data_format) at another value than its default needs a call that gives that argument another too.
    """
    cases = {case.id: case for case in entry.cases}
    return [each for each in entry.differences if each.case not in cases or _meets(entry, config, cases[each.case])]


def _meets(entry: Entry, config: Mapping[str, Any], shown: Case) -> bool:
    if any("weight" in name for name in shown.call or {}):
        return False
    return all(_given(entry, config, name, value) for name, value in shown.config.items())


def _given(entry: Entry, config: Mapping[str, Any], name: str, value: object) -> bool:
    argument = entry.argument(name)
    if argument is None or value == argument.default:
        return True
    if argument.default is REQUIRED:
        return not isinstance(value, str) or config.get(name) == value
    if entry.kind in WRITTEN:
        switched_on = argument.default in (None, 0, False)
        return not switched_on or config.get(name, argument.default) != argument.default
    return not isinstance(value, str) or config.get(name, argument.default) != argument.default
