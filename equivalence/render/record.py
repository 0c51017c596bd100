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

Record = dict[str, Any]


def record(entry: Entry) -> Record:
    """Everything the catalogue and the proofs say of an entry, in JSON's types."""
    proof = proofs().get(entry.keras)
    return {
        "keras": entry.keras,
        "torch": list(entry.torch),
        "kind": entry.kind,
        "verdict": verdict(entry, proof),
        "says": entry.says,
        "arguments": [_argument(argument) for argument in entry.arguments],
        "weights": [_weight(weight) for weight in entry.weights],
        "differences": [
            {"id": difference.id, "says": difference.says, "seen_in": difference.seen_in}
            for difference in entry.differences
        ],
        "aliases": list(entry.aliases),
        "code": proof["code"] if proof else None,
        "proof": {key: value for key, value in proof.items() if key != "code"} if proof else None,
    }


def verdict(entry: Entry, proof: Record | None) -> str:
    """One sentence: how equal the two are, and whether that was shown."""
    if not entry.torch:
        return "PyTorch has no counterpart."
    training = {
        "same": "in inference and in training",
        "random": "in inference; in training both are random, with one rate and one expectation",
    }.get(entry.training, f"in inference; in training not quite: {entry.training}")
    return f"Equal {training}." if proof else f"Stated as equal {training}; no proof is recorded."


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


@cache
def proofs() -> dict[str, Record]:
    """The recorded proofs by full Keras name; empty where none were recorded."""
    try:
        with open(PROOFS, encoding="utf-8") as file:
            recorded: dict[str, Record] = json.load(file)["entries"]
    except FileNotFoundError:
        return {}
    return recorded
