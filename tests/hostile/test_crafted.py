"""Hundreds of crafted files: each is ported or refused in one sentence, soon, in little memory; nothing of it runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import crafted_archives
import crafted_headers
import crafted_sizes
import crafted_texts
import crafted_texts_of_any_length
import crafted_trees
import pytest
from hostile_bases import DENSE, Craft, dense, legacy, small_model, tiny
from hostile_figures import PAGE, page, record, table
from trials import LONGEST, MEMORY, Trial, Trials

pytestmark = [pytest.mark.timeout(600), pytest.mark.skipif(os.name != "posix", reason="memory is told by /proc")]
FAMILIES = {
    module.__name__: module.crafts
    for module in (
        crafted_archives,
        crafted_headers,
        crafted_sizes,
        crafted_texts,
        crafted_texts_of_any_length,
        crafted_trees,
    )
}


@pytest.fixture(scope="module")
def trials() -> Iterator[Trials]:
    with Trials() as made:
        yield made


@pytest.mark.parametrize("family", FAMILIES)
def test_crafted_files(family: str, trials: Trials) -> None:
    crafts: Callable[[], Iterator[tuple[str, Craft]]] = FAMILIES[family]
    faults, names = {}, set()
    for name, craft in crafts():
        assert name not in names, f"two crafts named {name}"
        names.add(name)
        if found := trials.tried(craft).faults(craft.says):
            faults[name] = found
    assert not faults
    assert record()["crafted"][family] == len(names), "renew the figures: python -m hostile_figures"


def test_the_figures_are_those_of_the_record() -> None:
    text = PAGE.read_text()
    assert set(FAMILIES) == set(record()["crafted"])
    assert page(text, table(record())) == text


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(tiny, id="tiny"),
        pytest.param(legacy, id="keras-2"),
        pytest.param(lambda: small_model([dense()], DENSE), id="small"),
    ],
)
def test_what_they_are_made_of_is_ported(content: Callable[[], bytes], trials: Trials) -> None:
    file = content()
    name = "m.keras" if file.startswith(b"PK") else "m.h5"
    trial = trials.tried(Craft({name: file}, name))
    assert trial.outcome == "ported" and not trial.faults()


@pytest.mark.parametrize(
    ("trial", "says", "fault"),
    [
        (Trial("failed", "Traceback"), None, "failed: Traceback"),
        (Trial("hung", "no answer"), None, "hung: no answer"),
        (Trial("refused", "m.keras: a\x1b[31m"), None, "no sentence"),
        (Trial("refused", "a\n\nb"), None, "no sentence"),
        (Trial("refused", "m.keras is odd"), "even", "should say 'even'"),
        (Trial("ported", "class M"), "even", "should say 'even'"),
        (Trial("ported", "", seconds=LONGEST + 1), None, "took 11.0 s"),
        (Trial("ported", "", memory=MEMORY + (2 << 20), size=1 << 20), None, "took 502 MB for 1 MB"),
        (Trial("ported", "", events=("os.system ('x')",)), None, "asked for os.system"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_fault_is_seen(trial: Trial, says: str | None, fault: str) -> None:
    assert any(fault in found for found in trial.faults(says))
