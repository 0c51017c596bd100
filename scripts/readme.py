"""The true output in README.md: commands between markers, run, and what they printed.

    <!-- output of: equivalence lookup Conv2D -->
    ...
    <!-- end of output -->

The commands run one after the other in one temporary folder that holds `examples/`.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
_BLOCK = re.compile(r"(<!-- output of: (?P<command>.+?) -->\n).*?(<!-- end of output -->)", re.DOTALL)
_ERROR = re.compile(r"\d(\.\d+)?e[-+]\d\d")
_VERSIONS = re.compile(r"^keras \d.*(, \w+ \d.*)+$", re.MULTILINE)


def renewed(text: str) -> str:
    """The text with the output of every marked command as it is now."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "examples", Path(folder) / "examples")

        def block(match: re.Match[str]) -> str:
            command = match["command"]
            return f"{match[1]}```console\n$ {command}\n{_output(command, folder)}```\n{match[3]}"

        return _BLOCK.sub(block, text)


def comparable(text: str) -> str:
    """The text without measured errors, which another processor rounds otherwise, and versions of what ran."""
    return _VERSIONS.sub("keras # ...", _ERROR.sub("#e-##", text))


def _output(command: str, folder: str) -> str:
    """What a command prints, on a page of 100 columns; raises CalledProcessError where it fails.

    That a check tells faults, 1, is no failure.
    """
    program, *arguments = shlex.split(command)
    good = (0, 1) if command.startswith("equivalence check ") else (0,)
    head = [sys.executable, "-m", "equivalence"] if program == "equivalence" else [program]
    environment = {**os.environ, "COLUMNS": "100", "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    done = subprocess.run([*head, *arguments], cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode not in good:
        done.check_returncode()
    return "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines())
