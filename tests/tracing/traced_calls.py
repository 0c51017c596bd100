"""Models whose call is a function, and their ports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from test_written_models import randomised

from equivalence import Ported, port


class Own(keras.Model):
    """A model whose call is a function."""

    def __init__(self, function: Callable[..., Any], inputs: list[Any], **held: Any) -> None:
        super().__init__()
        self.function, self.says = function, inputs
        for name, value in held.items():
            setattr(self, name, value)

    def call(self, x: Any) -> Any:
        return self.function(self, *(x if isinstance(x, (list, tuple)) else [x]))


def calling(function: Callable[..., Any], *shapes: tuple[int | None, ...], dtype: str = "float32", **held: Any) -> Own:
    inputs = [keras.Input(shape, dtype=dtype) for shape in shapes]
    model = Own(function, inputs, **held)
    given = [np.zeros((2, *(8 if n is None else n for n in shape)), dtype) for shape in shapes]
    model(given if len(given) > 1 else given[0])
    return model


def ported(model: Any) -> Ported:
    inputs = getattr(model, "says", None)
    return port(model, inputs=inputs if inputs is None or len(inputs) > 1 else inputs[0])


def equal(model: Any) -> Ported:
    """The port of a model that is equal to it in float64, at other sizes than those that were traced."""
    made = ported(randomised(model))
    assert made.report.verified, made.report.because
    assert made.report.float64 is not None
    assert made.report.float64["max_rel"] <= 1e-12
    return made
