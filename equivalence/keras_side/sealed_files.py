"""The files of a model as our reader found them: Keras loads those and no others."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from equivalence.formats.digests import files_of
from equivalence.formats.given_file import Identity

#: Of each file what tells that it is still the same; as JSON has it.
Sealed = Mapping[str, Sequence[int]]


def seal(path: Path, config: Path | None) -> Sealed:
    """The files that a model is read from, before they are read; none where there is nothing to read."""
    beside = [] if config is None else [config]
    if not all(map(Path.is_file, beside)) or not (path.is_file() or (path / "config.json").is_file()):
        return {}
    files = [*files_of(path), *beside]
    return {str(file.resolve()): list(Identity.of(file.stat())) for file in files}


def check_sealed(sealed: Sealed) -> None:
    """Raises ValueError where a file is another by now, or somebody has written to it."""
    for file, identity in sealed.items():
        if list(Identity.of(os.stat(file))) != list(identity):
            raise ValueError(f"{Path(file).name} was changed after it had been read: nothing of it was loaded")
