"""What a port was made from, and what was written: SHA-256 digests, as `sha256sum` prints them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from equivalence import __version__
from equivalence.errors import Refused
from equivalence.formats.document import parse
from equivalence.formats.file_limits import DEFAULTS
from equivalence.formats.weights_only import shard_names


def digest(path: str | os.PathLike[str]) -> str:
    """The SHA-256 of a file, in hexadecimal; it is read piece by piece."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_of(source: str | os.PathLike[str], beside: Iterable[str | os.PathLike[str]] = ()) -> str:
    """The digest of everything that a model is read from: its own file's, where it is one file.

    Of several (an unpacked `.keras` file, weights in shards, what is read `beside` them) it is that of a list of
    them: a line for each, its name without the folder, two spaces and its digest, in order.
    """
    files = [*files_of(Path(source)), *map(Path, beside)]
    if len(files) == 1:
        return digest(files[0])
    lines = sorted(f"{file.name}  {digest(file)}\n" for file in files)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def made_from(
    source: str | os.PathLike[str],
    options: Mapping[str, Any],
    beside: Iterable[str | os.PathLike[str]] = (),
) -> dict[str, Any]:
    """What a port depends on, as a report says it: two ports of which this is equal are the same bytes."""
    return {"sha256": digest_of(source, beside), "options": dict(options), "equivalence": __version__}


def files_of(source: Path) -> list[Path]:
    """The files that a model's path stands for; what cannot be read is left to the reader to refuse."""
    if source.is_dir():
        return [path for path in source.rglob("*") if path.is_file()]
    with source.open("rb") as file:
        if file.read(1) != b"{":
            return [source]
        file.seek(0)
        try:
            index = parse(file.read(DEFAULTS.json_bytes + 1), "its index", source.name, DEFAULTS)
            names = shard_names(index, source.name, DEFAULTS)
        except Refused:
            return [source]
    return [source, *(source.parent / name for name in names if (source.parent / name).is_file())]
