"""What a terminal shows while something is done."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

import pytest

from equivalence import port
from equivalence.render.progress import Step, progress

DIGITS = Path(__file__).resolve().parent.parent / "examples" / "digits.keras"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_the_step_its_share_and_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with progress() as say:
        say("reading")
        say(Step("writing conv\x1b[31m[bold]", 0.354))
    shown = terminal.getvalue()
    assert re.search(r"writing conv\\x1b\[31m\[bold\]\s+35%.*\d:\d\d:\d\d", shown)
    assert shown.endswith("\x1b[2K")  # the line is wiped


def test_nothing_is_shown_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    with progress() as say:
        say(Step("reading", 0.5))
    assert capsys.readouterr() == ("", "")


def test_a_port_tells_its_steps_and_their_shares() -> None:
    said: list[str] = []
    port(DIGITS, verify=False, progress=said.append)
    for kind in ("writing", "reading the weights of"):
        shares = [step.share for step in said if isinstance(step, Step) and step.startswith(f"{kind} ")]
        assert shares[0] == 0 and shares == sorted(shares) and 0.8 < shares[-1] <= 1
    assert said[0] == "reading"
