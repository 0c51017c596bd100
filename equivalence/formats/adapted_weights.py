"""LoRA in legacy `.h5` files: beside the weight that it adapts they keep the two factors of what is added to it.

`.keras` files and those of `save_weights` hold the sum (`save_own_variables` of Dense, EinsumDense, Embedding and
convolutions), so nothing is to be done there.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

import numpy as np

from equivalence.formats.document import Document
from equivalence.formats.refusal import shown
from equivalence.translation.graph import Layer, Stored


def is_adapted(config: Any) -> bool:
    """Whether a layer of this configuration has factors beside its first weight."""
    return bool(config.get("lora_rank"))


def merge_adaptations(layers: Iterable[Layer], document: Document) -> None:
    """Replaces, for every adapted layer, the weight and its factors a and b by weight + alpha / rank * a @ b.

    The arrays come in the order of the layer's weights again: what is adapted is frozen, and so comes last in files.
    Raises Refused where a factor is missing or does not fit.
    """
    for layer in layers:
        if layer.graph is not None:
            merge_adaptations(layer.graph.layers, document)
        elif is_adapted(layer.config) and layer.stored.get(None):
            layer.stored[None] = _merged(layer, document)


def _merged(layer: Layer, document: Document) -> list[Stored]:
    what = f"layer {shown(layer.name)}"
    by_name = {array.name: array for array in layer.stored[None]}
    adapted = [name for name in by_name if f"lora_{name}_a" in by_name]
    rank, alpha = layer.config["lora_rank"], layer.config.get("lora_alpha")
    if not adapted and not any(name.startswith("lora_") for name in by_name):
        return layer.stored[None]
    numbers = [number for number in (rank, alpha) if isinstance(number, (int, float)) and not isinstance(number, bool)]
    if len(adapted) != 1 or len(numbers) + (alpha is None) != 2 or rank <= 0 or len(by_name) < len(layer.stored[None]):
        raise document.refuse(f"{what} has lora_rank={shown(rank)}, and its arrays are {shown(list(by_name))}")
    (name,) = adapted
    weight, a, b = by_name.pop(name), by_name.pop(f"lora_{name}_a"), by_name.pop(f"lora_{name}_b", None)
    fits = b is not None and a.shape == (*weight.shape[:-1], rank) and b.shape == (rank, weight.shape[-1])
    if b is None or not fits:
        raise document.refuse(
            f"{what} adapts an array of shape {weight.shape} by lora_rank={shown(rank)}, and the factors have shapes "
            f"{a.shape} and {b and b.shape}"
        )
    factor = (rank if alpha is None else alpha) / rank
    read = partial(_sum, weight, a, b, factor)
    return [Stored(weight.path, name, weight.shape, "float64", read, computed=True), *by_name.values()]


def _sum(weight: Stored, a: Stored, b: Stored, factor: float) -> Any:
    return weight.read().astype(np.float64) + factor * (a.read().astype(np.float64) @ b.read().astype(np.float64))
