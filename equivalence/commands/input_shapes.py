"""Shapes as the command line takes them: `--input 224,224,3`."""

from __future__ import annotations

from equivalence.errors import Refused


def shape_of(text: str) -> tuple[int | None, ...]:
    """The sizes in "224,224,3"; None is a size that is not known. Raises Refused where it is something else."""
    parts = [part.strip() for part in text.strip("()").split(",") if part.strip()]
    if not parts or not all(part == "None" or (part.isdecimal() and 0 < int(part) < 10**6) for part in parts):
        raise Refused(f"--input {text!r:.60}: should be sizes such as 224,224,3, the batch left out.")
    return tuple(None if part == "None" else int(part) for part in parts)
