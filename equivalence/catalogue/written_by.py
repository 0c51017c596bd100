"""Which Keras wrote a file: what a setting meant then may not be what it means now."""

from __future__ import annotations

import re


def older(version: str, *release: int) -> bool:
    """Whether `version` ("2.2.4-tf") is before a release (3, 4). An unknown version ("") counts as today's."""
    numbers = tuple(int(number) for number in re.findall(r"\d+", version)[: len(release)])
    return bool(numbers) and numbers < release
