"""Dense and Embedding layers of which Keras rounds the weights alone (`model.quantize`): read as what they stand for.

    int8   whole numbers / scale          Dense where the configuration says activation_quantizer=None; Embedding
    int4   the same, two numbers a byte; or, in blocks, (whole numbers - zero) * scale

Keras computes with these products, so the numbers are its own. Where it rounds what goes into a layer too, as int8
Dense does unless it is told otherwise, the layer is left as it is, and refused by name when it is written.
Formulas: `_int8_call` and `_int4_call` of keras/src/layers/core/dense.py and embedding.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

import numpy as np

from equivalence.formats.document import Document
from equivalence.formats.refusal import shown
from equivalence.translation.dtype_policies import policies
from equivalence.translation.graph import Layer, Stored

_WIDTH = {"Dense": "units", "Embedding": "output_dim"}


def dequantise(layers: Iterable[Layer], document: Document) -> None:
    """Replaces, for every such layer, the rounded weight and what it is scaled by; its policy is that of its source.

    Raises Refused where these arrays do not fit each other.
    """
    for layer in layers:
        if layer.graph is not None:
            dequantise(layer.graph.layers, document)
        dequantise(layer.inside.values(), document)
        mode, _, source = next(policies(layer.config.get("dtype")), "").partition("_from_")
        mode = mode.partition("/")[0]
        if source and layer.cls.name in _WIDTH and not layer.cls.registered and _weights_alone(layer, mode):
            arrays = layer.stored.get("", [])
            if arrays:
                layer.stored[""] = _dequantised(layer, mode, arrays, document)
            layer.config.update(dtype=source, quantization_config=None)


def _weights_alone(layer: Layer, mode: str) -> bool:
    """Whether nothing else of the layer is rounded."""
    stated = layer.config.get("quantization_config")
    config = stated.get("config") if isinstance(stated, dict) else None
    if not isinstance(config, dict):
        return False
    unrounded = "activation_quantizer" in config and config["activation_quantizer"] is None
    embeds = layer.cls.name == "Embedding"
    return (mode == "int8" and (embeds or unrounded)) or (mode == "int4" and unrounded)


def _dequantised(layer: Layer, mode: str, arrays: list[Stored], document: Document) -> list[Stored]:
    embeds = layer.cls.name == "Embedding"
    begins = 1 if embeds or not layer.config.get("use_bias", True) else 2
    width, weight, scales = layer.config.get(_WIDTH[layer.cls.name]), arrays[0], arrays[begins:]
    if isinstance(width, int) and len(weight.shape) == 2:
        rows = weight.shape[0]
        along, across = (rows, width) if embeds else (width, rows)
        groups = next((n for part in scales[:1] if len(part.shape) == 2 for n in [part.shape[1 if embeds else 0]]), 0)
        in_groups = (along, groups) if embeds else (groups, along)
        expected = [(along,)] if not groups else [in_groups, in_groups, (across,)]
        packed = (rows, width if mode == "int8" else (width + 1) // 2)
        if weight.shape == packed and [part.shape for part in scales] == expected and (mode == "int4" or not groups):
            read = partial(_product, weight, scales, width, mode, embeds)
            made = Stored(weight.path, weight.name, (rows, width), "float64", read, computed=True)
            return [made, *arrays[1:begins]]
    raise document.refuse(
        f"layer {shown(layer.name)} is quantised ({mode}), and its arrays have the shapes "
        f"{shown([array.shape for array in arrays])}"
    )


def _product(weight: Stored, scales: list[Stored], width: int, mode: str, embeds: bool) -> Any:
    whole = weight.read()
    if mode == "int4":
        low, high = whole & 15, (whole >> 4) & 15
        whole = ((np.stack([low, high], -1).reshape(len(whole), -1) ^ 8) - 8)[:, :width]
    whole = whole.astype(np.float64)
    scale = scales[0].read().astype(np.float64)
    if len(scales) == 1:
        return whole / (scale[:, None] if embeds else scale)
    zero, groups = scales[1].read().astype(np.float64), scales[2].read().astype(int)
    axis = 1 if embeds else 0
    return (whole - zero.take(groups, axis)) * scale.take(groups, axis)
