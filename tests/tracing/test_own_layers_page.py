"""docs/own_layers.md, read as a newcomer would: every block of code runs, and shows what is emitted."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from equivalence import catalogue

PAGE = Path(__file__).parents[2] / "docs" / "own_layers.md"


def test_every_block_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "_registered", {})
    monkeypatch.setattr(catalogue, "_registered_stored", {})
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "own_layers_page"}
    emitted = ""
    text = PAGE.read_text(encoding="utf-8")
    for found in re.finditer(r"```python\n(.*?)```", text, re.DOTALL):
        before, block = text[: found.start()], found[1]
        if block.startswith("# my_"):
            (tmp_path / block.split()[1]).write_text(block, encoding="utf-8")
        elif before.rstrip().endswith("<!-- emitted: class Residual -->"):
            assert block in emitted
        else:
            exec(compile(block, "docs/own_layers.md", "exec"), names)
            emitted = names["ported"].source
