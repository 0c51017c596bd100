"""Values for models that look some up: those of their vocabularies, and others."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from equivalence.translation.tables import Table, words_of

#: Values taken of one vocabulary.
_MOST = 20


def sample_texts(tables: Mapping[str, Table], known: bool) -> np.ndarray:
    """Words of the vocabularies; unless only what is `known` will do, rows of them too, and texts in none."""
    found = []
    for name in tables:
        if name.endswith(".text"):
            module = name.removesuffix("text")
            words = words_of({part: tables[module + part] for part in ("text", "ends")})
            words = words[:: max(1, len(words) // _MOST)]
            found += words if known else [*words, " ".join(words), " ".join(words[:2]).upper()]
    return np.array(found if known and found else ["", "unknown word", "Ünknown!", *found])


def sample_numbers(tables: Mapping[str, Table], known: bool) -> np.ndarray:
    """Numbers of the vocabularies; unless only what is `known` will do, numbers in none too."""
    found = [0, 1, 2, -1] if not known else []
    for name, table in tables.items():
        if name.endswith(".keys"):
            found += list(table.values)[:: max(1, len(table.values) // _MOST)]
    return np.array(found or [0])
