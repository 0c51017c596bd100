"""An entry and its recorded proof as plain data: what `--json` prints and the other renderers read."""

from __future__ import annotations

import json
import os.path
from functools import cache
from typing import TYPE_CHECKING, Any

from equivalence.schema import REQUIRED

if TYPE_CHECKING:
    from equivalence.schema import Argument, Entry, Weight

PROOFS = os.path.join(os.path.dirname(os.path.dirname(__file__)), "proofs.json")
#: The comparison of what is random in training: its number counts standard errors.
RANDOM = "random_training"
#: The comparison of two samples: its number is Kolmogorov and Smirnov's gap.
DISTRIBUTION = "distribution"

Record = dict[str, Any]


def record(entry: Entry) -> Record:
    """Everything the catalogue and the proofs say of an entry, in JSON's types."""
    found = recorded(entry.keras)
    return {
        "keras": entry.keras,
        "torch": list(entry.torch),
        "related": list(entry.related),
        "kind": entry.kind,
        "verdict": verdict(entry, proved=found is not None),
        "says": entry.says,
        "approximate": entry.approximate or None,
        "no_counterpart": entry.no_counterpart or None,
        "arguments": [_argument(argument) for argument in entry.arguments],
        "weights": [_weight(weight) for weight in entry.weights],
        "differences": [
            {"id": difference.id, "says": difference.says, "seen_in": difference.seen_in}
            for difference in entry.differences
        ],
        "defects": [
            {"id": defect.id, "says": defect.says, "backend": defect.backend, "settled_by": defect.settled_by}
            for defect in entry.defects
        ],
        "aliases": list(entry.aliases),
        "read": list(entry.read),
        "code": found["code"] if found else None,
        "proof": proof(found) if found else None,
    }


def verdict(entry: Entry, proved: bool) -> str:
    """One sentence: how equal the two are, and whether that was shown."""
    if entry.no_counterpart:
        return f"PyTorch has no counterpart: {entry.no_counterpart}"
    if entry.approximate:
        return f"Approximate: {entry.approximate}"
    training = {
        "same": "in inference and in training",
        "random": "in inference; in training both are random, with one rate and one expectation",
        "random images": "in inference; in training both draw at random, from one distribution",
    }.get(entry.training, f"in inference. In training: {entry.training.rstrip('.')}")
    return f"Equal {training}." if proved else f"Stated as equal {training}. No proof is recorded."


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


def proof(found: Record) -> Record:
    """What `equivalence.proofs` tells of an entry that holds, with the largest float64 error of its cases."""
    compared = [each for case in found["cases"] for each in case["float64"].items()]
    errors = [error for what, error in compared if what not in (RANDOM, DISTRIBUTION)]
    return {
        "versions": found["versions"],
        "max_rel": max(errors, default=None),
        "cases": found["cases"],
        "differences": found["differences"],
        "defects": found.get("defects", []),
    }


def recorded(keras: str) -> Record | None:
    """The recorded proof of one entry, or None. The others are not parsed: a lookup wants one of hundreds."""
    marker = f'\n  "{keras}": '  # as `equivalence.proofs.record` indents it
    start = _recorded_text().find(marker)
    if start < 0:
        return None
    found: Record
    found, _ = json.JSONDecoder().raw_decode(_recorded_text(), start + len(marker))
    return found


@cache
def _recorded_text() -> str:
    try:
        with open(PROOFS, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return ""
