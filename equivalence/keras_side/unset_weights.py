"""Models built without drawing the numbers that their weights begin with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import keras
from keras.src.initializers import random_initializers

#: Older releases have no class for those that draw.
_RANDOM: type[Any] = getattr(random_initializers, "RandomInitializer", random_initializers.Initializer)


@contextmanager
def unset_weights() -> Iterator[None]:
    """While this lasts, weights that would begin with random numbers begin with zeros.

    For models whose weights are all set next, from a file or another model: to draw them takes as long as all else
    in a small model, and decomposes a matrix for each recurrent kernel.
    """
    with ExitStack() as patches:
        for initializer in _drawing(_RANDOM):
            patches.enter_context(patch.object(initializer, "__call__", _zeros))
        yield


def _drawing(initializer: type[Any]) -> Iterator[type[Any]]:
    """The initializers of Keras's own, this one among them, that say how they draw."""
    if "__call__" in vars(initializer) and initializer.__module__.startswith("keras."):
        yield initializer
    for inheriting in initializer.__subclasses__():
        yield from _drawing(inheriting)


def _zeros(self: Any, shape: Any, dtype: Any = None, **options: Any) -> Any:
    return keras.ops.zeros(shape, dtype or keras.config.floatx())
