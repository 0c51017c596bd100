"""The parts of an answer, whatever it is to: what a terminal and a pipe draw.

Annotations are no texts here, for the reason that `equivalence.schema` gives.
"""

from typing import NamedTuple


class Row(NamedTuple):
    """What is shown or left out together: a line of cells in columns, and lines that belong to it."""

    cells: tuple[str, ...]
    below: tuple[tuple[str, str], ...] = ()  # a label, "" for prose, and a line of code or prose
    code: bool = False  # its one cell is source


class Section(NamedTuple):
    """A part of an answer with its heading."""

    name: str
    rows: tuple[Row, ...]
    least: int = 1  # rows that stay where room is short
    whole: str = ""  # what stands instead of rows that are of no use in part
    cost: float = 1.0  # of a line, where room is short: what costs most goes first
    cut: bool = False  # whether it was made shorter


class Head(NamedTuple):
    """What an answer begins with."""

    keras: tuple[str, ...]
    torch: tuple[str, ...]
    verdict: str
    prose: tuple[str, ...]
