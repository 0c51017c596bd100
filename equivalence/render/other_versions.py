"""What became of cases on other versions of Keras: `other_keras.json`, of `equivalence.proofs.other_keras`."""

from __future__ import annotations

import json
import os.path
from collections.abc import Iterator
from functools import cache
from typing import Any

Record = dict[str, Any]

PATH = os.path.join(os.path.dirname(os.path.dirname(__file__)), "other_keras.json")


def on_other_keras(keras: str, digest: str) -> Record:
    """By version, how many `cases` an entry has there, and the ids of those that are `not_there` or `apart` by reason.

    Of the proof with that digest alone: what was run for another says nothing of it.
    """
    marker = f'\n"{keras}": '
    start = _text().find(marker)
    if start < 0:
        return {}
    found: Record = json.JSONDecoder().raw_decode(_text(), start + len(marker))[0]
    if found["digest"] != digest:
        return {}
    every: Record = found["on"]
    return dict(sorted(every.items(), key=lambda each: _numbers(each[0]), reverse=True))


def told(found: Record) -> Iterator[str]:
    """A sentence for each version."""
    for version, of in found.items():
        missing, apart = of.get("not_there", {}), of.get("apart", {})
        holding = of["cases"] - sum(map(len, [*missing.values(), *apart.values()]))
        if not missing and not apart:
            yield f"On Keras {version} all of them hold too."
        elif sum(map(len, missing.values())) == of["cases"]:
            yield f"Keras {version} does not have it."
        else:
            parts = [f"lacks what {_names(missing)} ask for" if missing else ""]
            parts += [f"makes something else of {', '.join(ids)} ({reason})" for reason, ids in apart.items()]
            yield f"On Keras {version} {holding} of {of['cases']} hold: it {'; it '.join(filter(None, parts))}."


def _names(by_reason: dict[str, list[str]]) -> str:
    return ", ".join(case for cases in by_reason.values() for case in cases)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdecimal())


@cache
def _text() -> str:
    try:
        with open(PATH, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return ""
