"""Which cases are not run again: those that a record shows to hold, for the very text that is emitted today.

A record (equivalence/proofs.json, from_torch.json) goes stale as soon as what is emitted for a case, the case itself or
a version changes, and a test compares them all. What the same versions made of the same text they make of it again:
of such cases one in `SHARE` is run each time, chosen by the text, and all of them by `make proofs`, by name or by -k.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable
from functools import cache
from typing import Any

import pytest

SHARE = 10
#: The environment variable that asks for all of them.
EVERY = "EVERY_CASE"

#: The mark of a test on a case: `pytest.mark.recorded(record, case)`.
MARK = "recorded"


def is_vouched_for(item: pytest.Item) -> bool:
    """Whether a test is of a case whose record stands, and not one of those chosen."""
    mark = item.get_closest_marker(MARK)
    if mark is None:
        return False
    record, case = mark.args
    if record is None or record["versions"] != _installed():
        return False
    return zlib.crc32(f"{record['digest']} {case}".encode()) % SHARE != 0


def asked_for_all(config: pytest.Config) -> bool:
    """Whether tests were chosen by whoever started them."""
    named: Iterable[Any] = config.args
    return EVERY in os.environ or bool(config.option.keyword) or any("::" in str(name) for name in named)


@cache
def _installed() -> dict[str, str]:
    from equivalence.proofs.installed import versions

    return versions()
