"""The command line: exit codes, one sentence on stderr, JSON on stdout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from equivalence import __version__, catalogue
from equivalence.cli import main
from equivalence.looking_up import lookup

DIGITS = Path(__file__).resolve().parent.parent / "examples" / "digits.keras"


def one_sentence(text: str) -> bool:
    return text.startswith("equivalence: ") and text.count("\n") == 1 and "Traceback" not in text


def test_lookup_prints_text_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lookup", "Conv2D"]) == 0
    printed = capsys.readouterr().out
    for part in ("keras.layers.Conv2D → torch.nn.Conv2d", "out_channels", "h w i o -> o i h w"):
        assert part in printed


def test_lookup_prints_json_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lookup", "Conv2D", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    results = json.loads(json.dumps(lookup("Conv2D")))
    stated = {"query": "Conv2D", "match": "exact", "results": results, "nearest": []}
    assert printed == {"schema_version": 1, **stated}


def test_lookup_takes_words_without_quotes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lookup", "batch", "normalization", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["query"] == "batch normalization"
    assert printed["results"][0]["keras"] == "keras.layers.BatchNormalization"


@pytest.mark.parametrize("options", [[], ["--json"]], ids=["text", "json"])
def test_lookup_of_nothing_known_exits_1(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lookup", "qqqq\x1b[0mqqqq", *options]) == 1
    printed = capsys.readouterr()
    assert printed.err.startswith("No entry for qqqq") and printed.err.count("\n") == 1
    assert "Nearest: keras." in printed.err
    assert "\x1b" not in printed.err
    if options:
        answer = json.loads(printed.out)
        assert (answer["match"], answer["results"], len(answer["nearest"])) == (None, [], 3)


def test_the_version_is_the_package_s(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"equivalence {__version__}\n"


@pytest.mark.parametrize("arguments", [[], ["frobnicate"], ["lookup"], ["port"]], ids=lambda a: " ".join(a) or "none")
def test_wrong_usage_exits_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2


def test_port_writes_three_files_and_prints_the_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["port", str(DIGITS), "-o", str(tmp_path / "out"), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["source"] == "digits.keras"
    assert report["verified"] is True
    assert report["parameters"] == 3306
    assert report["float64"]["max_rel"] <= 1e-10
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == [
        "digits.py",
        "digits.report.json",
        "digits.safetensors",
    ]
    assert json.loads((tmp_path / "out" / "digits.report.json").read_text()) == report


def test_port_as_text_shows_layers_verdict_and_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["port", str(DIGITS), "-o", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "Equal: " in printed
    assert "separable_conv2d" in printed
    assert str(tmp_path / "digits.safetensors") in printed


def test_port_without_verification_says_so_and_exits_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["port", str(DIGITS), "-o", str(tmp_path), "--no-verify"]) == 0
    assert "not verified" in capsys.readouterr().out
    assert json.loads((tmp_path / "digits.report.json").read_text())["verified"] is None


def test_port_of_a_different_result_exits_1_with_its_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A report that says "different" decides the exit code; nothing is held back."""
    from equivalence.verification.report import Report

    plain = Report.to_json

    def different(self: Report) -> dict[str, object]:
        return {**plain(self), "verified": False}

    monkeypatch.setattr(Report, "to_json", different)
    assert main(["port", str(DIGITS), "-o", str(tmp_path)]) == 1
    assert "Different" in capsys.readouterr().out
    assert (tmp_path / "digits.py").exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("missing.keras", None),
        ("empty.keras", b""),
        ("text.h5", b"no model\n"),
        ("cut.keras", DIGITS.read_bytes()[:3000]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_port_of_what_is_no_model_exits_2_and_writes_nothing(
    name: str, content: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / name
    if content is not None:
        model.write_bytes(content)
    assert main(["port", str(model), "-o", str(tmp_path / "out")]) == 2
    printed = capsys.readouterr()
    assert one_sentence(printed.err)
    assert name in printed.err
    assert printed.out == ""
    assert not (tmp_path / "out").exists()


def test_an_unwritable_folder_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    assert main(["port", str(DIGITS), "-o", str(blocked), "--no-verify"]) == 2
    printed = capsys.readouterr().err
    assert one_sentence(printed)
    assert str(blocked) in printed


def test_an_unexpected_error_is_one_sentence_and_can_be_traced(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(what: str, **more: object) -> list[object]:
        raise RuntimeError("two\nlines")

    monkeypatch.setattr(import_module("equivalence.looking_up"), "find", broken)
    assert main(["lookup", "Conv2D"]) == 2
    assert one_sentence(capsys.readouterr().err)
    monkeypatch.setenv("EQUIVALENCE_TRACEBACK", "1")
    with pytest.raises(RuntimeError):
        main(["lookup", "Conv2D"])


def test_a_missing_package_names_the_extra_that_brings_it() -> None:
    """In a process where importing torch fails, as in a base install."""
    code = (
        "import sys; sys.modules['torch'] = None\n"
        f"from equivalence.cli import main; sys.exit(main(['port', {str(DIGITS)!r}, '--no-verify']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 2
    assert one_sentence(done.stderr)
    assert "pip install 'keras-torch-equivalence[port]'" in done.stderr


def test_an_interrupt_exits_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(what: str, **more: object) -> list[object]:
        raise KeyboardInterrupt

    monkeypatch.setattr(import_module("equivalence.looking_up"), "find", interrupted)
    assert main(["lookup", "Conv2D"]) == 130


def test_a_reader_that_leaves_early_is_no_error() -> None:
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "equivalence", "lookup", "Conv2D", "--json"]
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True)
    os.close(write)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.timeout(300)
def test_prove_shows_what_is_emitted(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", "keras.layers.RepeatVector", "--show"]) == 0
    shown = capsys.readouterr().out
    entry = catalogue.named("keras.layers.RepeatVector")
    assert all(f"\n# {case.id}: keras.layers.RepeatVector(" in shown for case in entry.cases)
    assert shown.count("def forward(self") == len(entry.cases)
