"""Checks of what a file's arrays and constants can be, before anything is allocated or read."""

from __future__ import annotations

import math
from typing import Any

from equivalence.errors import Refused
from equivalence.schema import Weight
from equivalence.translation.call_site import Site
from equivalence.translation.graph import Stored
from equivalence.translation.python_text import literal


def check_size(site: Site, rule: Weight, array: Stored, shape: tuple[int, ...]) -> None:
    """Refuses an array that cannot be what the configuration says."""
    used = array.shape if rule.pick is None else array.shape[1:]
    if math.prod(used) != math.prod(shape):
        site.refuse(
            f"its weight {rule.keras} has shape {array.shape}, which cannot become "
            f"{rule.torch or 'the parameter'} of shape {shape}"
        )


def array_text(site: Site, value: Any) -> str:
    """An array constant as Python text. Raises Refused where it holds anything but numbers and flags."""
    try:
        return literal(value)
    except (ValueError, RecursionError) as error:
        raise Refused(f"{site.config.where}: its array constant holds {value!r:.60}, which is no number.") from error
