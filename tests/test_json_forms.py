"""What the commands print with --json is what the forms say, and the forms themselves are JSON Schema.

What `check` prints is held against its form in test_serving.py, which runs it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from equivalence.cli import main
from equivalence.json_forms import KINDS, VERSION, form, stated

ROOT = Path(__file__).resolve().parent.parent
DIGITS = str(ROOT / "examples" / "digits.keras")


def fits(kind: str, answer: Any) -> None:
    """Raises jsonschema.ValidationError where an answer is not of its form."""
    jsonschema.Draft202012Validator(form(kind)).validate(answer)
    assert answer["schema_version"] == VERSION


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    main([*arguments, "--json"])
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("kind", KINDS)
def test_a_form_is_a_json_schema_that_names_its_version(kind: str) -> None:
    found = form(kind)
    jsonschema.Draft202012Validator.check_schema(found)
    assert found["properties"]["schema_version"]["const"] == VERSION
    with pytest.raises(jsonschema.ValidationError):
        fits(kind, stated({}))


@pytest.mark.parametrize("query", ["Conv2D", "nn.Linear", "Dense(32, activation='relu')", "loss is nan", "???"])
def test_lookup(query: str, capsys: pytest.CaptureFixture[str]) -> None:
    fits("lookup", printed(capsys, "lookup", query))


def test_dry_run(capsys: pytest.CaptureFixture[str]) -> None:
    fits("dry_run", printed(capsys, "port", "--dry-run", DIGITS))


@pytest.mark.parametrize("options", [(), ("--no-verify",)], ids=["verified", "not-verified"])
def test_port(options: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fits("port", printed(capsys, "port", DIGITS, "-o", str(tmp_path), *options))
    fits("port", json.loads((tmp_path / "digits.report.json").read_text("utf-8")))


def test_translate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "net.py"
    file.write_text(
        "import keras\nmodel = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])\nmodel.fit(x)\n"
    )
    found = printed(capsys, "translate", str(file))
    assert found["not_understood"]
    fits("translate", found)


def test_prove(capsys: pytest.CaptureFixture[str]) -> None:
    fits("prove", printed(capsys, "prove", "keras.ops.flip"))


def test_an_answer_that_lacks_a_field_does_not_fit(capsys: pytest.CaptureFixture[str]) -> None:
    found = printed(capsys, "port", "--dry-run", DIGITS)
    del found["layers"][0]["standing"]
    with pytest.raises(jsonschema.ValidationError, match="standing"):
        fits("dry_run", found)
