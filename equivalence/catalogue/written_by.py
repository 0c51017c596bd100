"""Which Keras wrote a file: what a setting meant then may not be what it means now."""

from __future__ import annotations

import re


def older(version: str, *release: int) -> bool:
    """Whether `version` ("2.2.4-tf") is before a release (3, 4). An unknown version ("") counts as today's."""
    numbers = tuple(int(number) for number in re.findall(r"\d+", version)[: len(release)])
    return bool(numbers) and numbers < release


def wrote(version: str, since: str) -> bool:
    """Whether the Keras that wrote a file had what there has been since a release ("2.11").

    "2.2.4-tf" is a release of TensorFlow's own copy; what came with one of these, Keras itself has had since 2.4, from
    when on the two are one.
    """
    if since.endswith("-tf") and not version.endswith("-tf"):
        since = "2.4"
    return not older(version, *map(int, re.findall(r"\d+", since)))
