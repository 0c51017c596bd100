"""Some hundred mutants of valid files on each run, and configurations that hypothesis makes up."""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hostile_bases import Craft, tiny, with_config
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutants import KINDS, mutant, of_bytes, of_json
from trials import Trials

pytestmark = [pytest.mark.timeout(600), pytest.mark.skipif(os.name != "posix", reason="memory is told by /proc")]
MUTANTS = range(250)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 70) | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def trials() -> Iterator[Trials]:
    with Trials() as made:
        yield made


def test_mutants(trials: Trials) -> None:
    outcomes: Counter[str] = Counter()
    faults = {}
    for number in MUTANTS:
        trial = trials.tried(mutant(number))
        outcomes[trial.outcome] += 1
        if found := trial.faults():
            faults[number] = found
    assert not faults
    assert set(outcomes) == {"refused", "ported"} and min(outcomes.values()) > 10, "both are tried"


def _settings(config: dict[str, Any]) -> list[tuple[dict[str, Any], str]]:
    """Every setting of every layer, with what holds it."""
    return [(layer["config"], key) for layer in config["config"]["layers"] for key in layer["config"]]


@settings(
    max_examples=100, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(which=st.integers(0, 99), value=JSON, more=st.dictionaries(st.text(max_size=12), JSON, max_size=2))
def test_configurations(trials: Trials, which: int, value: Any, more: dict[str, Any]) -> None:
    def change(config: dict[str, Any]) -> None:
        places = _settings(config)
        holder, key = places[which % len(places)]
        holder[key] = value
        holder.update(more)

    trial = trials.tried(Craft({"m.keras": with_config(change)}, "m.keras"))
    assert not trial.faults()


@pytest.mark.parametrize("kind", KINDS)
def test_a_mutant_is_always_the_same(kind: str) -> None:
    make = KINDS[kind][1]
    assert make(random.Random(5)).files == make(random.Random(5)).files


def test_mutations_change_something() -> None:
    content, config = tiny(), json.loads(json.dumps({"a": [1, {"b": 2.5}], "c": "d"}))
    assert sum(of_bytes(content, random.Random(number)) != content for number in range(30)) > 20
    assert sum(of_json(config, random.Random(number)) != config for number in range(30)) > 20
