"""An entry and its recorded proof as plain data: what `--json` prints and the other renderers read."""

from __future__ import annotations

import json
import math
import os.path
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from equivalence.catalogue.since import since
from equivalence.render.other_versions import on_other_keras
from equivalence.render.placement_text import placements
from equivalence.schema import RANDOM as _RANDOM
from equivalence.schema import REQUIRED

if TYPE_CHECKING:
    from equivalence.schema import Argument, Difference, Entry, Weight

PROOFS = os.path.join(os.path.dirname(os.path.dirname(__file__)), "proofs.json")
#: The comparison of what is random in training: its number counts standard errors.
RANDOM = "random_training"
#: The comparison of two samples: its number is Kolmogorov and Smirnov's gap.
DISTRIBUTION = "distribution"
#: What there is beside the three that `equivalence.emit.short_text.standing` tells.
NO_COUNTERPART, NOT_PROVED = "no counterpart", "not proved"

Record = dict[str, Any]


def record(entry: Entry) -> Record:
    """Everything the catalogue and the proofs say of an entry, in JSON's types."""
    found = recorded(entry.keras)
    shown = (found or {}).get("shown")
    code = {side: shown[side] for side in ("keras", "torch")} if shown else None
    return {
        "keras": entry.keras,
        "torch": list(entry.torch),
        "related": list(entry.related),
        "kind": entry.kind,
        "verdict": verdict(entry, shown),
        "otherwise": _otherwise(entry, shown),
        "short": {"keras": [code["keras"]], "torch": shown["short"]} if code and shown else None,
        "equality": equality(entry, proved=found is not None),
        "says": entry.says,
        "approximate": entry.approximate or None,
        "no_counterpart": entry.no_counterpart or None,
        "arguments": [_argument(argument) for argument in entry.arguments],
        "weights": [_weight(weight) for weight in entry.weights],
        "shapes": shown["shapes"] if shown else None,
        "differences": _differences(entry, found),
        "defects": [
            {"id": defect.id, "says": defect.says, "backend": defect.backend, "settled_by": defect.settled_by}
            for defect in entry.defects
        ],
        "aliases": list(entry.aliases),
        "since": _since(entry),
        "read": list(entry.read),
        "elsewhere": [{"make": each.make, "update": each.update} for each in entry.elsewhere],
        "code": code,
        "proof": proof(found, on_other_keras(entry.keras, found["digest"])) if found else None,
    }


def _since(entry: Entry) -> Record | None:
    """The Keras since which there is the name, and arguments that are newer still; None where all is as old."""
    found = dict(since(entry.keras))
    return {"keras": found.pop("", None), "arguments": found} if found else None


def verdict(entry: Entry, shown: Record | None) -> str:
    """How near the two are where nothing is said that the first case does not say: "drop-in", "drop-in with these
    arguments", "needs this code" or "no counterpart"; "not proved" where that is not recorded."""
    if entry.no_counterpart:
        return NO_COUNTERPART
    return next(iter(shown["cases"].values()), NOT_PROVED) if shown else NOT_PROVED


def _otherwise(entry: Entry, shown: Record | None) -> Record | None:
    """The settings of the plainest case that needs code, where the first does not; None where none does."""
    if not shown or not entry.cases or next(iter(shown["cases"].values())) == "needs this code":
        return None
    first = next((case.config for case in entry.cases if case.id in shown["cases"]), {})
    found = [
        {name: value for name, value in case.config.items() if name not in first or first[name] != value}
        for case in entry.cases
        if shown["cases"].get(case.id) == "needs this code" and case.declared is None
    ]
    plain = [settings for settings in found if settings and all(_is_plain(value) for value in settings.values())]
    return min(plain, key=len, default=None)


def _is_plain(value: Any) -> bool:
    return isinstance(value, (str, int, float, bool, tuple, list)) and len(repr(value)) <= 20


#: In what the two are equal, of what is no function of tensors.
_ALIKE: Mapping[str, str] = {
    "initializer": "in distribution",
    "callback": "in what it does, in every history that was tried",
    "training": "in history, predictions and weights",
    "data": "in every array",
    "tool": "in what it does",
}


def equality(entry: Entry, proved: bool) -> str:
    """One sentence: how equal the two are, and whether that was shown."""
    if entry.no_counterpart:
        return f"PyTorch has no counterpart: {entry.no_counterpart}"
    if entry.approximate:
        return f"Approximate: {entry.approximate}"
    if entry.kind in _ALIKE:
        return (
            f"Equal {_ALIKE[entry.kind]}." if proved else f"Stated as equal {_ALIKE[entry.kind]}. No proof is recorded."
        )
    training = {
        "same": "in inference and in training",
        "random": "in inference; in training both are random, with one rate and one expectation",
        "random images": "in inference; in training both draw at random, from one distribution",
    }.get(entry.training, f"in inference. In training: {entry.training.rstrip('.')}")
    return f"Equal {training}." if proved else f"Stated as equal {training}. No proof is recorded."


def _differences(entry: Entry, found: Record | None) -> list[Record]:
    """What the entry says of each difference, with its wrong and its right lines and how far off the wrong ones are;
    the furthest first."""
    apart = {each["id"]: each["apart"] for each in found["differences"]} if found else {}
    lines = (found or {}).get("shown") or {"differences": {}}
    made = [
        _difference(entry, each, apart.get(each.id), lines["differences"].get(each.id)) for each in entry.differences
    ]
    return sorted(made, key=lambda each: -_size(each["apart"]))


def _difference(entry: Entry, difference: Difference, apart: float | str | None, lines: Record | None) -> Record:
    wrong, right = (lines["wrong"], lines["right"]) if lines else ([], [])
    if difference.weights:
        config = next((case.config for case in entry.cases if case.id == difference.case), {})
        kept = [
            [w for w in ws if not w.when or entry.holds(w.when, config)] for ws in (entry.weights, difference.weights)
        ]
        mistaken, meant = placements(*kept)
        wrong, right = [*wrong, *mistaken], [*right, *meant]
    return {
        "id": difference.id,
        "says": difference.says,
        "seen_in": difference.seen_in,
        "keras": lines["keras"] if lines else None,
        "wrong": wrong,
        "right": right,
        "apart": apart,
        "counted_in": "standard errors" if entry.training in _RANDOM and difference.seen_in == "train" else None,
    }


def _size(apart: float | str | None) -> float:
    """A measured error, to sort by; what JSON has no number for is the largest."""
    return math.inf if isinstance(apart, str) else -1.0 if apart is None else apart


def _argument(argument: Argument) -> Record:
    required = argument.default is REQUIRED
    return {
        "keras": argument.keras,
        "torch": argument.torch,
        "required": required,
        "default": None if required else argument.default,
        "how": argument.how,
        "note": argument.note,
        "inert": argument.inert,
    }


def _weight(weight: Weight) -> Record:
    return {
        "keras": weight.keras or None,
        "torch": weight.torch,
        "how": weight.how,
        "pick": weight.pick,
        "blocks": list(weight.blocks),
        "when": weight.when,
        "otherwise": weight.otherwise,
    }


def proof(found: Record, elsewhere: Record | None = None) -> Record:
    """What `equivalence.proofs` tells of an entry that holds, with the largest float64 error of its cases.

    `elsewhere`: what became of its cases on other versions of Keras.
    """
    compared = [each for case in found["cases"] for each in case["float64"].items()]
    errors = [error for what, error in compared if what not in (RANDOM, DISTRIBUTION)]
    return {
        "versions": found["versions"],
        "max_rel": max(errors, default=None),
        "cases": found["cases"],
        "differences": found["differences"],
        "defects": found.get("defects", []),
        "other_keras": elsewhere or {},
    }


def recorded(keras: str) -> Record | None:
    """The recorded proof of one entry, or None. The others are not parsed: a lookup wants one of hundreds."""
    marker = f'\n  "{keras}": '.encode()  # as `equivalence.proofs.record` indents it
    start = _recorded_text().find(marker)
    if start < 0:
        return None
    end = _recorded_text().find(b"\n  }", start) + len(b"\n  }")
    found: Record = json.loads(_recorded_text()[start + len(marker) : end])
    return found


@cache
def _recorded_text() -> bytes:
    try:
        with open(PROOFS, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return b""
