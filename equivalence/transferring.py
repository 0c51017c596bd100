"""Weights from a live Keras model to a torch module, or back: by layer name, every one accounted for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from equivalence.errors import Refused
from equivalence.keras_side import keras_arrays as keras_weights
from equivalence.keras_side.live import is_keras_model
from equivalence.torch_side import torch_arrays as torch_weights
from equivalence.weights.pairing import Fixed, Pair, pair
from equivalence.weights.rearranging import to_keras, to_torch


@dataclass(frozen=True, slots=True)
class Transferred:
    """What was carried."""

    layers: int
    arrays: int  # on the Keras side
    parameters: int  # their elements, running statistics included

    def __str__(self) -> str:
        return f"{self.layers} layers, {self.arrays} arrays, {self.parameters:,} parameters"


def transfer(source: Any, target: Any) -> Transferred:
    """Carry all weights from a Keras model to a torch module, or from a torch module to a Keras model.

    A weight of the Keras layer `block2_conv` lies in torch at `block2_conv.weight` or, in blocks,
    `block2.conv.weight`: dots and underscores count as the same, and nested models are blocks. Values
    move bit for bit. A Dense layer behind a Flatten is carried as it is: its torch counterpart must
    flatten channels last, as `torch_impl.heads.flatten` does.

    Raises:
        Refused: a layer or tensor has no counterpart, or shapes or dtypes differ; names the layer, the
            weight and both shapes. Everything is checked before anything is assigned.
        TypeError: not one Keras model and one torch module.
    """
    # on Keras's torch backend, a Keras model is a torch module as well
    if is_keras_model(source) and torch_weights.is_module(target) and not is_keras_model(target):
        return _to_torch(source, target)
    if is_keras_model(target) and torch_weights.is_module(source) and not is_keras_model(source):
        return _to_keras(source, target)
    kinds = " and ".join(type(value).__name__ for value in (source, target))
    raise TypeError(f"transfer takes a keras.Model and a torch.nn.Module, in either order, not {kinds}")


def _to_torch(model: Any, module: Any) -> Transferred:
    tensors = torch_weights.tensors(module)
    pairs, fixed = pair(keras_weights.weighted_layers(model), tensors)
    arrays = {item.tensor: _constant(item, tensors[item.tensor]) for item in fixed}
    for item in pairs:
        held = keras_weights.read(item.variable)
        for weight, name in item.rows:
            _same_dtype(item, name, tensors[name])
            shape = tuple(tensors[name].shape)
            try:
                array = to_torch(weight, held)
            except ValueError as error:
                raise Refused(f"{item.where} cannot become torch's {name!r} of shape {shape}: {error}") from error
            if array.shape != shape:
                raise Refused(f"{item.where} becomes {array.shape}, and torch's {name!r} has shape {shape}")
            arrays[name] = array
    for name, array in arrays.items():
        torch_weights.write(tensors[name], array)
    return _summary(pairs)


def _to_keras(module: Any, model: Any) -> Transferred:
    tensors = torch_weights.tensors(module)
    pairs, fixed = pair(keras_weights.weighted_layers(model), tensors)
    for constant in fixed:
        tensor = tensors[constant.tensor]
        if not np.array_equal(torch_weights.read(tensor), _constant(constant, tensor)):
            raise Refused(
                f"layer {constant.layer!r} has no weight for torch's {constant.tensor!r}, "
                f"which is not {constant.value:g} throughout"
            )
    arrays = []
    for item in pairs:
        held = {}
        for weight, name in item.rows:
            _same_dtype(item, name, tensors[name])
            held[weight.torch] = torch_weights.read(tensors[name])
        try:
            arrays.append(to_keras([weight for weight, _ in item.rows], held, tuple(item.variable.shape)))
        except ValueError as error:
            sources = ", ".join(f"{name!r} of shape {tuple(tensors[name].shape)}" for _, name in item.rows)
            raise Refused(f"{item.where} does not come out of torch's {sources}: {error}") from error
    for item, array in zip(pairs, arrays, strict=True):
        keras_weights.write(item.variable, array)
    return _summary(pairs)


def _same_dtype(item: Pair, name: str, tensor: Any) -> None:
    keras, torch = str(item.variable.dtype), torch_weights.dtype(tensor)
    if keras != torch:
        raise Refused(
            f"{item.where} is {keras}, and torch's {name!r} is {torch}: make them the same, "
            f"as by `module.to(torch.{keras})`"
        )


def _constant(item: Fixed, tensor: Any) -> np.ndarray:
    return np.full_like(torch_weights.read(tensor), item.value)


def _summary(pairs: list[Pair]) -> Transferred:
    return Transferred(
        layers=len({item.layer for item in pairs}),
        arrays=len(pairs),
        parameters=sum(int(np.prod(item.variable.shape)) for item in pairs),
    )
