"""A run that is stopped goes on where it stopped, and its page is written from what it kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from differential import __main__ as command
from differential.campaign import Judged
from differential.outcome import Outcome
from differential.random_models_page import page
from differential.results_file import add_result, read_results
from differential.seed_record import Tally, read_record, tallies

EQUAL = Outcome("equal")
WRONG = Outcome("wrong", "outputs (.keras)", "output: 3 of 4 elements differ")
REFUSED = Outcome("refused", ".keras", "a/model.keras: layer 'x' (Meshgrid): its inputs are no vectors")
RECIPE: dict[str, Any] = {"name": "model", "nodes": [], "inputs": [], "outputs": []}


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Results of four models of two seeds."""
    path = tmp_path / "results" / "models.jsonl"
    outcomes = {1_000_000: EQUAL, 2_000_000: WRONG, 1_000_001: REFUSED, 2_000_001: Outcome("invalid")}
    for seed, outcome in outcomes.items():
        add_result(path, Judged(seed, RECIPE, outcome))
    return path


def test_what_was_kept_is_read(kept: Path) -> None:
    found = read_results(kept).judged
    assert {seed: each.outcome.kind for seed, each in found.items()} == {
        1_000_000: "equal", 2_000_000: "wrong", 1_000_001: "refused", 2_000_001: "invalid"
    }  # fmt: skip
    assert found[2_000_000] == Judged(2_000_000, RECIPE, WRONG)
    assert found[1_000_000].recipe is None, "drawn again from its seed"


def test_a_line_that_was_cut_short_is_lost_alone(kept: Path) -> None:
    with kept.open("a") as file:
        file.write('{"seed": 7, "outco')
    before = read_results(kept).judged
    assert len(before) == 4
    add_result(kept, Judged(8, RECIPE, EQUAL))
    assert read_results(kept).judged.keys() == before.keys() | {8}


def test_what_failed_is_judged_again_and_what_did_not_is_not(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[int, Any] = {}

    def judged_again(seeds: Any, recipes: Any) -> Any:
        for seed in seeds:
            asked[seed] = recipes.get(seed)
            yield Judged(seed, RECIPE, EQUAL)

    monkeypatch.setattr(command, "campaign", judged_again)
    options = ["--seed", "1", "2", "--models", "6", "--jobs", "1", "--resume", str(kept)]
    assert command.main(options) == 0
    assert asked == {2_000_000: RECIPE, 1_000_002: None, 2_000_002: None}
    results = read_results(kept)
    assert len(results.judged) == 6 and results.mended == {2_000_000}
    asked.clear()
    assert command.main(options) == 0 and not asked


def test_seeds_take_turns() -> None:
    assert command.seeds_of([3, 5], 5) == [3_000_000, 5_000_000, 3_000_001, 5_000_001, 3_000_002]


def of(path: Path) -> dict[int, Tally]:
    return tallies(read_results(path), command.STRIDE)


def test_the_page_tells_how_many_became_what_and_why(kept: Path) -> None:
    text = page(of(kept))
    assert "4 models were drawn" in text and "run 1 of them" in text
    assert "| wrong | 1 | 33.33 |" in text and "| refused | 1 | 33.33 |" in text
    assert "- wrong, `--only 2000000`, outputs (.keras): output: N of N elements differ" in text
    assert "| 1 | PATH layer NAME (Meshgrid): its inputs are no vectors |" in text
    assert "| 1 | 2 | 1 | 1 | 0 |" in text and "| 2 | 2 | 0 | 0 | 1 |" in text and "mended" not in text
    add_result(kept, Judged(2_000_000, RECIPE, EQUAL))
    text = page(of(kept))
    assert "| wrong | 0 | 0.00 |" in text and "1 of these failed at first, were mended" in text


def test_the_seeds_of_a_file_take_the_place_of_those_of_the_record(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record, other = kept.with_name("record.json"), kept.with_name("other.jsonl")
    monkeypatch.setattr(command, "RECORD", record)
    monkeypatch.setattr(command, "PAGE", record.with_suffix(".md"))
    for seed in (2_000_000, 3_000_000):
        add_result(other, Judged(seed, RECIPE, REFUSED))
    for path in (kept, other):
        command.main(["--models", "0", "--record", "--resume", str(path)])
    assert read_record(record) == {1: of(kept)[1], 2: of(other)[2], 3: of(other)[3]}
    assert "4 models were drawn" in record.with_suffix(".md").read_text("utf-8")


def test_a_page_needs_the_file_that_it_is_of(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["--record", "--models", "0"])
    assert "--resume FILE" in capsys.readouterr().err


def test_every_line_says_when_and_with_what(kept: Path) -> None:
    lines = [json.loads(line) for line in kept.read_text("utf-8").splitlines()]
    assert all(line["date"] and line["versions"].startswith("keras 3.") for line in lines)
