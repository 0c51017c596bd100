"""An answer as text: the code first, a page of it, the same bytes wherever it is printed."""

from __future__ import annotations

import ast
import io
from typing import Any

import pytest
from rich.console import Console

from equivalence import catalogue
from equivalence.looking_up import lookup
from equivalence.render import answer, plain_text, terminal_text
from equivalence.render.result_fields import record
from equivalence.schema import Entry

ENTRIES = catalogue.entries()
VERDICTS = {"drop-in", "drop-in with these arguments", "needs this code", "no counterpart"}
each_entry = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.keras)


def shown(entry: Entry, **options: Any) -> list[str]:
    return plain_text.text([{**record(entry), "call": None}], **options).splitlines()


@each_entry
def test_an_answer_is_a_page_at_most_and_begins_with_what_to_write(entry: Entry) -> None:
    lines = shown(entry)
    assert len(lines) <= answer.MOST
    assert not any(line != line.rstrip() for line in lines)
    if not entry.no_counterpart:
        assert lines[0].startswith("Keras    ")
        assert any(line.startswith("PyTorch  ") for line in lines[1:4])


@each_entry
def test_the_verdict_is_one_of_four(entry: Entry) -> None:
    answered = record(entry)
    assert answered["verdict"] in VERDICTS
    assert (answered["verdict"] == "no counterpart") == bool(entry.no_counterpart)


@each_entry
def test_all_of_it_has_every_difference_with_its_lines_and_its_error_worst_first(entry: Entry) -> None:
    answered = record(entry)
    errors = [each["apart"] for each in answered["differences"]]
    assert all(error is not None for error in errors)
    numbers = [error for error in errors if not isinstance(error, str)]
    assert numbers == sorted(numbers, reverse=True)
    text = "\n".join(shown(entry, full=True))
    for each in answered["differences"]:
        assert each["wrong"] or each["right"], each["id"]
        assert each["wrong"] != each["right"]
        for part in (each["id"], each["says"], *each["wrong"], *each["right"]):
            assert part in text


@each_entry
def test_the_code_in_front_is_python(entry: Entry) -> None:
    short = record(entry)["short"]
    for side in short or ():
        ast.parse("\n".join(short[side]))


def test_a_layer_that_is_one_expression_is_shown_as_that() -> None:
    assert lookup("GlobalAveragePooling2D")[0]["short"]["torch"] == ["inputs.mean(dim=(2, 3))"]
    assert lookup("BatchNormalization")[0]["short"]["torch"] == ["nn.BatchNorm2d(3, eps=0.001, momentum=0.01)(inputs)"]


@pytest.mark.parametrize(
    ("what", "verdict"),
    [
        ("keras.layers.Conv2D", "drop-in"),
        ("keras.layers.Dense", "drop-in"),
        ("keras.layers.BatchNormalization", "drop-in with these arguments"),
        ("keras.layers.SeparableConv2D", "needs this code"),
        ("keras.optimizers.Adam", "needs this code"),
        ("keras.layers.JaxLayer", "no counterpart"),
    ],
)
def test_verdicts_as_a_person_would_give_them(what: str, verdict: str) -> None:
    assert lookup(what)[0]["verdict"] == verdict


def test_what_makes_a_drop_in_need_code_is_told() -> None:
    found = lookup("keras.layers.Conv2D")[0]
    assert found["otherwise"] == {"strides": 2, "padding": "same"}
    assert "needs code" in shown(catalogue.named("keras.layers.Conv2D"))[2]


@pytest.mark.parametrize("width", [60, 80, 200])
def test_a_terminal_shows_the_same_answer(width: int) -> None:
    console = Console(file=io.StringIO(), width=width, highlight=False)
    terminal_text.show(lookup("keras.layers.BatchNormalization"), console=console)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "nn.BatchNorm2d(3," in text
    assert "drop-in with these arguments" in text
    assert "epsilon" in text
    side_by_side = "Keras  " in text.splitlines()[0] and "PyTorch" in text.splitlines()[0]
    assert side_by_side == (width == 200)
