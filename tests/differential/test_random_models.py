"""Random models out of all entries: none wrong, raw or broken; and the harness sees what is."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from differential.campaign import Judged, campaign
from differential.drawing import draw_recipe
from differential.judging import Judge
from differential.outcome import FAILURES, Outcome
from differential.shrinking import shrunk
from equivalence.verification.ported import Ported

MODELS = 200
FOUND = sorted((Path(__file__).parent / "found").glob("*.json"))
#: Dense on 5 numbers, doubled, and beside it their sum with 1.
SMALL: dict[str, Any] = {
    "name": "small",
    "nodes": [
        {"id": 0, "kind": "input", "shape": [5], "dtype": "float32", "draw": "normal"},
        {
            "id": 1,
            "kind": "layer",
            "keras": "keras.layers.Dense",
            "config": {"units": 5},
            "call": {},
            "inputs": ["0.0"],
        },
        {"id": 2, "kind": "layer", "keras": "keras.layers.ReLU", "config": {}, "call": {}, "inputs": ["1.0"]},
        {"id": 3, "kind": "layer", "keras": "keras.layers.Add", "config": {}, "call": {}, "inputs": ["0.0", "1.0"]},
    ],
    "inputs": "0.0",
    "outputs": ["2.0", "3.0"],
}
#: Words whose mask an LSTM heeds.
MASKED: dict[str, Any] = {
    "name": "masked",
    "nodes": [
        {"id": 0, "kind": "input", "shape": [7, 2], "dtype": "float32", "draw": "ids:2"},
        {"id": 1, "kind": "layer", "keras": "keras.layers.Masking", "config": {}, "call": {}, "inputs": ["0.0"]},
        {"id": 2, "kind": "layer", "keras": "keras.layers.LSTM", "config": {"units": 3}, "call": {}, "inputs": ["1.0"]},
    ],
    "inputs": "0.0",
    "outputs": "2.0",
}


@pytest.fixture(scope="module")
def judging() -> Iterator[Judge]:
    with Judge() as made:
        yield made


def test_no_random_model_is_wrong_raw_or_broken() -> None:
    judged: list[Judged] = list(campaign(range(MODELS)))
    failed = [f"--only {each.seed}: {each.outcome.message}" for each in judged if each.outcome.kind in FAILURES]
    assert not failed
    counts = Counter(each.outcome.kind for each in judged)
    assert counts["equal"] > MODELS / 2 and counts["invalid"] < MODELS / 4, counts


@pytest.fixture(scope="module")
def once_wrong() -> dict[int, Outcome]:
    """What becomes today of each recipe that was kept, by its seed."""
    kept = [json.loads(path.read_text("utf-8")) for path in FOUND]
    recipes = {each["seed"]: each["recipe"] for each in kept}
    assert len(recipes) == len(FOUND)
    return {each.seed: each.outcome for each in campaign(recipes, recipes)}


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.stem)
def test_what_was_wrong_once_is_right(path: Path, once_wrong: dict[int, Outcome]) -> None:
    outcome = once_wrong[int(path.stem.rpartition("_")[2])]
    assert outcome.kind not in FAILURES, outcome.message


def test_a_seed_gives_the_same_model_every_time() -> None:
    assert draw_recipe(7) == draw_recipe(7)
    assert draw_recipe(7) != draw_recipe(8)


def test_what_is_right_is_equal(judging: Judge) -> None:
    for recipe in (SMALL, MASKED):
        assert judging.judge(recipe, 0).kind == "equal"


def _weight_moved(ported: Ported) -> Ported:
    with torch.no_grad():
        next(ported.module.parameters()).view(-1)[0] += 2**-10
    return ported


def _rewritten(old: str, new: str) -> Any:
    def change(ported: Ported) -> Ported:
        assert old in ported.source
        return dataclasses.replace(ported, source=ported.source.replace(old, new))

    return change


WRONG = {
    "a-weight": (SMALL, _weight_moved),
    "outputs-exchanged": (SMALL, _rewritten("return (x, add)", "return (add, x)")),
    "a-mask-turned-round": (MASKED, _rewritten("(~mask).argsort", "mask.argsort")),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_a_port_that_is_wrong_is_seen(mistake: str, judging: Judge) -> None:
    recipe, alter = WRONG[mistake]
    assert judging.judge(recipe, 0, alter=alter).kind == "wrong"


def test_a_failure_is_shrunk_to_what_fails() -> None:
    def fails(recipe: dict[str, Any]) -> bool:
        return any(node.get("keras") == "keras.layers.ReLU" for node in recipe["nodes"])

    smallest = shrunk(SMALL, fails)
    assert [node["kind"] for node in smallest["nodes"]] == ["input", "layer"] and fails(smallest)


def test_the_command_names_what_became_of_a_model() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "differential", "--only", "1", "--jobs", "1", "--json"], capture_output=True, text=True
    )
    (told,) = json.loads(done.stdout)
    assert told["seed"] == 1 and done.returncode == int(told["outcome"]["kind"] in FAILURES)
    assert told["recipe"] == draw_recipe(1)


def test_a_port_of_a_random_model_loads_in_a_process_of_its_own(judging: Judge) -> None:
    for seed in range(4):
        assert judging.judge(draw_recipe(seed), seed, fresh=True).kind not in FAILURES
