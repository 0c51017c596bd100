"""What a file may make the reader do: every bound that is a matter of judgement, and what lifting it risks.

A bound that follows from the bytes of the file (an array is as large as what lies there of it) is no limit of this
kind and cannot be lifted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from equivalence.errors import Refused, printable


def _limit(default: int | bool, says: str, risks: str) -> Any:
    return field(default=default, metadata={"says": says, "risks": risks})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Each field is an argument here, and lifted by `--allow NAME=N` on the command line.

    Whole numbers are the most that is allowed; what is False may be allowed by True. Raises ValueError for a number
    below 0.
    """

    json_bytes: int = _limit(16 << 20, "bytes of a JSON text", "thirty times as much memory")
    json_values: int = _limit(2_000_000, "values in a JSON text", "400 bytes of memory for each")
    json_depth: int = _limit(128, "levels of nesting in a JSON text", "that Python itself gives up, beyond some 900")
    layer_calls: int = _limit(
        100_000, "calls of layers, those in nested models counted at every call", "a port that never ends"
    )
    metadata_bytes: int = _limit(
        256 << 20, "bytes read to learn what an HDF5 file holds", "as much memory, and a second for each 100 MB"
    )
    objects: int = _limit(60_000, "groups and arrays of an HDF5 file", "5 kB of memory for each")
    chunks: int = _limit(100_000, "parts of the chunked arrays of an HDF5 file", "1 kB of memory for each")
    members: int = _limit(10_000, "members of a zip", "1 kB of memory for each")
    expansion: int = _limit(
        100, "times the size of a zip to which its members may expand, beyond 256 MB", "a full disk of temporary files"
    )
    text_bytes: int = _limit(64 << 20, "bytes of a vocabulary", "four times as much memory")
    words: int = _limit(2_000_000, "lines of a vocabulary", "100 bytes of memory for each, and as long a source")
    shards: int = _limit(1_000, "files that weights are split over", "as many open files")
    links: bool = _limit(
        False, "files of a folder that are links to elsewhere", "that what they point to comes into the port"
    )

    def __post_init__(self) -> None:
        for name, value in ((item.name, getattr(self, item.name)) for item in fields(self)):
            if value < 0:
                raise ValueError(f"the limit {name} is {value}, below 0")


DEFAULTS = Limits()


class Exceeded(Exception):
    """A parser came to a limit; where it was called, this becomes a refusal that names the file."""

    def __init__(self, what: str, limit: str) -> None:
        super().__init__(what)
        self.limit = limit


def lifted_by(name: str) -> str:
    """What a refusal says to whoever trusts the file all the same: the option, and what it risks."""
    item = next(item for item in fields(Limits) if item.name == name)
    lifted = _spoken(name) + ("" if item.default is False else "=N")
    return f"--allow {lifted} allows more, and risks {item.metadata['risks']}"


def limits_of(lifted: Sequence[str]) -> Limits:
    """The limits with those that `lifted` names set otherwise: "json-bytes=100000000", "links".

    Raises Refused where there is no such limit, or it is no whole number.
    """
    known = {_spoken(item.name): item for item in fields(Limits)}
    changed: dict[str, Any] = {}
    for text in lifted:
        name, given, value = text.partition("=")
        if name not in known:
            raise Refused(f"there is no limit {printable(name, 60)!r} to lift; there are {', '.join(known)}")
        switch = known[name].default is False
        if switch == bool(given) or not (switch or (value.isascii() and value.isdecimal())):
            raise Refused(f"the limit {name} is lifted by --allow {name}{'' if switch else '=N, a whole number'}")
        changed[known[name].name] = switch or int(value)
    return Limits(**changed)


def _spoken(name: str) -> str:
    return name.replace("_", "-")
