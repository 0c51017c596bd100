"""docs/check.md, read as a newcomer would: every file and block of it runs, and the report has the fields it lists."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from found import different

from equivalence.cli import main

PAGE = (Path(__file__).parents[2] / "docs" / "check.md").read_text("utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the reader has saved: the files of the page, and the model that the first of them makes."""
    folder = tmp_path_factory.mktemp("check")
    for block in re.findall(r"```python\n(# \w+\.py\n.*?)```", PAGE, re.DOTALL):
        (folder / block.split()[1]).write_text(block, "utf-8")
    subprocess.run([sys.executable, "photos.py"], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture(autouse=True)
def _in_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])
    for name in ("net", "photos"):
        monkeypatch.delitem(sys.modules, name, raising=False)


def test_the_command_prints_what_the_page_shows(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """But for measured numbers."""
    assert main(["check", "photos.keras", "net.py:Net", "--html", "out.html"]) == 1
    printed = _without_numbers(capsys.readouterr().out.replace(f"{folder}/", ""))
    (shown,) = re.findall(r"\$ equivalence check photos.keras net.py:Net\n(.*?)\.\.\.\n```", PAGE, re.DOTALL)
    assert printed.startswith(_without_numbers(shown))
    assert "Different: 2 faults" in (folder / "out.html").read_text("utf-8")


def test_the_blocks_run(capsys: pytest.CaptureFixture[str]) -> None:
    for block in re.findall(r"```python\n((?!# \w+\.py\n).*?)```", PAGE, re.DOTALL):
        exec(compile(block, "docs/check.md", "exec"), {"__name__": "check_page"})
    assert "Different: 2 faults, the first at norm1." in capsys.readouterr().out


def test_its_tests_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    command = [sys.executable, "-m", "pytest", "-p", "equivalence.pytest_plugin", "-q", "--equivalence-html", "pages"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert "AssertionError: Different: 2 faults, the first at norm1." in done.stdout
    assert "1 failed, 1 passed" in done.stdout
    assert len(list((folder / "pages").iterdir())) == 1


def test_every_field_is_explained() -> None:
    rows = set(re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`[^|]*) \|", PAGE, re.MULTILINE))))
    report = different().to_json()
    missing = {*report, *report["faults"][0], *report["layers"][0]} - rows
    assert not missing
    in_words = set(re.findall(r"`(\w+)`", PAGE))
    assert not {*report["faults"][0]["torch"], *report["weights"], *report["faults"][0]["shape"]} - in_words


def _without_numbers(text: str) -> str:
    return re.sub(r"\d\.\de[-+]\d\d", "#", text)
