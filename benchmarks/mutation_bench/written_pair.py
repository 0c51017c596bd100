"""A Keras model and a torch module written by hand from it, with random weights that both have alike."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from weakref import WeakKeyDictionary

import keras
import numpy as np
import torch
from torch import nn

from equivalence.keras_side.calibrate import settle_statistics
from equivalence.keras_side.keras_arrays import WeightedLayer, leaves, read, weighted_layers
from equivalence.keras_side.rebuild import float_dtype
from equivalence.schema import Weight
from equivalence.weights.rearranging import to_torch

#: Where a Keras layer's weights lie: the path of a module, or for each of the entry's torch names a tensor's name.
#: A tensor's name may end in "#1/3": the second of three equal parts of its first axis.
Places = Mapping[str, "str | Mapping[str, str]"]
Draw = Callable[[np.random.Generator], list[np.ndarray]]


@dataclass(frozen=True, slots=True, eq=False)
class WrittenPair:
    """`inputs` draws arrays in Keras's layout, a batch of four or so; layers of other names are in `places`."""

    name: str
    keras: Callable[[], Any]
    torch: Callable[[], nn.Module]
    inputs: Draw
    places: Places = field(default_factory=dict)
    #: Dense layers behind a flattened map that torch flattens channels first: path -> (height, width) or other axes
    flattened: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    #: ranks of inputs and outputs whose channels come first in torch; a sequence keeps its order
    first: tuple[int, ...] = (4, 5)
    #: Keras layers that torch's own do otherwise in training (biased variance): no pair for mistakes of training
    trains: bool = False
    frozen: tuple[str, ...] = ()  # Keras layers with trainable=False
    bound: float = 1e-10  # how far apart the outputs are at most in float64, relative
    because: str = ""  # why that is not 1e-10

    @property
    def file(self) -> str:
        """The source file of the module."""
        return inspect.getfile(self.torch)

    def drawn(self, seed: int = 0) -> list[np.ndarray]:
        """Inputs in Keras's layout."""
        return self.inputs(np.random.default_rng(seed))

    def keras_model(self, dtype: str = "float32") -> Any:
        """The Keras model with its random weights: the same float32 values in every dtype."""
        if self not in _SETTLED:
            settled = _settled(self)
            if dtype == "float64":
                return settled
        model = _fresh(self, dtype)
        model.set_weights(_SETTLED[self])
        return model

    def torch_module(self, model: Any, made: Callable[[], nn.Module] | None = None) -> nn.Module:
        """A new module in eval mode with the model's weights; `made` instead of the pair's own module."""
        module = (made or self.torch)().to(getattr(torch, keras.backend.standardize_dtype(model.compute_dtype)))
        carry(self, model, module, strict=made is None)
        return module.eval()


@contextmanager
def computing_in(dtype: str) -> Iterator[None]:
    """Layers that are made within compute in `dtype`; the policy is kept apart from the default that it is made of."""
    before = keras.config.dtype_policy()
    try:
        with float_dtype(dtype):
            keras.config.set_dtype_policy(dtype)
            yield
    finally:
        keras.config.set_dtype_policy(before)


def _fresh(pair: WrittenPair, dtype: str) -> Any:
    """The Keras model as it is made; operations between its layers are numbered from the first."""
    keras.utils.clear_session()
    with computing_in(dtype):
        return pair.keras()


#: The weights of every pair whose model was made, in float32.
_SETTLED: dict[WrittenPair, list[np.ndarray]] = {}


def _settled(pair: WrittenPair) -> Any:
    """Draws random weights such that no default stands for them, and running statistics that the inputs have; the
    model in float64 with them."""
    model = _fresh(pair, "float64")
    with computing_in("float64"):
        randomise(model)
        settle_statistics(model, packed(model, pair.drawn(seed=7)))
    _SETTLED[pair] = [array.astype(np.float32) if array.dtype == np.float64 else array for array in model.get_weights()]
    model.set_weights(_SETTLED[pair])
    return model


def randomise(model: Any, seed: int = 3) -> None:
    """Every weight random, in sizes that keep the values of a deep network where they are."""
    random = np.random.default_rng(seed)
    for weight in model.weights:
        if not keras.backend.is_float_dtype(weight.dtype):
            continue  # the state of a random generator, a counter
        fan_in = int(np.prod(weight.shape[:-1])) or 1
        if weight.name in ("gamma", "scale", "moving_variance"):
            drawn = random.uniform(0.5, 1.5, weight.shape)
        elif weight.name in ("beta", "bias", "moving_mean", "alpha"):
            drawn = random.normal(0.0, 0.25, weight.shape)
        elif weight.name == "embeddings":
            drawn = random.normal(0.0, 1.0, weight.shape)
        else:
            drawn = random.normal(0.0, (1.5 / fan_in) ** 0.5, weight.shape)
        weight.assign(drawn.astype(np.float32))


def packed(model: Any, arrays: list[np.ndarray]) -> Any:
    """Arrays in the structure that the model is called on."""
    if isinstance(model, keras.Sequential):
        return arrays[0]
    return keras.tree.pack_sequence_as(model.input, arrays)


def layers_of(model: Any) -> list[WeightedLayer]:
    """Every layer that has weights, the two within a Bidirectional as `<path>/forward` and `<path>/backward`."""
    if model not in _DESCRIBED:
        _DESCRIBED[model] = list(_described(model))
    return _DESCRIBED[model]


#: Reading that off a model takes longer than running the module that its weights go to.
_DESCRIBED: WeakKeyDictionary[Any, list[WeightedLayer]] = WeakKeyDictionary()


def _described(model: Any) -> Iterator[WeightedLayer]:
    for path, layer in leaves(model):
        inner = {"forward": layer.forward_layer, "backward": layer.backward_layer} if _both_ways(layer) else {"": layer}
        for name, part in inner.items():
            if not part.weights:
                continue
            if isinstance(part, keras.layers.TimeDistributed):
                part = part.layer
            alone = SimpleNamespace(built=True, layers=[part], weights=part.weights, name=part.name)
            for found in weighted_layers(alone):
                yield WeightedLayer((*path, name) if name else path, found.rows, found.absent)


def _both_ways(layer: Any) -> bool:
    return isinstance(layer, keras.layers.Bidirectional)


def carry(pair: WrittenPair, model: Any, module: nn.Module, *, strict: bool = True) -> None:
    """The model's weights into the module, by the pair's places; without `strict`, what fits.

    Raises:
        KeyError: a tensor of the module is not there, or got nothing.
        ValueError: a weight does not fit its tensor.
    """
    tensors = dict(module.state_dict(keep_vars=True))
    missing = {name for name in tensors if not name.endswith("num_batches_tracked")}
    for layer in layers_of(model):
        path = "/".join(layer.path)
        for rule, variable in layer.rows:
            name, array = _placed(pair, path, rule, read(variable))
            _write(tensors, name, array, f"{path}/{rule.keras} of {pair.name}", strict)
            missing.discard(name.partition("#")[0])
        for rule in layer.absent:
            name = _name(pair.places.get(path, path), rule)
            if name in tensors:
                tensors[name].data.fill_(rule.otherwise)
                missing.discard(name)
    if missing and strict:
        raise KeyError(f"{pair.name}: nothing was carried to {', '.join(sorted(missing))}")


def _placed(pair: WrittenPair, path: str, rule: Weight, array: np.ndarray) -> tuple[str, np.ndarray]:
    name = _name(pair.places.get(path, path), rule)
    if rule.keras == "kernel" and path in pair.flattened:
        axes = "abc"[: len(pair.flattened[path])]
        sizes = dict(zip(axes, pair.flattened[path], strict=True))
        rule = Weight("kernel", rule.torch, f"({' '.join(axes)} z) u -> u (z {' '.join(axes)})")
        return name, to_torch(rule, array, **sizes)
    return name, to_torch(rule, array)


def _name(place: str | Mapping[str, str], rule: Weight) -> str:
    if isinstance(place, str):
        return f"{place}.{rule.torch}".lstrip(".")
    return place.get(rule.torch, "")


def _write(tensors: Mapping[str, torch.Tensor], name: str, array: np.ndarray, what: str, strict: bool) -> None:
    plain, _, part = name.partition("#")
    if plain not in tensors:
        if strict:
            raise KeyError(f"{what}: the module has no {plain!r}")
        return
    target = tensors[plain].data
    if part:
        index, _, count = part.partition("/")
        target = target.chunk(int(count))[int(index)]
    if target.numel() != array.size or [n for n in target.shape if n > 1] != [n for n in array.shape if n > 1]:
        if strict:
            raise ValueError(f"{what} is of shape {array.shape}, the module's {name!r} of {tuple(target.shape)}")
        return
    target.copy_(torch.from_numpy(np.ascontiguousarray(array)).reshape(target.shape))


def keras_outputs(model: Any, arrays: list[np.ndarray]) -> list[np.ndarray]:
    """What the model gives in inference, flat, in its own dtype."""
    wide = [array.astype(model.compute_dtype) if array.dtype.kind == "f" else array for array in arrays]
    with computing_in(keras.backend.standardize_dtype(model.compute_dtype)):
        made = model(packed(model, wide), training=False)
    return [keras.ops.convert_to_numpy(part) for part in keras.tree.flatten(made)]


def torch_inputs(pair: WrittenPair, module: nn.Module, arrays: list[np.ndarray]) -> list[torch.Tensor]:
    """The arrays as the module takes them."""
    dtype = next((tensor.dtype for tensor in module.parameters()), torch.float32)
    moved = [np.moveaxis(array, -1, 1) if array.ndim in pair.first else array for array in arrays]
    tensors = [torch.from_numpy(np.ascontiguousarray(array)) for array in moved]
    return [tensor.to(dtype) if tensor.is_floating_point() else tensor for tensor in tensors]


def torch_outputs(pair: WrittenPair, module: nn.Module, arrays: list[np.ndarray]) -> list[np.ndarray]:
    """What the module gives, flat, in Keras's layout."""
    with torch.no_grad():
        made = module(*torch_inputs(pair, module, arrays))
    flat = keras.tree.flatten(made)
    return [np.moveaxis(part.numpy(), 1, -1) if part.ndim in pair.first else part.numpy() for part in flat]


@contextmanager
def one_seed(seed: int = 0) -> Iterator[None]:
    """Whatever torch draws within comes from this seed; its generator is as it was afterwards."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield
