"""Models whose text does not tell their input: what is the same whatever it is, with torch's lazy modules for the rest.

The text is translated for inputs of two sizes. Where the two differ in nothing but the first argument of modules that
torch can leave open until the first call, that is what the text says of any size; elsewhere nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from equivalence.snippets.known_values import Example

#: Kinds of inputs that are tried, with two sizes each: vectors, images, sequences, volumes, whole numbers. Multiples of
#: what channels are split by; where sizes of images matter (a Flatten), odd and even ones.
KINDS: tuple[tuple[tuple[tuple[int | None, ...], tuple[int | None, ...]], str], ...] = (
    (((96,), (192,)), "float32"),
    (((None, None, 96), (None, None, 192)), "float32"),
    (((64, 96, 96), (75, 119, 192)), "float32"),
    (((None, 96), (None, 192)), "float32"),
    (((64, 96), (75, 192)), "float32"),
    (((None, None, None, 96), (None, None, None, 192)), "float32"),
    (((None,), (None,)), "int32"),
)
_MOST_INPUTS = 4
_ROUNDED = re.compile(r"\.(?:long\(\)|to\(torch\.int\d+\))")
_MODULE = re.compile(
    r"(\s*self\.\w+ = nn\.)(Linear|Conv[123]d|ConvTranspose[123]d|BatchNorm[123]d)\((\d+)(?:, )?(.*\)(?:  #.*)?)"
)
_INTERFACE = re.compile(r'\s*(?:""")?(?:Input|Output) +\w+ +\w+ \(')
#: What the translated text says of them.
NOTE = (
    "# The text does not say how large its input is: nn.Lazy modules take that from the first call, which has to come\n"
    "# before their parameters are used."
)


def examples(kind: int, which: int) -> list[Example]:
    """The inputs of one kind, as a model is called on them; `which` of the two sizes."""
    shapes, dtype = KINDS[kind]
    return [Example((None, *shapes[which]), dtype)] * _MOST_INPUTS


def deduced(tried: Callable[[Sequence[Example]], str | None]) -> str | None:
    """The text that holds for all inputs that the models can take; None where there is none, or several differ.

    `tried` translates the text for inputs, and returns None where that leaves more than without them.
    """
    found: list[str] = []
    for kind in range(len(KINDS)):
        one = tried(examples(kind, 0))
        other = tried(examples(kind, 1)) if one is not None else None
        if one is None or other is None:
            continue
        if (both := _open(one, other)) is None:
            return None
        found.append(both)
    # what looks floats up in a table rounds them first: it is meant for whole numbers
    found = [text for text in found if not _ROUNDED.search(text)] or found
    return found[0] if found and len({_code(text) for text in found}) == 1 else None


def _open(one: str, other: str) -> str | None:
    """What two translations of one text have in common; None where they differ in what cannot be left open."""
    lines, others = one.splitlines(), other.splitlines()
    if len(lines) != len(others):
        return None
    made = []
    for line, second in zip(lines, others, strict=True):
        if line == second:
            made.append(line)
        elif _INTERFACE.match(line) and _INTERFACE.match(second):
            made.append(_with_unknown_sizes(line, second))
        elif (module := _lazy(line, second)) is not None:
            made.append(module)
        else:
            return None
    return "\n".join(made) + "\n"


def _lazy(line: str, other: str) -> str | None:
    one, two = _MODULE.fullmatch(line), _MODULE.fullmatch(other)
    if one is None or two is None or one.group(1, 2, 4) != two.group(1, 2, 4):
        return None
    return f"{one[1]}Lazy{one[2]}({one[4]}"


def _with_unknown_sizes(line: str, other: str) -> str:
    """A line that says what goes in or comes out, with a question mark for each size that differs."""
    pieces, others = re.split(r"(\d+)", line), re.split(r"(\d+)", other)
    if len(pieces) != len(others):
        return re.sub(r"\d+(?=[,)])", "?", line)
    return "".join(
        "?" if piece != second and piece.isdecimal() else piece for piece, second in zip(pieces, others, strict=True)
    )


def _code(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not _INTERFACE.match(line))
