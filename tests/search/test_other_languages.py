"""Questions in German and in Chinese are read as English ones; English ones stay as they are."""

from __future__ import annotations

import pytest

from equivalence.catalogue.index import Index
from equivalence.search.finding import find
from equivalence.search.other_languages import in_english
from equivalence.search.words import ranked
from tests.search.word_rows import said_of_all


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("Faltungsschicht padding same", "convolution layer padding same"),
        ("Modelle speichern", "model save"),
        ("zufällige Bilder", "random image"),
        ("mittlerer quadratischer Fehler", "mean squared error"),
        ("双向LSTM", "bidirectional LSTM"),
        ("全局平均池化", "global average pooling"),
    ],
)
def test_words_and_compounds_are_read(text: str, english: str) -> None:
    assert in_english(text).split() == english.split()


@pytest.mark.parametrize(
    "text",
    ["was the rate of the last texts wrong", "neurons die", "clip gradients by norm", "naïve softmax", "Dense in den"],
)
def test_english_stays_as_it_is(text: str) -> None:
    assert in_english(text) == text


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("Genauigkeit schlechter nach der Konvertierung", "guide:lower-accuracy"),
        ("Lernrate senken, wenn der Verlust nicht sinkt", "keras.callbacks.ReduceLROnPlateau"),
        ("批归一化", "keras.layers.BatchNormalization"),
    ],
)
def test_questions_are_answered(question: str, first: str) -> None:
    assert ranked(question, Index(), said_of_all())[0].key == first


@pytest.mark.parametrize(
    ("name", "keras"), [("GMP1D", "keras.layers.GlobalMaxPooling1D"), ("dwconv2d", "keras.layers.DepthwiseConv2D")]
)
def test_abbreviations_are_names(name: str, keras: str) -> None:
    assert find(name).results[0]["keras"] == keras
