"""Messages of errors: each is raised by its wrong lines and not by its right ones, and finds its guide."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator

import numpy as np
import pytest
import torch
import torch.nn.functional
from torch import nn

from equivalence import catalogue
from equivalence.catalogue.index import Index
from equivalence.render import plain_text
from equivalence.schema import Guide, Message
from equivalence.search.finding import find
from equivalence.search.messages import heard, numbered, spelled
from equivalence.search.word_index import WordIndex, build
from equivalence.search.words import ranked

MESSAGES = [(guide, place) for guide in catalogue.every_guide().values() for place in range(len(guide.messages))]
each_message = pytest.mark.parametrize(
    ("guide", "place"), MESSAGES, ids=[f"{guide.id}-{place}" for guide, place in MESSAGES]
)


@pytest.fixture(scope="module")
def said() -> WordIndex:
    return WordIndex(build(catalogue.entries(), catalogue.every_guide().values()))


def raised(lines: str) -> str:
    """What running the lines says, as an error or a warning; "" where nothing is said."""
    names = {"torch": torch, "nn": nn, "F": torch.nn.functional, "np": np}
    if "keras" in lines or "layers" in lines:
        import keras

        names |= {"keras": keras, "layers": keras.layers}
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        warnings.filterwarnings("error", message="Using a target size")
        try:
            exec(lines, names)
        except Exception as error:
            return str(error)
    return ""


@each_message
def test_wrong_lines_raise_the_message_and_right_ones_nothing(guide: Guide, place: int) -> None:
    message = guide.messages[place]
    said = raised(message.wrong)
    assert heard(said, [("this", spelled(message.text))]) == "this", said
    assert raised(message.right) == ""


def forms(message: Message) -> Iterator[str]:
    for text in (message.text, *message.heard):
        yield text
        yield f"RuntimeError: {text} when I train my model"


@each_message
def test_a_message_finds_its_guide_and_itself_between_other_words(guide: Guide, place: int, said: WordIndex) -> None:
    for text in forms(guide.messages[place]):
        asked = text.replace("…", "'x'")
        assert ranked(asked, Index(), said)[0].key == f"guide:{guide.id}", text
        found = heard(asked, numbered(guide))
        assert found is not None
        assert guide.messages[int(found)].says == guide.messages[place].says, text


@pytest.mark.parametrize(
    "pasted",
    [
        "RuntimeError: The size of tensor a (7) must match",
        "ValueError: A `Concatenate` layer requires inputs",
        "RuntimeError: one of the variables needed for gradient",
    ],
)
def test_the_beginning_of_a_message_is_enough(pasted: str) -> None:
    guides = catalogue.every_guide().values()
    assert heard(pasted, [row for guide in guides for row in numbered(guide)]) is not None


def test_the_answer_begins_with_the_message_that_was_asked_for() -> None:
    first = find("IndexError: Target 7 is out of bounds.").results[0]
    assert (first["guide"], first["keras"]) == ("targets-do-not-fit", "keras.losses.SparseCategoricalCrossentropy")
    lines = plain_text.text([first]).splitlines()
    shown = lines[lines.index("What the message says") :][:6]
    assert shown[0:2] == ["What the message says", "  Target 10 is out of bounds."]
    assert shown[3:5] == [
        "    wrong  nn.CrossEntropyLoss()(torch.randn(4, 10), torch.tensor([1, 2, 3, 10]))",
        "    right  nn.CrossEntropyLoss()(torch.randn(4, 10), torch.tensor([1, 2, 3, 10]) - 1)",
    ]


@pytest.mark.parametrize(
    "query", ["size of a tensor", "input shape", "must be the same", "expected input", "labels", "RuntimeError"]
)
def test_a_few_words_of_every_day_are_no_message(query: str) -> None:
    guides = catalogue.every_guide().values()
    assert heard(query, [row for guide in guides for row in numbered(guide)]) is None
