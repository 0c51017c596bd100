"""All mutants: every mistake by itself, and two independent ones in one module."""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from benchmarks.mutation_bench import (
    mistakes_in_images,
    mistakes_in_more_images,
    mistakes_in_sequences,
    mistakes_in_training,
    mistakes_in_twins,
    mistakes_in_weights,
)
from benchmarks.mutation_bench.injected_mistakes import Mistake

#: Kinds that leave no second mistake to see: the rest of a module runs on another number of positions, or cancels out.
_ALONE = (
    "conv-padding",
    "conv-stride-elsewhere",
    "pool-ceil",
    "pool-window",
    "pool-padding",
    "steps-for-batch",
    "input-twice",
)


@dataclass(frozen=True, slots=True)
class Mutant:
    """A pair with mistakes: one, two, or none, as it is; `weights` as `check` takes it."""

    mistakes: tuple[Mistake, ...]
    weights: str  # "given" or "transfer"
    pair: str
    training: bool = False  # also without mistakes of training

    @property
    def train(self) -> bool:
        """Whether the check is to look at training too."""
        return self.training or any(mistake.of_kind.train for mistake in self.mistakes)

    @property
    def name(self) -> str:
        """`pair/kind@place`, for two `pair/kind@place+kind@place`; for none the pair's."""
        if not self.mistakes:
            return f"{self.pair} in training" if self.training else self.pair
        return "+".join((self.mistakes[0].name, *(m.name.partition("/")[2] for m in self.mistakes[1:])))


MISTAKES: tuple[Mistake, ...] = (
    *mistakes_in_images.MISTAKES,
    *mistakes_in_more_images.MISTAKES,
    *mistakes_in_sequences.MISTAKES,
    *mistakes_in_weights.MISTAKES,
    *mistakes_in_training.MISTAKES,
    *mistakes_in_twins.MISTAKES,
)


def single() -> Iterator[Mutant]:
    """Each mistake by itself; every other one that lies in no weight with weights that `check` is to carry."""
    for mistake in MISTAKES:
        carried = mistake.of_kind.mode == "any" and zlib.crc32(mistake.name.encode()) % 2
        yield Mutant((mistake,), "transfer" if carried else "given", mistake.pair)


@cache
def double(count: int = 90, seed: int = 0) -> tuple[Mutant, ...]:
    """Two mistakes each, of other kinds and in other layers of one pair; the same for the same seed.

    Each mistake stands in about as many of them, as far as its pair has others that are independent of it.
    """
    drawn = random.Random(seed)
    by_pair: dict[str, list[Mistake]] = {}
    for mistake in MISTAKES:
        if mistake.kind not in _ALONE:
            by_pair.setdefault(mistake.pair, []).append(mistake)
    found: dict[str, Mutant] = {}
    names = sorted(by_pair)
    while len(found) < count:
        pair = names[drawn.randrange(len(names))]
        one, other = drawn.sample(by_pair[pair], 2)
        if _independent(one, other):
            mutant = Mutant((one, other), "given", pair)
            found.setdefault(mutant.name, mutant)
    return tuple(found.values())


def _independent(one: Mistake, other: Mistake) -> bool:
    """Whether both may be made at once: in other layers, of other kinds, in pieces of source that do not overlap."""
    if one.kind == other.kind or set(one.layers) & set(other.layers) or one.of_kind.train != other.of_kind.train:
        return False
    return not any(_touch(old, text) for old, _ in one.edits for text, _ in other.edits)


def _touch(one: str, other: str) -> bool:
    """Whether two pieces of a source share text, or the end of one may be the beginning of the other."""
    return one in other or other in one or any(one[-n:] == other[:n] or other[-n:] == one[:n] for n in range(4, 12))


def chosen(mutants: Sequence[Mutant], only: str = "") -> list[Mutant]:
    """Those whose name the regular expression finds."""
    return [mutant for mutant in mutants if re.search(only, mutant.name)]
