"""A `.keras` file that was never zipped, as `model.save("folder", zipped=False)` writes it."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from equivalence.errors import Refused
from equivalence.formats.file_limits import Limits, lifted_by
from equivalence.formats.given_file import GivenFile
from equivalence.formats.refusal import shown
from equivalence.formats.window import Window


class Folder:
    """Its files by the names of an archive's members (`formats.archive`); the names asked for are plain ones."""

    def __init__(self, path: Path, source: str, limits: Limits) -> None:
        self._path = path
        self._source = source
        self.limits = limits

    def __contains__(self, name: str) -> bool:
        return (self._path / name).exists()

    def text(self, name: str, limit: int, of: str) -> bytes:
        """The content of a small file, of at most `limit` bytes; `of` is the limit's name."""
        with ExitStack() as resources:
            window = self.window(name, resources)
            if window.size > limit:
                raise Refused(f"{self._source}: {name} has {window.size} bytes, more than {limit}; {lifted_by(of)}")
            window.allow(2 * limit)
            content = window.read()
            window.check()
            return content

    def window(self, name: str, resources: ExitStack) -> Window:
        """A large file; `resources` closes it."""
        given = resources.enter_context(beside(self._path, name, f"{self._source}: {name}", self.limits))
        return Window(given.file, 0, given.size, given.check_unchanged)


def beside(folder: Path, name: str, said: str, limits: Limits) -> GivenFile:
    """A file of a folder. Raises Refused where a link leads out of the folder, or it is none."""
    path = folder / name
    if not limits.links:
        try:
            inside = path.resolve().is_relative_to(folder.resolve())
        except (OSError, RuntimeError):
            inside = False  # links in a circle
        if not inside:
            raise Refused(f"{said} is a link to {shown(str(path.resolve(strict=False)))}; {lifted_by('links')}")
    return GivenFile(path, said)
