"""Weights from a live Keras model to a torch module, or back: by name or by structure, every one accounted for."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from equivalence.diagnosis.reference import reference
from equivalence.diagnosis.structural_transfer import check_even, into_module, out_of_module, structure
from equivalence.errors import EquivalenceError, Refused
from equivalence.keras_side import keras_arrays as keras_weights
from equivalence.keras_side.flattening import Axes, VectorOrder, vector_axes
from equivalence.keras_side.live import is_keras_model
from equivalence.keras_side.tracing.live_weights import arrays_of
from equivalence.porting import port
from equivalence.torch_side import torch_arrays as torch_weights
from equivalence.torch_side.norms_in_steps import norms_apart
from equivalence.torch_side.torch_arrays import randomise
from equivalence.translation.python_text import identifier
from equivalence.verification.padded_inputs import draw_padded
from equivalence.weights.pairing import Fixed, Pair, pair
from equivalence.weights.rearranging import to_keras, to_torch
from equivalence.weights.settings import differences
from equivalence.weights.vector_order import channels_first, channels_last

Flatten = Literal["channels_first", "channels_last"]
ORDERS = (None, "channels_first", "channels_last")


@dataclass(frozen=True, slots=True)
class Transferred:
    """What was carried."""

    layers: int
    arrays: int  # on the Keras side
    parameters: int  # their elements, running statistics included
    differences: tuple[str, ...] = ()  # settings of both sides with which equal weights compute other numbers
    left_over: tuple[str, ...] = ()  # without `strict`: arrays of either side that have no place on the other
    ambiguous: tuple[str, ...] = ()  # without `strict`: what may have gone elsewhere, with the candidates

    def __str__(self) -> str:
        counted = f"{self.layers} layers, {self.arrays} arrays, {self.parameters:,} parameters"
        rest = (*(f"left over: {name}" for name in self.left_over), *(f"ambiguous: {name}" for name in self.ambiguous))
        return "\n".join((counted, *self.differences, *rest))


def transfer(
    source: Any,
    target: Any,
    *,
    flatten: Flatten | None = None,
    pairs: Mapping[str, str] | None = None,
    strict: bool = True,
) -> Transferred:
    """Carry all weights from a Keras model to a torch module, or from a torch module to a Keras model.

    A weight of the Keras layer `block2_conv` lies in torch at `block2_conv.weight` or, in blocks,
    `block2.conv.weight`: dots and underscores count as the same, and nested models are blocks. Values
    move bit for bit.

    `flatten`: the order in which the torch module makes vectors of images, and images of vectors.
    "channels_first" is that of a plain `flatten(1)` or `nn.Unflatten(1, (C, H, W))`; "channels_last" is Keras's,
    as `torch_impl.heads.flatten` has it. It decides what a Dense layer behind a Flatten becomes, and no weight tells
    it. Where the Keras model has such a layer and it is not said, it is seen from a run of both; where they do not run,
    or give other numbers afterwards, it must be said.

    Where no layer is called as a torch module is, or `pairs` are given (torch modules by Keras layer, as far as
    they are known), the two are paired by **structure**: both are run, and parts are told by what they do, on weights
    of which sizes, and what leads to them; in what order a module flattens is then seen, and `flatten` unread. With
    `strict`, every array on both sides must have its place, and the outputs must be equal afterwards; without, what has
    a place is carried, and `left_over` and `ambiguous` name the rest.

    What both sides state of their settings is compared, as epsilons and strides are; a difference is warned of and
    returned.

    Raises:
        Refused: a layer or tensor has no counterpart, shapes or dtypes differ, or the order of a flattened image is
            not known; names the layer, the weight and its shape. Everything is checked before anything is assigned.
        TypeError: not one Keras model and one torch module.
        ValueError: `flatten` is something else.
    """
    if flatten not in ORDERS:
        raise ValueError(f'flatten must be "channels_first", "channels_last" or None, not {flatten!r}')
    # on Keras's torch backend, a Keras model is a torch module as well
    if is_keras_model(source) and torch_weights.is_module(target) and not is_keras_model(target):
        model, module, carry = source, target, _to_torch
    elif is_keras_model(target) and torch_weights.is_module(source) and not is_keras_model(source):
        model, module, carry = target, source, _to_keras
    else:
        kinds = " and ".join(type(value).__name__ for value in (source, target))
        raise TypeError(f"transfer takes a keras.Model and a torch.nn.Module, in either order, not {kinds}")
    tensors = torch_weights.tensors(module)
    if pairs is not None:
        return _by_structure(model, module, pairs, strict, to_module=carry is _to_torch)
    try:
        named, fixed = pair(keras_weights.weighted_layers(model), tensors)
    except Refused:
        if not is_built(model):
            raise
        try:
            return _by_structure(model, module, {}, strict, to_module=carry is _to_torch)
        except EquivalenceError:
            keras_weights.weighted_layers(model)  # what no entry describes is told first
            if not share_names(model, tensors):
                raise
        raise  # what no name fits is told by its name
    try:
        orders = _orders(named, vector_axes(model), flatten)
    except Refused:
        if flatten is not None or not is_built(model):
            raise
        try:
            return _by_structure(model, module, _modules_of(named), strict=True, to_module=carry is _to_torch)
        except EquivalenceError:
            pass
        raise  # the order cannot be seen
    carry(named, fixed, tensors, orders)
    found = tuple(differences(keras_weights.leaves(model), dict(module.named_modules())))
    for difference in found:
        warnings.warn(difference, stacklevel=2)
    return Transferred(
        layers=len({item.layer for item in named}),
        arrays=len(named),
        parameters=sum(int(np.prod(item.variable.shape)) for item in named),
        differences=found,
    )


def _modules_of(named: list[Pair]) -> dict[str, str]:
    """The torch module of each Keras layer whose weights are all in one."""
    found: dict[str, set[str]] = {}
    for item in named:
        found.setdefault(item.layer.replace(".", "/"), set()).update(name.rpartition(".")[0] for _, name in item.rows)
    return {layer: modules.pop() for layer, modules in found.items() if len(modules) == 1}


def is_built(model: Any) -> bool:
    return bool(model.built) and bool(model.weights)


def share_names(model: Any, tensors: Mapping[str, Any]) -> bool:
    """Whether any layer is called as a part of the torch module is, but for dots and underscores."""
    parts = [f"{name.rpartition('.')[0].replace('.', '_')}_" for name in tensors]
    names = [
        "_".join(identifier(part, ()) for part in path) for path, layer in keras_weights.leaves(model) if layer.weights
    ]
    return any(part.startswith(f"{name.replace('.', '_')}_") for name in names for part in parts)


@norms_apart(False)
def _by_structure(model: Any, module: Any, pairs: Mapping[str, str], strict: bool, to_module: bool) -> Transferred:
    ported = port(model, verify=False)
    if not to_module:
        randomise(ported.module)  # what the Keras model holds now tells nothing apart: it may be all zeros
    found = structure(reference(ported, draw_padded(ported)), module, pairs)
    if strict:
        check_even(found)
    if to_module:
        into_module(found, module)
    else:
        _into_model(out_of_module(found, module, strict), model)
    stored = {placed.stored.path: placed for placed in ported.draft.placements if placed.stored is not None}
    return Transferred(
        layers=len({placed.layer for placed in stored.values()}),
        arrays=len(stored),
        parameters=sum(int(np.prod(placed.stored.shape)) for placed in stored.values() if placed.stored is not None),
        left_over=found.where.left_over,
        ambiguous=found.where.ambiguous,
    )


def _into_model(arrays: Mapping[tuple[str, str], np.ndarray], model: Any) -> None:
    targets = []
    for path, layer in keras_weights.leaves(model):
        where = "/".join(path)
        own = {_place(stored): array for (name, stored), array in arrays.items() if name == where}
        for _, variables in arrays_of(layer, "") if layer.weights else ():
            for held, variable in variables:
                array = next((array for place, array in own.items() if place.endswith(_place(held.path))), None)
                if array is None or array.shape != tuple(variable.shape):
                    raise Refused(
                        f"layer {where!r}: nothing in torch is its {variable.name} of shape {tuple(variable.shape)}"
                    )
                targets.append((variable, array.astype(str(variable.dtype))))
    for variable, array in targets:
        keras_weights.write(variable, array)


def _place(stored: str) -> str:
    """Where an array lies, without the folder that files have it in: "/dense/0"."""
    return f"/{stored}".replace("/vars/", "/").replace("//", "/")


def _orders(pairs: list[Pair], axes: dict[int, Axes], flatten: Flatten | None) -> dict[int, Axes]:
    """The axes of weights (by id of their variables) whose order differs between the two. Raises Refused for doubt."""
    orders = {id(item.variable): axes[id(item.variable)] for item in pairs if id(item.variable) in axes}
    for item in pairs:
        for order in orders.get(id(item.variable), {}).values():
            _check(item, order, flatten)
    return orders if flatten == "channels_first" else {}


def _check(item: Pair, order: VectorOrder, flatten: Flatten | None) -> None:
    counts = "counts" if order.sizes else "may count"
    of_image = f"{item.where}, {counts} the numbers of an image that was or becomes a vector"
    if not order.channels_last:
        raise Refused(
            f"{of_image}, and in Keras that image's channels are not its last axis: transfer carries it in no order; "
            "port the model instead"
        )
    if flatten is None:
        raise Refused(
            f"{of_image}, which Keras and a plain flatten(1) in torch do in different orders, and weights do not tell: "
            'say flatten="channels_first" if the torch module does as flatten(1), flatten="channels_last" if as Keras'
        )
    if flatten == "channels_first" and not order.sizes:
        raise Refused(
            f"{of_image}, and the way between was not followed, so it cannot be re-ordered to channels first: have the "
            'torch module flatten in Keras\'s order and say flatten="channels_last", or port the model instead'
        )


def _to_torch(pairs: list[Pair], fixed: list[Fixed], tensors: dict[str, Any], orders: dict[int, Axes]) -> None:
    arrays = {item.tensor: _constant(item, tensors[item.tensor]) for item in fixed}
    for item in pairs:
        held = keras_weights.read(item.variable)
        for axis, order in orders.get(id(item.variable), {}).items():
            held = channels_first(held, axis, order.sizes)
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


def _to_keras(pairs: list[Pair], fixed: list[Fixed], tensors: dict[str, Any], orders: dict[int, Axes]) -> None:
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
            array = to_keras([weight for weight, _ in item.rows], held, tuple(item.variable.shape))
        except ValueError as error:
            sources = ", ".join(f"{name!r} of shape {tuple(tensors[name].shape)}" for _, name in item.rows)
            raise Refused(f"{item.where} does not come out of torch's {sources}: {error}") from error
        for axis, order in orders.get(id(item.variable), {}).items():
            array = channels_last(array, axis, order.sizes)
        arrays.append(array)
    for item, array in zip(pairs, arrays, strict=True):
        keras_weights.write(item.variable, array)


def _same_dtype(item: Pair, name: str, tensor: Any) -> None:
    keras, torch = str(item.variable.dtype), torch_weights.dtype(tensor)
    if keras != torch:
        raise Refused(
            f"{item.where} is {keras}, and torch's {name!r} is {torch}: make them the same, "
            f"as by `module.to(torch.{keras})`"
        )


def _constant(item: Fixed, tensor: Any) -> np.ndarray:
    return np.full_like(torch_weights.read(tensor), item.value)
