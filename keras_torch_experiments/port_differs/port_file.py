"""A port in a file of its own, mended line by line as in an editor."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType


class PortFile:
    """The file of a port: what `mend` writes into it is what `imported` gives."""

    def __init__(self, path: str, text: str) -> None:
        self.path = Path(path)
        self.path.write_text(text, "utf-8")

    def mend(self, *changes: tuple[str, str]) -> None:
        """Writes lines, or parts of lines, instead of others. Raises ValueError where one is not there just once."""
        text = self.path.read_text("utf-8")
        for old, new in changes:
            if text.count(old) != 1:
                raise ValueError(f"{self.path} has {old!r} {text.count(old)} times")
            text = text.replace(old, new)
        self.path.write_text(text, "utf-8")

    def imported(self) -> ModuleType:
        """The file as it is now, as a module of its own."""
        spec = importlib.util.spec_from_file_location(self.path.stem, self.path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        source = self.path.read_text("utf-8")  # not by its loader, which may have the former text's bytecode
        exec(compile(source, str(self.path.resolve()), "exec"), module.__dict__)
        return module
