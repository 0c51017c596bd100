"""The sample tensors that the cases of torch names are run on."""

from __future__ import annotations

import ast
import zlib
from typing import Any

import numpy as np

from equivalence.catalogue.from_torch.sample_tensors import CHANNELS, SAMPLES


def samples_in(text: str) -> dict[str, np.ndarray]:
    """The tensors that a case's text names, in torch's order of axes and in float64."""
    named = [node.id for node in ast.walk(ast.parse(text, mode="eval")) if isinstance(node, ast.Name)]
    return {name: drawn(*SAMPLES[name], name) for name in dict.fromkeys(named) if name in SAMPLES}


def drawn(what: str, shape: tuple[int, ...], name: str) -> np.ndarray:
    """Numbers of one kind (`sample_tensors.SAMPLES` says which there are), the same each time."""
    random = np.random.default_rng(zlib.crc32(name.encode()))
    what, _, size = what.partition(":")
    array: Any = np.asarray(random.standard_normal(shape))
    if what == "uniform":
        array = random.uniform(0.1, 0.9, shape)
    elif what == "positive":
        array = random.uniform(0.5, 2.0, shape)
    elif what == "above-one":
        array = random.uniform(1.1, 3.0, shape)
    elif what == "gaps":
        odd = random.permutation(array.size)
        array.flat[odd[:4]], array.flat[odd[4:6]], array.flat[odd[6]] = np.nan, np.inf, -np.inf
    elif what == "holes":
        array.flat[random.permutation(array.size)[:5]] = np.nan
    elif what == "bool":
        array = array > 0
    elif what == "last-open":
        array = array > 0
        array[..., -1] = False
    elif what == "ids":
        array = random.integers(0, int(size), shape)
    elif what == "labels":
        array = random.integers(1, int(size) + 1, shape)
    elif what == "all":
        array = np.full(shape, int(size))
    elif what == "whole":
        array = random.integers(-9, 10, shape)
    elif what in ("counts", "float-counts"):
        array = random.integers(1, 10, shape)
        array = array if what == "counts" else array.astype(np.float64)
    elif what == "order":
        array = random.permutation(shape[0])
    elif what == "positive-definite":
        array = array @ np.swapaxes(array, -1, -2) + np.eye(shape[-1])
    elif what == "lower":
        array = np.tril(array, -1) + np.diag(random.uniform(1.0, 2.0, shape[0]))
    elif what == "spectrum":
        array = array + 1j * random.standard_normal(shape)
        array[..., [0, -1]] = array[..., [0, -1]].real
    elif what == "complex":
        array = array + 1j * random.standard_normal(shape)
    elif what == "sorted":
        array = np.sort(array)
    elif what == "signs":
        array = np.sign(array)
    elif what in ("shares", "log-shares"):
        array = array - np.log(np.exp(array).sum(-1, keepdims=True))
        array = np.exp(array) if what == "shares" else array
    return np.asarray(array)


def to_keras_order(name: str, array: np.ndarray) -> np.ndarray:
    """Channels last, where the name has channels."""
    return np.ascontiguousarray(np.moveaxis(array, 1, -1)) if name in CHANNELS else array


def ranks_with_channels(samples: dict[str, np.ndarray]) -> set[int]:
    """The ranks of outputs that have channels, as inputs of that rank have."""
    return {array.ndim for name, array in samples.items() if name in CHANNELS}
