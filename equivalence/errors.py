"""Errors a user can act on: one sentence that names file, layer, argument and value."""

from __future__ import annotations

#: Which extra brings a package that may be missing.
_EXTRAS = {
    "port": ("einops", "numpy", "pyfive", "safetensors", "torch"),
    "translate": ("libcst",),
    "mcp": ("anyio", "jsonschema", "mcp"),
    "keras": ("h5py", "keras", "tensorflow"),
}


class EquivalenceError(Exception):
    """Base of every error raised on purpose; its text is one sentence for a person."""


class Refused(EquivalenceError):
    """The input cannot be translated: nothing was written, nothing of it was executed."""


class Unavailable(EquivalenceError):
    """A package, process or resource that this step needs is missing; says what to install."""


def escaped(text: str) -> str:
    """The text with characters that are not printed as Python escapes them."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def printable(text: str, longest: int | None = None) -> str:
    """The text on one line, without what a terminal would obey, and cut to `longest` characters.

    Whatever comes from a model file or another process may hold anything: line breaks become spaces, other
    characters that are not printed are shown as Python escapes them.
    """
    line = escaped(" ".join(text.split()))
    return line if longest is None or len(line) <= longest else f"{line[: longest - 3]}..."


def sentence(error: Exception) -> str:
    """An error as one sentence, with what to do about it where that is known; one raised on purpose as it is."""
    if isinstance(error, EquivalenceError):
        return str(error)
    if isinstance(error, ModuleNotFoundError):
        missing = (error.name or "").partition(".")[0]
        for extra, packages in _EXTRAS.items():
            if missing in packages:
                return f"this needs {missing}: pip install 'keras-torch-equivalence[{extra}]'."
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}." if error.filename else f"{error.strerror}."
    return f"{type(error).__name__}: {error} (unexpected; EQUIVALENCE_TRACEBACK=1 shows where)"


def first_line(error: Exception) -> str:
    """What kind of exception it is, and the first line of what it says."""
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"[:200]
