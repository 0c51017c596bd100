"""How a reader refuses: one sentence with the file's name and the value that is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from equivalence.errors import EquivalenceError, Refused, printable
from equivalence.formats.file_limits import Exceeded, lifted_by


def shown(value: Any) -> str:
    """A value of the file for a message: ASCII, on one line, at most 80 characters."""
    return printable(ascii(value), 80)


@contextmanager
def readable(source: str) -> Iterator[None]:
    """Turns what a parser raises on a broken file (any exception) into a Refused that names it."""
    try:
        yield
    except EquivalenceError:
        raise
    except Exceeded as error:
        raise Refused(f"{source}: {error}; {lifted_by(error.limit)}") from error
    except Exception as error:
        reason = str(error).strip() or type(error).__name__
        raise Refused(f"{source} is not a readable HDF5/Keras file: {shown(reason)[1:-1]}") from error
