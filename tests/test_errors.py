"""What comes from a file or another process is shown on one line, and tells a terminal nothing."""

from __future__ import annotations

import pytest

from equivalence.errors import printable
from equivalence.formats.refusal import shown


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("conv2d", "conv2d"),
        ("größe 日", "größe 日"),
        ("a\nb\r\n\tc", "a b c"),
        ("\x1b[2J", "\\x1b[2J"),
        ("a\u202eb\u200b", "a\\u202eb\\u200b"),
        ("\x00", "\\x00"),
    ],
    ids=["word", "letters", "lines", "escape", "direction", "null"],
)
def test_text_becomes_one_printable_line(text: str, line: str) -> None:
    assert printable(text) == line and line.isprintable()


def test_a_long_text_is_cut() -> None:
    assert printable("a" * 80, 80) == "a" * 80
    assert printable("a" * 81, 80) == "a" * 77 + "..."
    assert len(printable("\x1b" * 80, 80)) == 80


def test_a_value_is_shown_as_python_writes_it_in_ascii() -> None:
    assert shown("é\n") == r"'\xe9\n'" and shown(["a"] * 99) == ("['a', " + "'a', " * 20)[:77] + "..."
