"""In what order Keras takes the arguments of an entry by place."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from equivalence.schema import Entry


@cache
def _differing() -> dict[str, Any]:
    """Of entries that state their arguments in another order; scripts/argument_places.py writes it, from Keras."""
    found: dict[str, Any] = json.loads(Path(__file__).with_name("places.json").read_text("utf-8"))
    return found


def places(entry: Entry) -> tuple[str, ...]:
    """The names of the arguments in Keras's order."""
    return tuple(_differing().get(entry.keras) or (argument.keras for argument in entry.arguments))
