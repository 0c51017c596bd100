"""What a port writes: the same bytes everywhere, and nothing over what somebody has edited."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from equivalence import Refused, port
from equivalence.cli import main
from equivalence.verification.ported import Ported

ROOT = Path(__file__).resolve().parents[2]
DIGITS = ROOT / "examples" / "digits.keras"
FILES = ["digits.py", "digits.report.json", "digits.safetensors"]
#: Hash seed, locale, time zone, working directory.
PLACES = {
    "plain": ("0", "C", "UTC", "/"),
    "east": ("1", "C.UTF-8", "Asia/Kolkata", "."),
    "west": ("4294967295", "tr_TR.UTF-8", "America/St_Johns", str(ROOT / "tests")),
}


@pytest.fixture(scope="module")
def ported() -> Ported:
    return port(DIGITS, verify=False)


@pytest.fixture(scope="module")
def everywhere(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, bytes]]:
    """The files that the command writes, by where it runs."""
    found = {}
    for place, (seed, locale, zone, directory) in PLACES.items():
        out = tmp_path_factory.mktemp(place)
        where = {"PYTHONHASHSEED": seed, "LC_ALL": locale, "LANG": locale, "TZ": zone}
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        subprocess.run(
            [sys.executable, "-P", "-m", "equivalence", "port", str(DIGITS), "-o", str(out), "--no-verify", "--fold"],
            env={**os.environ, **where, "PYTHONPATH": path},
            cwd=out if directory == "." else directory,
            check=True,
            capture_output=True,
        )
        found[place] = {path.name: path.read_bytes() for path in out.iterdir()}
    return found


@pytest.mark.parametrize("place", list(PLACES)[1:])
@pytest.mark.parametrize("file", FILES)
def test_the_same_model_gives_the_same_bytes(file: str, place: str, everywhere: dict[str, dict[str, bytes]]) -> None:
    assert sorted(everywhere[place]) == FILES
    assert everywhere[place][file] == everywhere["plain"][file]


def test_it_is_overwritten_as_it_was_written(ported: Ported, tmp_path: Path) -> None:
    for _ in range(2):
        assert sorted(path.name for path in ported.save(tmp_path)) == FILES
    assert sorted(os.listdir(tmp_path)) == FILES


def edited(folder: Path) -> None:
    with (folder / "digits.py").open("a") as file:
        file.write("# by hand\n")


def other_weights(folder: Path) -> None:
    (folder / "digits.safetensors").write_bytes(b"trained further")


def no_report(folder: Path) -> None:
    (folder / "digits.report.json").unlink()


def other_report(folder: Path) -> None:
    (folder / "digits.report.json").write_text("[1]")


def no_digest(folder: Path) -> None:
    report = json.loads((folder / "digits.report.json").read_text())
    (folder / "digits.report.json").write_text(json.dumps({**report, "files": {}}))


def somebody_elses(folder: Path) -> None:
    for name in FILES:
        (folder / name).unlink()
    (folder / "digits.py").write_text("import this\n")


CHANGES = {
    edited: "digits.py has been edited since it was written",
    other_weights: "digits.safetensors has been edited since it was written",
    no_report: "digits.py was not written by a port",
    other_report: "digits.py was not written by a port",
    no_digest: "digits.py was not written by a port",
    somebody_elses: "digits.py was not written by a port",
}


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_what_somebody_made_is_not_overwritten(change: Callable[[Path], None], ported: Ported, tmp_path: Path) -> None:
    ported.save(tmp_path)
    change(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(Refused, match=rf"{CHANGES[change]}: move it away, or overwrite it with --force"):
        ported.save(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    ported.save(tmp_path, force=True)
    assert (tmp_path / "digits.py").read_text() == ported.source
    ported.save(tmp_path)


def test_a_report_of_something_else_is_not_overwritten(ported: Ported, tmp_path: Path) -> None:
    (tmp_path / "digits.report.json").write_text("{}")
    with pytest.raises(Refused, match=r"digits\.report\.json is not the report of a port"):
        ported.save(tmp_path)


def test_the_command_refuses_before_it_works(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "digits.py").write_text("import this\n")
    assert main(["port", str(DIGITS), "-o", str(tmp_path), "--no-verify"]) == 2
    assert "digits.py was not written by a port" in capsys.readouterr().err
    assert main(["port", str(DIGITS), "-o", str(tmp_path), "--no-verify", "--force"]) == 0
    assert sorted(os.listdir(tmp_path)) == FILES
