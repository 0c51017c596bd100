"""A question that is one name or one call, with words around it that name nothing, is answered as that is."""

from __future__ import annotations

import pytest

from equivalence.looking_up import find
from equivalence.search.asked_alone import alone


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("nn.Linear(784, 10) in keras", "nn.Linear(784, 10)"),
        ("how do I write nn.ModuleList in tensorflow?", "nn.ModuleList"),
        ("keras Conv2D(64, (3, 3), padding='same') pytorch equivalent", "Conv2D(64, (3, 3), padding='same')"),
        ("what is F.pad(x, (1, 1)) in keras", "F.pad(x, (1, 1))"),
        ("layers.Lambda(lambda x: x ** 2) in torch", "layers.Lambda(lambda x: x ** 2)"),
        ('nn.Conv2d(3, 8, 3, padding=")") keras', 'nn.Conv2d(3, 8, 3, padding=")")'),
        ("MaxPool2d to keras", "MaxPool2d"),
    ],
)
def test_what_stands_alone(query: str, name: str) -> None:
    assert alone(query) == name


@pytest.mark.parametrize(
    "query",
    [
        "nn.Linear", "nn.Linear(3, 4)", "nn.Linear bias initialisation keras", "dropout in keras",
        "nn.Linear(784 in keras",
        "Conv2D and BatchNorm2d in torch", "what is it", "nn.Conv2d(3, 64, 3) gives another shape in keras", "",
    ],
)  # fmt: skip
def test_what_is_more_or_nothing_but_the_name(query: str) -> None:
    assert alone(query) is None


def test_a_call_between_words_is_translated_as_this_call() -> None:
    found = find("tf.keras.layers.Conv2D(64, 3, strides=2) pytorch equivalent")
    assert found.match == "exact"
    assert found.results[0]["translation"]["forms"][0]["torch"] == [
        "nn.Conv2d(in_channels, 64, kernel_size=3, stride=2)(inputs)"
    ]
    assert (
        find("how do I write nn.Linear(784, 10) in keras?").results[0]["code"]["keras"] == "keras.layers.Dense(10)(x)"
    )


def test_a_torch_name_without_counterpart_is_answered_with_what_to_do() -> None:
    first = find("keras equivalent of pack_padded_sequence").results[0]
    assert first["verdict"] == "no counterpart"
    assert "keras.layers.Masking" in first["no_counterpart"]
