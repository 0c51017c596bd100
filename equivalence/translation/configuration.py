"""A recording, checking view of a layer's configuration.

Every key is either read by the entry's emit, or declared inert by the entry; what nobody read is an
error, because an ignored setting is a silently wrong number.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NoReturn

from equivalence.errors import Refused, printable
from equivalence.schema import REQUIRED, Entry


class Configuration:
    """The configuration of one layer call; accessors check type and value and remember the key.

    Every accessor raises `Refused`, naming file, layer, argument and value, where the value is not
    of the kind asked for.
    """

    def __init__(self, entry: Entry, values: Mapping[str, Any], where: str) -> None:
        self.entry = entry
        self.where = where  # "model.keras: layer 'conv2d' (Conv2D)"
        self._values: dict[str, Any] = {}
        self._read: set[str] = set()
        for key, value in values.items():
            argument = entry.argument(key)
            name = argument.keras if argument else key
            if name in self._values and self._values[name] != value:
                self.refuse(name, value, f"is also given as {self._values[name]!r:.80} under another name")
            self._values[name] = value

    def refuse(self, name: str, value: Any, because: str) -> NoReturn:
        """Raises `Refused` for one argument and its value."""
        raise Refused(f"{self.where}: {printable(name, 80)}={value!r:.80} {because}.")

    def value(self, name: str) -> Any:
        """The raw value, or the argument's default where the file leaves it out."""
        self._read.add(name)
        if name in self._values:
            return self._values[name]
        argument = self.entry.argument(name)
        if argument is None or argument.default is REQUIRED:
            raise Refused(f"{self.where}: the argument {name} is missing from the configuration.")
        return argument.default

    def flag(self, name: str) -> bool:
        """A boolean."""
        value = self.value(name)
        if not isinstance(value, bool):
            self.refuse(name, value, "should be true or false")
        return value

    def integer(self, name: str, minimum: int | None = 1) -> int:
        """A whole number of at least `minimum` (None: any)."""
        value = self.value(name)
        if isinstance(value, bool) or not isinstance(value, int) or (minimum is not None and value < minimum):
            self.refuse(name, value, f"should be a whole number{'' if minimum is None else f' of at least {minimum}'}")
        return value

    def integers(self, name: str, count: int, minimum: int = 1) -> tuple[int, ...]:
        """`count` whole numbers of at least `minimum`; a single one is repeated."""
        value = self.value(name)
        if isinstance(value, int) and not isinstance(value, bool):
            value = [value] * count
        if not (
            isinstance(value, (list, tuple))
            and len(value) == count
            and all(isinstance(v, int) and not isinstance(v, bool) and v >= minimum for v in value)
        ):
            self.refuse(name, value, f"should be {count} whole numbers of at least {minimum}")
        return tuple(value)

    def number(self, name: str) -> float:
        """A finite number."""
        value = self.value(name)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            self.refuse(name, value, "should be a finite number")
        return float(value)

    def optional_number(self, name: str) -> float | None:
        """A finite number or None."""
        return None if self.value(name) is None else self.number(name)

    def text(self, name: str) -> str:
        """A text of printable ASCII and tabs, which `python_text.quoted` can write."""
        value = self.value(name)
        if not (isinstance(value, str) and value.isascii() and value.replace("\t", "").isprintable()):
            self.refuse(name, value, "should be a text of printable ASCII")
        return value

    def choice(self, name: str, *options: str | None) -> str:
        """One of `options`."""
        value = self.value(name)
        if value not in options or isinstance(value, bool):
            self.refuse(name, value, f"is not translated; known are {', '.join(map(repr, options))}")
        return str(value)

    def activation(self, name: str) -> str | None:
        """The name of an activation, however it is serialised; None where it is a layer, or nothing at all."""
        value = self.value(name)
        if isinstance(value, Mapping) and value.get("class_name") == "function":
            value = value.get("config")
        return value if isinstance(value, str) else None

    def only(self, name: str, *allowed: Any, because: str = "has no translation yet") -> None:
        """Reads an argument that must have one of the `allowed` values."""
        value = self.value(name)
        if value not in allowed:
            self.refuse(name, value, because)

    def unread(self) -> list[tuple[str, Any]]:
        """Keys that nobody read and that the entry does not declare inert, with their values."""
        left = []
        for key, value in self._values.items():
            argument = self.entry.argument(key)
            if key not in self._read and not (argument and argument.inert):
                left.append((key, value))
        return left

    def check_all_read(self) -> None:
        """Raises Refused for a key that nobody read and that the entry does not declare inert."""
        for key, value in self.unread():
            self.refuse(key, value, "is a setting that this translation does not know")
