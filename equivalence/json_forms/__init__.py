"""The forms of the JSON that the commands print, one file each: JSON Schema, draft 2020-12.

Within a version fields may be added, as a reader of JSON passes over what it does not know; none is taken away or
changes its meaning.
"""

from __future__ import annotations

import os.path
from collections.abc import Mapping
from typing import Any

VERSION = 1
KINDS = ("check", "dry_run", "lookup", "port", "prove", "translate")


def stated(answer: Mapping[str, Any]) -> dict[str, Any]:
    """An answer with the version of its form."""
    return {"schema_version": VERSION, **answer}


def form(kind: str) -> dict[str, Any]:
    """The JSON schema of one of `KINDS`. Raises FileNotFoundError for another."""
    import json

    with open(os.path.join(os.path.dirname(__file__), f"{kind}.json"), encoding="utf-8") as file:
        found: dict[str, Any] = json.load(file)
    return found
