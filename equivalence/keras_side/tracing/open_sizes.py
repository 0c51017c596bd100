"""Sizes for the axes that a model's inputs leave open: different ones, but equal where the model adds them up."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import keras
from keras.src import tree

from equivalence.keras_side.tracing.traced_loops import Unrolled

#: Of each axis that is open, in each of the traces: primes, then multiples of 12 and other even ones, then the
#: smallest. Code that asks whether a size is a multiple of something, or more than something, is seen to do other
#: things. None is a sum, product or quotient of another and a constant in all three. Positions are often embedded for a
#: few dozen alone; the last are large, and left out where the code does not take them.
SIZES = (
    (29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73),
    (24, 48, 36, 60, 72, 40, 30, 42, 28, 32, 20, 18),
    (5, 9, 8, 11, 13, 10, 14, 15, 16, 17, 19, 21),
    (1009, 1013, 1019, 1021, 1031, 1033, 1039, 1049, 1051, 1061, 1063, 1069),
)
#: And of the batch.
BATCHES = (7, 12, 3, 64)
#: Batches are tried so many times as large, where the code takes no small ones or parts them into groups.
_GROUPS = (1, 12)
#: Sizes are tried so many times as large, where the code takes no small ones or wants multiples of something.
TIMES = (1, 8, 32, 96, 384)
_HOPELESS = ("KerasTensor cannot be used", "used as a boolean")


class OpenSizes:
    """Which axes that are open have one size, and how large they are."""

    def __init__(self, called_on: Any) -> None:
        tensors = [x for x in tree.flatten(called_on) if x is not None]
        self._axes = [(i, axis) for i, x in enumerate(tensors) for axis, n in enumerate(x.shape[1:]) if n is None]
        self._groups = list(range(len(self._axes)))
        self.times, self.groups = TIMES[0], _GROUPS[0]

    @property
    def chosen(self) -> tuple[int, ...]:
        """How large they are, and which are equal."""
        return (self.times, self.groups, *self._groups)

    @property
    def open(self) -> bool:
        """Whether large ones can be tried: some are open, and small ones are taken."""
        return bool(self._axes) and self.times == TIMES[0]

    def tensors(self, called_on: Any, which: int) -> Any:
        """The structure with a KerasTensor of known shape for each, at the sizes of the `which`-th trace."""
        sizes = iter([self.times * SIZES[which][group % len(SIZES[which])] for group in self._groups])

        def concrete(tensor: Any) -> Any:
            if tensor is None:
                return None
            shape = [BATCHES[which] * self.groups, *(next(sizes) if n is None else n for n in tensor.shape[1:])]
            return keras.KerasTensor(shape, tensor.dtype, name=tensor.name)

        return tree.map_structure(concrete, called_on)

    def found(self, run: Callable[[], Any], which: int) -> Any:
        """What `run` gives at sizes with which it runs. Raises its error where it runs with none that are tried."""
        failure: Exception | None = None
        while True:
            try:
                return run()
            except Unrolled:
                raise  # whatever the sizes
            except Exception as error:
                if self._as_said(error, which):
                    continue
                failure = error if self.times == TIMES[0] else failure or error
                if any(text in str(error) for text in _HOPELESS) or not self._next():
                    raise failure from None

    def _next(self) -> bool:
        """Larger ones; after the largest equal ones at the same place in every tensor; all once more with batches
        that come in groups. False where all were tried."""
        if self._axes and self.times != TIMES[-1]:
            self.times = TIMES[TIMES.index(self.times) + 1]
            return True
        self.times = TIMES[0]
        if self.made_equal():
            return True
        if self.groups == _GROUPS[-1]:
            return False
        self.groups, self._groups = _GROUPS[-1], list(range(len(self._axes)))
        return True

    def made_equal(self) -> bool:
        """Gives the axes at one place in every tensor one size. False where that changes nothing."""
        equal = [axis for _, axis in self._axes]
        before, self._groups = self._groups, equal
        return len(set(equal)) < len(set(before))

    def equal(self) -> list[list[tuple[int, int]]]:
        """The axes of one size, where they are several: which tensor, and which axis of it, the batch's being 0."""
        found = [
            [(i, axis + 1) for (i, axis), of in zip(self._axes, self._groups, strict=True) if of == group]
            for group in dict.fromkeys(self._groups)
        ]
        return [axes for axes in found if len(axes) > 1]

    def places(self) -> list[int]:
        """For each place of an axis in a tensor, the first place that has to be of its size."""
        first = list(range(len(SIZES[0])))
        for group in set(self._groups):
            places = {first[axis] for (_, axis), of in zip(self._axes, self._groups, strict=True) if of == group}
            first = [min(places) if place in places else place for place in first]
        return first

    def _as_said(self, error: Exception, which: int) -> bool:
        """Makes the first two different sizes that an error names equal. False where it names none."""
        text = str(error).partition("Arguments received by")[0]
        known = {self.times * SIZES[which][group]: group for group in set(self._groups)}
        named = list(dict.fromkeys(known[int(n)] for n in re.findall(r"\d+", text) if int(n) in known))
        if len(named) < 2:
            return False
        keep, gone = sorted(named[:2])
        self._groups = [keep if group == gone else group for group in self._groups]
        return True
