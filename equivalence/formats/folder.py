"""A `.keras` file that was never zipped, as `model.save("folder", zipped=False)` writes it."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from equivalence.errors import Refused
from equivalence.formats.window import Window


class Folder:
    """Its files by the names of an archive's members (`formats.archive`); the names asked for are plain ones."""

    def __init__(self, path: Path, source: str) -> None:
        self._path = path
        self._source = source

    def __contains__(self, name: str) -> bool:
        return (self._path / name).is_file()

    def text(self, name: str, limit: int) -> bytes:
        """The content of a small file, of at most `limit` bytes."""
        with ExitStack() as resources:
            window = self.window(name, resources)
            if window.size > limit:
                raise Refused(f"{self._source}: {name} has {window.size} bytes, more than {limit}")
            window.allow(2 * limit)
            return window.read()

    def window(self, name: str, resources: ExitStack) -> Window:
        """A large file; `resources` closes it."""
        path = self._path / name
        try:
            return Window(resources.enter_context(path.open("rb")), 0, path.stat().st_size)
        except OSError as error:
            raise Refused(f"{self._source}: {name} cannot be opened: {error.strerror}") from error
