"""What of a question says that somebody sees something wrong."""

from __future__ import annotations

import pytest

from equivalence.search.symptoms import symptoms


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("max pooling with stride 2", 0),
        ("change the shape of a tensor", 0),
        ("the predictions change when I pad", 1),
        ("accuracy lower after conversion", 3),
        ("it doesn’t learn", 1),
        ("same weights but other results", 2),  # a word of a phrase counts for it alone
        ("deviating, fluctuates, unexpectedly", 3),
        ("too many units", 1),
        ("", 0),
    ],
)
def test_words_and_phrases_of_symptoms_are_counted(text: str, count: int) -> None:
    assert symptoms(text) == count
