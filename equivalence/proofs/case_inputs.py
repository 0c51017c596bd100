"""What a case is run on: its inputs, drawn from its name, and its statement for the Keras process."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from equivalence.keras_side.wire import encode
from equivalence.schema import Case, Entry

#: Ways of drawing that give floats.
FLOATS = ("normal", "wide", "uniform", "pixels", "above-one", "one-hot", "gaps", "positive-definite")


def seed_of(entry: Entry, case: Case) -> int:
    """The same numbers every time, other numbers for every case."""
    return zlib.crc32(f"{entry.keras}/{case.id}".encode())


def shapes_of(case: Case) -> list[tuple[int, ...]]:
    """The shapes of the inputs, batch first; none of what makes a tensor out of nothing (`ops.arange`)."""
    several = not case.x or not isinstance(case.x[0], int)
    return [tuple(shape) for shape in case.x] if several else [tuple(case.x)]


def declared_of(case: Case) -> list[tuple[int | None, ...]]:
    """The shapes that the Keras Inputs declare, without batch."""
    if case.declared is None:
        return [shape[1:] for shape in shapes_of(case)]
    several = bool(case.declared) and isinstance(case.declared[0], Sequence)
    return [tuple(shape) for shape in case.declared] if several else [tuple(case.declared)]


def draws_of(case: Case) -> list[str]:
    """How each input is drawn."""
    return list(case.draw) if not isinstance(case.draw, str) else [case.draw] * len(shapes_of(case))


def draw_inputs(entry: Entry, case: Case) -> list[np.ndarray]:
    """The case's inputs in Keras's layout: float32 values, int32 indices, booleans or texts.

    Raises ValueError for a way of drawing that the schema does not know.
    """
    random = np.random.default_rng(seed_of(entry, case))
    return [drawn_array(random, shape, how) for shape, how in zip(shapes_of(case), draws_of(case), strict=True)]


def drawn_array(random: np.random.Generator, shape: tuple[int, ...], how: str) -> np.ndarray:
    """An array of a shape, drawn as `Case.draw` says: float32, int32, booleans or texts.

    Raises ValueError for a way of drawing that the schema does not know.
    """
    if how == "normal":
        return random.standard_normal(shape).astype(np.float32)
    if how == "wide":
        return 4 * random.standard_normal(shape).astype(np.float32)
    if how == "gaps":
        return np.where(random.random(shape) < 0.2, np.nan, random.standard_normal(shape)).astype(np.float32)
    if how == "above-one":
        return 1 + random.random(shape).astype(np.float32)
    if how == "uniform":
        return random.random(shape).astype(np.float32)
    if how == "pixels":
        return 255 * random.random(shape).astype(np.float32)
    if how == "one-hot":
        return np.eye(shape[-1], dtype=np.float32)[random.integers(0, shape[-1], shape[:-1])]
    if how == "positive-definite":
        factor = random.standard_normal(shape)
        if len(shape) > 1 and shape[-1] == shape[-2]:  # else there is none of that shape
            factor = factor @ np.swapaxes(factor, -1, -2) + np.eye(shape[-1])
        return factor.astype(np.float32)
    if how == "bool":
        return random.random(shape) < 0.5
    if how.startswith("labels:"):
        lengths = random.integers(1, shape[-1] + 1, (*shape[:-1], 1))
        labels = random.integers(1, int(how.removeprefix("labels:")), shape)
        return np.where(np.arange(shape[-1]) < lengths, labels, 0).astype(np.int32)
    if how.startswith("ids:"):
        return random.integers(0, int(how.removeprefix("ids:")), shape).astype(np.int32)
    if how.startswith("words:"):
        return random.choice(np.array(how.removeprefix("words:").split("|")), shape)
    raise ValueError(f"a case draws {how!r}; known are {', '.join(FLOATS)}, bool, ids:K, labels:K, words:A|B")


def drawn_dtype(how: str) -> str:
    """The dtype that an input drawn so is declared with."""
    if how in FLOATS:
        return "float32"
    return "bool" if how == "bool" else "string" if how.startswith("words:") else "int32"


def _stateful(config: Any) -> bool:
    """Whether a layer of a configuration keeps its state: Keras then wants to know the size of the batch."""
    if isinstance(config, Mapping):
        return config.get("stateful") is True or any(map(_stateful, config.values()))
    return isinstance(config, list) and any(map(_stateful, config))


def statement(entry: Entry, case: Case) -> dict[str, Any]:
    """The case as `equivalence.keras_side.symbols` reads it."""
    return {
        "keras": entry.keras,
        "kind": entry.kind,
        "config": encode(case.config),
        "call": encode(case.call or {}),
        "inputs": [
            {"shape": list(shape), "dtype": drawn_dtype(how), "batch": whole[0] if _stateful(case.config) else None}
            for whole, shape, how in zip(shapes_of(case), declared_of(case), draws_of(case), strict=True)
        ],
        "seed": seed_of(entry, case),
        **({"trial": encode(case.trial)} if case.trial else {}),
    }
