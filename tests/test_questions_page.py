"""The page of twenty questions: as many, each answered first by what its author meant."""

from __future__ import annotations

import pytest

from equivalence.looking_up import find
from scripts import questions_page
from scripts.questions_page import QUESTIONS


def test_there_are_twenty_answers() -> None:
    page = questions_page.PATH.read_text("utf-8")
    assert len(QUESTIONS) == page.count("\n## ") == page.count("\n$ equivalence lookup ") == 20


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_is_answered_first_by_what_was_meant(question: str) -> None:
    first = find(question).results[0]
    assert QUESTIONS[question] in (first.get("guide"), first.get("keras"), *first.get("keras_symbols", ()))


def test_a_question_that_nothing_answers_is_no_page() -> None:
    with pytest.raises(LookupError, match="zebra quagga okapi"):
        questions_page.answer("zebra quagga okapi")
