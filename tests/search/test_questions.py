"""Questions in people's own words: how many are answered first, and how many among the first three."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from equivalence import catalogue
from equivalence.catalogue.index import Index
from equivalence.search.finding import find, resolved
from equivalence.search.thesaurus import others
from equivalence.search.word_index import PATH, TABLES, WordIndex, build, read, wordings
from equivalence.search.words import ranked

QUESTIONS = [json.loads(line) for line in (Path(__file__).parent / "questions.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def said() -> WordIndex:
    return WordIndex(build(catalogue.entries(), catalogue.every_guide().values()))


def test_what_is_right_can_be_found() -> None:
    known = {entry.keras for entry in catalogue.entries()} | {f"guide:{name}" for name in catalogue.every_guide()}
    assert all(known & set(question["right"]) for question in QUESTIONS)


def test_questions_are_answered_first_and_among_the_first_three(said: WordIndex) -> None:
    index = Index()
    found = {question["q"]: resolved(index, question["q"], lambda: said)[1][:3] for question in QUESTIONS}
    first = [q["q"] for q in QUESTIONS if found[q["q"]][:1] and found[q["q"]][0] in q["right"]]
    three = [q["q"] for q in QUESTIONS if set(found[q["q"]]) & set(q["right"])]
    assert len(first) >= 0.85 * len(QUESTIONS), sorted({q["q"] for q in QUESTIONS} - set(first))
    assert len(three) >= 0.95 * len(QUESTIONS), sorted({q["q"] for q in QUESTIONS} - set(three))


@pytest.mark.parametrize("what", ["colourless green ideas", "the of and", "zebra quagga okapi"])
def test_words_of_something_else_find_nothing(what: str) -> None:
    assert find(what)[:2] == (None, [])


def test_wordings_are_of_entries_that_there_are() -> None:
    assert wordings().keys() <= {entry.keras for entry in catalogue.entries()}


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("nesterov adam", "keras.optimizers.Nadam"),
        ("x times sigmoid of x", "keras.activations.silu"),
    ],
)
def test_what_meets_the_whole_question_comes_before_a_name_in_it(question: str, first: str, said: WordIndex) -> None:
    assert ranked(question, Index(), said)[0].key == first


def test_a_normalisation_is_not_the_normal_distribution(said: WordIndex) -> None:
    assert said.stems("normalization") == said.stems("normalise") == said.stems("normalized")
    assert said.stems("normalization").isdisjoint(said.stems("normal"))


@pytest.mark.parametrize(("word", "alike"), [("picture", "image"), ("halted", "stop"), ("zebra", None)])
def test_words_of_every_day_stand_for_each_other(word: str, alike: str | None, said: WordIndex) -> None:
    found = others([word], said.stems)[word]
    assert alike in found if alike else found == []


def test_another_library_s_name_is_an_alias() -> None:
    found = find("np.newaxis")
    assert (found.match, [result["keras"] for result in found.results]) == ("alias", ["keras.ops.expand_dims"])


def test_a_misspelt_word_is_read_as_the_one_it_is_nearly(said: WordIndex) -> None:
    index = Index()
    for wrong, right in (
        ("globl avrage poolng", "global average pooling"),
        ("batch nromalization", "batch normalization"),
    ):
        assert ranked(wrong, index, said)[0].key == ranked(right, index, said)[0].key


def test_rows_are_of_the_tables_and_come_back_as_they_were_written(tmp_path: Path) -> None:
    rows = build(catalogue.entries()[:5], [])
    from equivalence.search.word_index import text

    file = tmp_path / "words.json"
    file.write_text(text(rows), "utf-8")
    assert {name: [tuple(row) for row in listed] for name, listed in read(str(file)).items()} == rows
    assert set(TABLES) <= rows.keys()


def test_a_question_loads_only_the_entries_that_answer_it() -> None:
    if not Path(PATH).exists():
        pytest.skip("words.json is written by `make docs`")
    code = "import sys; from equivalence.looking_up import find; find('depthwise multiplier'); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert loaded.isdisjoint({"numpy", "torch", "keras", "rich"})
    assert "apsw" in loaded
    assert "equivalence.catalogue.convolution.depthwise" in loaded
    assert "equivalence.catalogue.attention.multi_head" not in loaded
