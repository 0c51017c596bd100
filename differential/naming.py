"""Names that a model may bear and an emitted file would rather have for itself."""

from __future__ import annotations

import builtins
import keyword
import random
import re
from functools import cache

from equivalence.catalogue import modules
from equivalence.emit.taken_names import IMPORTED
from equivalence.translation.python_text import RESERVED

#: What no table has: characters that Python does not allow in a name, and names made of made names.
ODD = ["a.b", "a b", "a_2", "a_2_2", "1st", "-", "_", "__init__", "äöü", "it's", 'say "x"', "x_mask", "mask", "model",
       "Model", "inputs", "layer_self", "layers", "y", "x_2", "case", "a\nb", "{x}", "%s", "\\"]  # fmt: skip


@cache
def _names() -> list[str]:
    found = {*IMPORTED, *RESERVED, *keyword.kwlist, *(name for name in dir(builtins) if name.islower()), *ODD}
    return sorted(found | _helpers())


@cache
def _helpers() -> set[str]:
    """Names of the functions and classes that the catalogue writes into emitted files."""
    found: set[str] = set()
    for module in modules():
        for value in vars(module).values():
            if isinstance(value, str):
                found.update(re.findall(r"^(?:def|class) (\w+)", value, re.MULTILINE))
    return found


def draw_name(rng: random.Random, taken: set[str]) -> str:
    """A name that the model has not given yet; helpers of emitted files come up most."""
    pool = sorted(_helpers()) if rng.random() < 0.4 else _names()
    name = rng.choice(pool)
    while name in taken:
        name += rng.choice("_2x")
    taken.add(name)
    return name
