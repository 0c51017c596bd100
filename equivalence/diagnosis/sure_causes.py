"""Which causes remain where faults are many: those that may come of layers taken for each other are none."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from equivalence.diagnosis.findings import Fault
from equivalence.diagnosis.reference import Reference

_NOT_SURE = "no cause is sure: layers that are alike may be taken for each other"


def sure(
    faults: list[Fault], reference: Reference, elsewhere: Collection[str], certain: Collection[str] = ()
) -> list[Fault]:
    """The faults, without the causes that do not stand beside those of others.

    Where one layer is said to have what another with weights like its own should have, and the other what the one
    should have, two branches may have been taken for each other: unless the one leads to the other, which tells them
    apart. What seems too much, or missing, behind a layer that has no
    cause may be a part of that. `elsewhere`: layers whose causes are that they take another tensor or another layer's
    weights, which may be the right ones where a layer before them has no cause and has its like. `certain`: layers that
    are known by their weights, which the module has there.
    """
    made = [
        replace(fault, cause=None, detail=_NOT_SURE)
        if fault.cause and fault.keras not in certain and _doubted(faults, at, reference)
        else fault
        for at, fault in enumerate(faults)
    ]
    shapes = list(_weight_shapes(reference).items())
    alike = {path for path, own in shapes if sum(own == other for _, other in shapes) > 1}
    unknown = {fault.keras for fault in made if fault.cause is None} & alike
    return [
        replace(fault, cause=None, detail=_NOT_SURE)
        if fault.cause and fault.keras in elsewhere and _before(fault.keras, reference) & unknown
        else fault
        for fault in made
    ]


def _doubted(faults: list[Fault], at: int, reference: Reference) -> bool:
    wanted, found = _values(faults[at])
    shapes = _weight_shapes(reference)
    for other in faults[:at] + faults[at + 1 :] if wanted is not None and found not in (None, wanted) else ():
        alike = shapes.get(other.keras) == shapes.get(faults[at].keras)
        if _values(other) == (found, wanted) and alike and not _in_a_row(faults[at].keras, other.keras, reference):
            return True
    return at > 0 and faults[at - 1].cause is None and (wanted is None or found is None)


def _values(fault: Fault) -> tuple[Any, Any]:
    """The values of a cause; of operations, what they are called."""
    values = (fault.cause.keras_value, fault.cause.torch_value) if fault.cause else (None, None)
    return tuple(value.partition("(")[0] if isinstance(value, str) else value for value in values)  # type: ignore[return-value]


def _before(path: str, reference: Reference) -> set[str]:
    """The layers that lead to one."""
    pending = [index for index, mark in enumerate(reference.landmarks) if mark.path == path]
    found = set[int]()
    while pending:
        for source in reference.sources[pending.pop()]:
            if source >= 0 and source not in found:
                found.add(source)
                pending.append(source)
    return {reference.landmarks[index].path for index in found} - {path}


def _in_a_row(one: str, other: str, reference: Reference) -> bool:
    """Whether one of two layers leads to the other."""
    return one in _before(other, reference) or other in _before(one, reference)


def _weight_shapes(reference: Reference) -> dict[str, list[tuple[int, ...]]]:
    """The shapes of the weights of each layer that has some, by its path."""
    tape, found = reference.tape, dict[str, list[tuple[int, ...]]]()
    for index, owner in reference.owners.items():
        held = [number for number in tape.operations[index].seen() if number in tape.held]
        if held:
            path = reference.landmarks[owner].path
            found.setdefault(path, []).extend(tuple(tape.values[number].shape) for number in held)
    return {path: sorted(shapes) for path, shapes in found.items()}
