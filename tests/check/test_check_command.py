"""`equivalence check`: what is handed to the check, what is printed and written, and the exit codes."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from found import different, equal, unknown

from equivalence.checking import check
from equivalence.cli import main
from equivalence.diagnosis.findings import Check
from equivalence.diagnosis.repro_script import ReproCase
from equivalence.errors import Refused
from equivalence.formats.file_limits import Limits

NET = """
from torch import nn

print("a word of the user's")

class MyNet(nn.Linear):
    def __init__(self, width=3):
        super().__init__(width, 2)
"""


class Recorded:
    """Stands in for the check itself: keeps what it is called with, and gives what it is told to."""

    def __init__(self) -> None:
        self.gives = equal()
        self.positional: tuple[Any, ...] = ()
        self.named: dict[str, Any] = {}

    def check(self, *positional: Any, **named: Any) -> Check:
        named.pop("progress")("comparing")
        self.positional, self.named = positional, named
        print("a word of the module's")
        return self.gives


@pytest.fixture
def checking(monkeypatch: pytest.MonkeyPatch) -> Recorded:
    recorded = Recorded()
    monkeypatch.setitem(sys.modules, "equivalence.checking", SimpleNamespace(check=recorded.check))  # type: ignore[arg-type]
    return recorded


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "users_net.py").write_text(NET)
    return f"{tmp_path / 'users_net.py'}:MyNet"


@pytest.mark.parametrize(("gives", "code"), [(equal(), 0), (different(), 1), (unknown(), 2)], ids=["0", "1", "2"])
def test_exit_codes_and_text(
    gives: Check, code: int, checking: Recorded, net: str, capsys: pytest.CaptureFixture[str]
) -> None:
    checking.gives = gives
    assert main(["check", "model.keras", net]) == code
    printed = capsys.readouterr()
    assert printed.out.rstrip("\n") == str(gives).rstrip("\n")
    assert "a word of the user's" in printed.err and "a word of the module's" in printed.err


def test_json_is_the_report_alone(checking: Recorded, net: str, capsys: pytest.CaptureFixture[str]) -> None:
    checking.gives = different()
    assert main(["check", "model.keras", net, "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == different().to_json()


def test_limits_of_the_reader_are_lifted(checking: Recorded, net: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "model.keras", net, "--allow", "json-bytes=7", "--allow", "links"]) == 0
    assert checking.named["limits"] == Limits(json_bytes=7, links=True)
    assert main(["check", "model.keras", net, "--allow", "bytes=7"]) == 2
    assert "there is no limit 'bytes' to lift" in capsys.readouterr().err


def test_a_file_beyond_a_limit_is_not_checked() -> None:
    model = Path(__file__).parents[2] / "examples" / "digits.keras"
    with pytest.raises(Refused, match="--allow json-bytes=N allows more"):
        check(model, torch.nn.Linear(1, 1), limits=Limits(json_bytes=7))


def test_without_weights_those_of_keras_are_carried_over(checking: Recorded, net: str) -> None:
    assert main(["check", "model.keras", net]) == 0
    model, module, inputs = checking.positional
    assert (model, type(module).__name__, inputs) == ("model.keras", "MyNet", None)
    assert checking.named == {"weights": "transfer", "train": False, "seed": 0, "limits": Limits()}


def test_everything_that_can_be_said(checking: Recorded, net: str, tmp_path: Path) -> None:
    weights = {"weight": torch.rand(2, 5), "bias": torch.rand(2)}
    torch.save(weights, tmp_path / "net.pt")
    np.savez(tmp_path / "x.npz", image=np.arange(5.0))
    options = f"--weights {tmp_path / 'net.pt'} --inputs {tmp_path / 'x.npz'} --train --seed 7 --args width=5"
    assert main(["check", "model.keras", net, *options.split()]) == 0
    _, module, inputs = checking.positional
    assert torch.equal(module.weight, weights["weight"])
    assert np.array_equal(inputs["image"], np.arange(5.0))
    assert checking.named == {"weights": "given", "train": True, "seed": 7, "limits": Limits()}


def test_a_page_is_written(checking: Recorded, net: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checking.gives = different()
    page = tmp_path / "pages" / "out.html"
    assert main(["check", "model.keras", net, "--html", str(page)]) == 1
    assert "Different: 2 faults" in page.read_text("utf-8")
    assert "users_net.py:MyNet against model.keras" in page.read_text("utf-8")
    assert capsys.readouterr().out.endswith(f"{page}\n")


def test_a_script_of_the_first_fault_that_has_one(checking: Recorded, net: str, tmp_path: Path) -> None:
    checking.gives = different()
    x = np.array([[1.0, -2.0]])
    case = ReproCase("head", "No relu.", "keras.layers.ReLU", {}, [], [x], ["output = x"], {"x": x})
    checking.gives.faults[1] = replace(checking.gives.faults[1], case=case)
    script = tmp_path / "shown.py"
    assert main(["check", "model.keras", net, "--repro", str(script)]) == 1
    assert "layer = keras.layers.ReLU()" in script.read_text()


def test_where_there_is_nothing_to_show_no_script_is_written(
    checking: Recorded, net: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "shown.py"
    assert main(["check", "model.keras", net, "--repro", str(script)]) == 0
    assert "equivalence: there is no fault that a script could show: none is written." in capsys.readouterr().err
    assert not script.exists()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--weights", "gone.pt"], "gone.pt cannot be opened: No such file or directory"),
        (["--inputs", "gone.npz"], "gone.npz cannot be opened: No such file or directory"),
        (["--args", "width=open('x')"], "with Python literals"),
        (["--args", "height=1"], "users_net.py:MyNet cannot be made with height=1"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(
    options: list[str], says: str, checking: Recorded, net: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "model.keras", net, *options]) == 2
    printed = capsys.readouterr()
    sentences = [line for line in printed.err.splitlines() if line.startswith("equivalence: ")]
    assert len(sentences) == 1 and says in sentences[0]
    assert printed.out == ""
    assert not checking.positional


def test_what_the_check_refuses_is_one_sentence(
    checking: Recorded, net: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*positional: Any, **named: Any) -> Check:
        raise Refused("model.keras: layer 'own' is of a class that nobody knows.")

    monkeypatch.setitem(sys.modules, "equivalence.checking", SimpleNamespace(check=refused))  # type: ignore[arg-type]
    assert main(["check", "model.keras", net]) == 2
    assert "equivalence: model.keras: layer 'own' is of a class that nobody knows.\n" in capsys.readouterr().err


def test_the_help_says_that_the_file_is_run(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["check", "--help"])
    assert stop.value.code == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "NET's file is your own code: it is imported, which runs it" in shown
