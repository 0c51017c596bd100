"""A refusal of what somebody's own code does names that code's file and line, and is one sentence."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import keras
import pytest
import tensorflow as tf
from keras import layers, ops

from equivalence import port
from equivalence.errors import Refused


def raises(x: Any) -> Any:
    raise KeyError("vocabulary")


def returns_text(x: Any) -> Any:
    return "x"


def returns_nothing_beside(x: Any) -> Any:
    return x, None


def counts(x: Any) -> Any:
    for _ in range(1 + x.shape[0] % 5):
        x = x * 2.0
    return x


def draws(x: Any) -> Any:
    return x * random.random()


def asks_numbers(x: Any) -> Any:
    return x if ops.sum(x) > 0 else -x


def unknown(x: Any) -> Any:
    return tf.strings.as_string(x)


class Own(layers.Layer):
    def __init__(self, function: Any) -> None:
        super().__init__()
        self.function = function

    def call(self, x: Any) -> Any:
        return self.function(x)


class Around(keras.Model):
    def __init__(self, function: Any) -> None:
        super().__init__()
        self.own = Own(function)

    def call(self, x: Any) -> Any:
        return self.own(x)


FUNCTIONS = (raises, returns_text, returns_nothing_beside, counts, draws, asks_numbers, unknown)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_the_line_is_named(function: Any) -> None:
    with pytest.raises(Refused) as refused:
        port(Around(function), inputs=keras.Input((4,)))
    said = str(refused.value)
    line = re.search(r"([^ ('\"]*\.py), line (\d+)", said)
    assert line is not None, said
    assert Path(line[1]).resolve() == Path(__file__).resolve()
    assert 0 < int(line[2]) < 64
    assert "\n" not in said
    assert "\\x1b" not in said
