"""What is being done, on stderr, for as long as it is done; on a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from equivalence.errors import printable

_LONGEST = 60  # letters of a step


class Step(str):
    """The name of a step that knows which share of it is done, from 0 to 1."""

    share: float

    def __new__(cls, name: str, share: float) -> Step:
        made = super().__new__(cls, name)
        made.share = min(share, 1.0)
        return made


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """A function to be told each step, a text or a `Step`.

    Shows the present one with a spinner, the share of it that is done, where that is known, and the time since the
    first; and wipes it at the end.
    """
    if not sys.stderr.isatty():
        yield lambda step: None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    shown = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TextColumn("{task.fields[share]}"))
    with Progress(*shown, TimeElapsedColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, share="")

        def say(step: str) -> None:
            share = f"{step.share:.0%}" if isinstance(step, Step) else ""
            bar.update(task, description=printable(step, _LONGEST), share=share)

        yield say
