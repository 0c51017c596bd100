"""The text of an initializer, filling the weight of a torch layer as large as Keras's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest import mock

import numpy as np
import torch
from torch import Tensor, nn

from equivalence.torch_side.written_object import Make

#: As in equivalence.keras_side.keras_trials.keras_initializer.
INSIDE, OUTSIDE, WINDOW, WORDS, MULTIPLIER = 12, 20, 3, 300, 5


def run(make: Make, trial: Mapping[str, Any], arrays: Mapping[str, np.ndarray], dtype: str) -> dict[str, np.ndarray]:
    """`asked`, `drawn` and `gram`, as of the Keras side."""
    torch.manual_seed(int(arrays["seed"]))
    layer = _layer(trial["layer"]).to(getattr(torch, dtype))
    asked: list[tuple[float, float, float]] = []
    untouched = {name: parameter.detach().clone() for name, parameter in layer.named_parameters()}
    with _recorded(asked):
        make(layer=layer)
    (name,) = (name for name, before in untouched.items() if not torch.equal(before, layer.get_parameter(name)))
    weight = layer.get_parameter(name).detach().numpy()
    gram = _gram(weight.reshape(len(weight), -1))
    return {"asked": np.array(asked).reshape(-1, 3), "drawn": weight.ravel(), "gram": gram}


def _gram(matrix: np.ndarray) -> np.ndarray:
    product: np.ndarray = matrix.T @ matrix if matrix.shape[0] >= matrix.shape[1] else matrix @ matrix.T
    return product


@contextmanager
def _recorded(asked: list[tuple[float, float, float]]) -> Iterator[None]:
    """Notes what torch's generator is asked for, as mean, spread and cut."""
    truncated, normal, uniform = nn.init.trunc_normal_, Tensor.normal_, Tensor.uniform_

    def trunc_normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0) -> Tensor:
        asked.append((mean, std, (b - a) / (2 * std)))
        held = len(asked)
        filled: Tensor = truncated(tensor, mean, std, a, b)
        del asked[held:]  # it draws evenly inside
        return filled

    def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, **more: Any) -> Tensor:
        asked.append((mean, std, 0.0))
        filled: Tensor = normal(tensor, mean, std, **more)
        return filled

    def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, **more: Any) -> Tensor:
        asked.append(((a + b) / 2, (b - a) / 2, 0.0))
        filled: Tensor = uniform(tensor, a, b, **more)
        return filled

    with (
        mock.patch.object(nn.init, "trunc_normal_", trunc_normal_),
        mock.patch.object(Tensor, "normal_", normal_),
        mock.patch.object(Tensor, "uniform_", uniform_),
    ):
        yield


def _layer(name: str) -> nn.Module:
    if name == "bias":
        return nn.Linear(INSIDE, OUTSIDE)
    if name == "Embedding":
        return nn.Embedding(WORDS, OUTSIDE)
    if name == "MultiHeadAttention":
        return nn.Linear(INSIDE, 4 * OUTSIDE)
    if name.startswith("LSTM"):
        return nn.LSTM(INSIDE, OUTSIDE)
    if name == "Dense":
        return nn.Linear(4 * INSIDE, 10 * OUTSIDE)
    rank = next(letter for letter in name if letter.isdigit())
    if name.startswith("Depthwise"):
        made: nn.Module = getattr(nn, f"Conv{rank}d")(INSIDE, INSIDE * MULTIPLIER, WINDOW, groups=INSIDE)
    else:
        kind = "ConvTranspose" if name.endswith("Transpose") else "Conv"
        made = getattr(nn, f"{kind}{rank}d")(INSIDE, OUTSIDE, WINDOW)
    return made
