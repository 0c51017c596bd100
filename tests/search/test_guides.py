"""Guides: every suspect is a difference that was measured, and every wording of a symptom finds its guide."""

from __future__ import annotations

import argparse

import pytest

from equivalence import catalogue
from equivalence.catalogue.index import Index
from equivalence.commands import check_command, prove_command
from equivalence.render import answer, plain_text
from equivalence.render.guide_fields import guide_record
from equivalence.schema import Guide, Suspect
from equivalence.search.finding import find
from equivalence.search.names import GUIDE
from equivalence.search.word_index import WordIndex, build
from equivalence.search.words import ranked

GUIDES = [*catalogue.every_guide().values()]
each_guide = pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.id)


@pytest.fixture(scope="module")
def index() -> Index:
    return Index()


@pytest.fixture(scope="module")
def said() -> WordIndex:
    return WordIndex(build(catalogue.entries(), GUIDES))


@each_guide
def test_every_suspect_is_a_difference_with_a_measured_effect(guide: Guide, index: Index) -> None:
    found = guide_record(guide, index.entry)
    assert [each["seen"] for each in found["suspects"]] == [each.seen for each in guide.suspects]
    assert len({each.difference for each in guide.suspects}) == len(guide.suspects)
    assert len(guide.suspects) >= 3 or guide.messages
    for suspect in found["suspects"]:
        assert suspect["difference"]["apart"] is not None, suspect["difference"]["id"]


@each_guide
def test_the_command_is_one_that_there_is(guide: Guide) -> None:
    """It is parsed as the command line parses it; what is seen in training alone asks for `--train`."""
    program, *arguments = guide.command.split()
    verbs = argparse.ArgumentParser().add_subparsers()
    for command in (check_command, prove_command):
        command.add(verbs)
    assert program == "equivalence"
    parsed = verbs.choices[arguments[0]].parse_args(arguments[1:])
    seen_in = {each["difference"]["seen_in"] for each in guide_record(guide, Index().entry)["suspects"]}
    assert arguments[0] == "prove" or parsed.train or "forward" in seen_in or not seen_in


@pytest.mark.parametrize(("guide", "wording"), [(g, w) for g in GUIDES for w in (g.title, *g.asked)])
def test_every_wording_finds_its_guide(guide: Guide, wording: str, index: Index, said: WordIndex) -> None:
    found = [hit.key for hit in ranked(wording, index, said)][:3]
    assert f"{GUIDE}{guide.id}" in found


def test_a_suspect_that_is_none_is_told(index: Index) -> None:
    guide = GUIDES[0]._replace(suspects=(Suspect("keras.layers.Dense#no-such", "nothing"),))
    with pytest.raises(LookupError, match=r"keras\.layers\.Dense states no difference 'no-such'"):
        guide_record(guide, index.entry)


@each_guide
def test_a_guide_fits_a_page_with_all_its_suspects(guide: Guide, index: Index) -> None:
    lines = plain_text.text([guide_record(guide, index.entry)]).splitlines()
    assert len(lines) <= answer.MOST
    assert lines[0] == guide.title
    text = "\n".join(lines)
    assert all(each.difference in text for each in guide.suspects)
    assert guide.command in text


def test_a_symptom_is_answered_by_a_guide() -> None:
    found = find("accuracy lower after conversion")
    assert found.match == "words"
    first = found.results[0]
    assert (first["kind"], first["guide"]) == ("guide", "lower-accuracy")
    assert first["suspects"][0]["difference"]["id"] == "left-in-training"
    assert first["suspects"][0]["difference"]["apart"] > 1e-6
