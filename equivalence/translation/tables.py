"""Numbers that are no weights of a layer: vocabularies (decision 13) and large constants lie in buffers of the module,
and so in its weights file."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any, NamedTuple


class Table(NamedTuple):
    """The numbers of one buffer."""

    values: Sequence[Any]
    dtype: str  # the NumPy name
    shape: tuple[int, ...] | None = None  # None: one axis


def text_tables(words: Sequence[str], values: Sequence[int]) -> dict[str, Table]:
    """Texts with a number for each: the bytes of all of them, where each ends, and the numbers."""
    held = [word.encode() for word in words]
    return {
        "text": Table(b"".join(held), "uint8"),
        "ends": Table(list(accumulate(map(len, held))), "int64"),
        "values": Table(list(values), "int64"),
    }


def integer_tables(keys: Sequence[int], values: Sequence[int]) -> dict[str, Table]:
    """Whole numbers with a number for each, in ascending order of the keys."""
    pairs = sorted(zip(keys, values, strict=True))
    return {
        "keys": Table([key for key, _ in pairs], "int64"),
        "values": Table([value for _, value in pairs], "int64"),
    }


def words_of(tables: dict[str, Table]) -> list[str]:
    """The texts of `text_tables`."""
    text, ends = bytes(tables["text"].values), tables["ends"].values
    return [text[start:end].decode() for start, end in zip([0, *ends[:-1]], ends, strict=True)]
