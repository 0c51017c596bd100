"""One call of a layer, as a recipe of `differential`: inputs, and the layer on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras.src.backend.common.masking import get_keras_mask
from keras.src.layers.preprocessing.index_lookup import IndexLookup

from differential.building import Builder
from differential.judging import said
from differential.recipe import Node, Recipe
from equivalence.keras_side.wire import encode

#: An input of more numbers than this is drawn anew in its shape.
LARGEST = 4000
#: The policy of a layer that says nothing of its dtype.
PLAIN = "float32"
#: Texts, of which vocabularies in Keras's tests hold some.
WORDS = "words:a|b|c|earth|wind|foo bar"
#: TensorFlow's kinds of tensors that are no arrays.
_IRREGULAR = ("SparseTensor", "RaggedTensor")
_PLAIN_TYPES = (bool, int, float, str, type(None))


class NoModel(Exception):
    """No functional model makes this call; the text says why."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A tensor whose numbers the call does not state; its shape with the batch."""

    shape: tuple[int | None, ...]
    dtype: str


def recipe_of(layer: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Recipe:
    """The recipe of one call: the tensors in its arguments are inputs. Raises NoModel."""
    inputs = _Inputs([tensor.shape for tensor in layer.inputs] if isinstance(layer, keras.Model) else [])
    keras_name = public_name(type(layer))
    positional = [inputs.replaced(arg, first=not index) for index, arg in enumerate(args)]
    keywords = {name: inputs.replaced(value) for name, value in kwargs.items() if value is not None}
    if keywords.get("training") is False or _random(layer):
        keywords.pop("training", None)
    if inputs.mask is not None and "mask" not in keywords and layer._call_has_mask_arg and len(inputs.nodes) == 1:
        keywords["mask"] = inputs.replaced(inputs.mask)
    if not inputs.nodes:
        raise NoModel("it is called on no tensor")
    plain = positional == [{"$input": 0}]
    node: Node = {
        "id": len(inputs.nodes),
        "kind": "model" if isinstance(layer, keras.Model) else "layer",
        "keras": keras_name,
        "config": configuration_of(layer),
        "call": encode(keywords if plain else {"$args": positional, **keywords}),
        "inputs": [f"{number}.0" for number in range(len(inputs.nodes))],
    }
    recipe: Recipe = {
        "name": "model",
        "nodes": [*inputs.nodes, node],
        "inputs": list(node["inputs"]),
        "outputs": None,
    }
    if inputs.batches:
        recipe["batches"] = inputs.batches
    _check(recipe)
    return recipe


def public_name(cls: type) -> str:
    """The dotted public name of a layer's or model's class. Raises NoModel."""
    if cls is keras.Sequential:
        return "keras.Sequential"
    if issubclass(cls, keras.Model) and cls.__name__ == "Functional":
        return "keras.Model"
    if getattr(keras.layers, cls.__name__, None) is not cls:
        raise NoModel("its class is the test's own, or not public")
    return f"keras.layers.{cls.__name__}"


def configuration_of(layer: Any) -> dict[str, Any]:
    """What `get_config` says but the name, and a vocabulary that was learnt; as JSON. Raises NoModel."""
    try:
        config = dict(layer.get_config())
    except Exception as error:  # layers of the test's own inside raise whatever they raise
        raise NoModel(f"Keras cannot write its configuration: {said(error)}") from error
    if not isinstance(layer, keras.Model):
        config.pop("name", None)
    policy = config.get("dtype")
    if policy == PLAIN or (isinstance(policy, dict) and policy.get("config", {}).get("name") == PLAIN):
        del config["dtype"]
    lookup = getattr(layer, "_lookup_layer", layer)
    if isinstance(lookup, IndexLookup) and lookup.input_vocabulary is None:
        config |= _learnt(lookup)
    return dict(encode(_plain(config)))


def _learnt(lookup: Any) -> dict[str, Any]:
    words = lookup.get_vocabulary(include_special_tokens=False)
    if not words:
        return {}
    found: dict[str, Any] = {"vocabulary": [word if isinstance(word, str) else int(word) for word in words]}
    if hasattr(lookup, "idf_weights_const"):
        found["idf_weights"] = [float(weight) for weight in np.array(lookup.idf_weights_const)[-len(words) :]]
    return found


def _plain(value: Any) -> Any:
    """A configuration without NumPy's kinds of numbers. Raises NoModel for what no file can hold."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_plain(item) for item in value)
    if isinstance(value, (np.ndarray, np.generic)) or keras.ops.is_tensor(value):
        return _plain(np.array(value).tolist())
    if not isinstance(value, _PLAIN_TYPES):
        raise NoModel(f"its configuration holds an object: {type(value).__name__}")
    return value


def _random(layer: Any) -> bool:
    parts = layer._flatten_layers()
    return any(isinstance(held, keras.random.SeedGenerator) for part in parts for held in vars(part).values())


class _Inputs:
    """The tensors found in a call's arguments, each an input."""

    def __init__(self, declared: Sequence[Sequence[int | None]]) -> None:
        """`declared`: the shapes that a model states of its inputs, which fill in sizes that the call leaves open."""
        self._declared = list(declared)
        self.nodes: list[Node] = []
        self.batches: list[int] = []
        self.mask: Any = None  # of the first

    def replaced(self, value: Any, *, first: bool = False) -> Any:
        """An argument with placeholders for its tensors; nested numbers or texts alone are a tensor too, in front."""
        if isinstance(value, Drawn) or _is_tensor(value):
            return self._input(value)
        leaves = keras.tree.flatten(value)
        if first and leaves and not any(map(_is_tensor, leaves)) and not isinstance(value, dict):
            return self._input(_array(value))
        if isinstance(value, dict):
            return {key: self.replaced(part) for key, part in value.items()}
        if isinstance(value, (list, tuple)):
            return type(value)(self.replaced(part) for part in value)
        if not isinstance(value, (*_PLAIN_TYPES, slice)):
            raise NoModel(f"an argument of the call is an object: {type(value).__name__}")
        return value

    def _input(self, tensor: Any) -> Any:
        marked = getattr(tensor, "sparse", False) or getattr(tensor, "ragged", False)
        if marked or type(tensor).__name__ in _IRREGULAR:
            raise NoModel("its input is sparse or ragged")
        shape, dtype, values = _described(tensor)
        if len(self._declared) > len(self.nodes) and len(self._declared[len(self.nodes)]) == len(shape):
            stated = self._declared[len(self.nodes)]
            shape = (shape[0], *(a if a is not None else b for a, b in zip(shape[1:], stated[1:], strict=True)))
        dtype = PLAIN if dtype == "float64" else dtype  # NumPy's default, which layers cast at once
        if not shape:
            raise NoModel("an input has no axes")
        if self.nodes and self.batches and shape[0] not in (None, self.batches[0]):
            if values is None:
                raise NoModel("its inputs have different batches")
            return {"$array": values, "dtype": dtype}
        if self.mask is None and not self.nodes and not isinstance(tensor, Drawn):
            self.mask = get_keras_mask(tensor)
        if not self.batches and shape[0] is not None:
            self.batches = [shape[0], shape[0] if values is not None else shape[0] + 1]
        unknown = iter(("n", "m", "n", "m", "n"))
        sizes = [next(unknown) if size is None else int(size) for size in shape[1:]]
        node: Node = {"id": len(self.nodes), "kind": "input", "shape": sizes, "dtype": dtype}
        drawable = dtype != "string" and "int" not in dtype
        if values is not None:
            node["values"] = values
        if drawable or values is None:
            node["draw"] = _draw(dtype)
        self.nodes.append(node)
        return {"$input": len(self.nodes) - 1}


def _draw(dtype: str) -> str:
    """How a tensor is drawn whose numbers nobody states."""
    if dtype in ("bool", "string"):
        return "bool" if dtype == "bool" else WORDS
    return "ids:3" if "int" in dtype else "normal"


def _described(tensor: Any) -> tuple[tuple[int | None, ...], str, Any]:
    """Shape, dtype and, where they are known and few, the values of a tensor."""
    if isinstance(tensor, Drawn):
        return tensor.shape, tensor.dtype, None
    if isinstance(tensor, keras.KerasTensor):
        return tuple(tensor.shape), tensor.dtype, None
    try:
        array = np.array(tensor)
    except Exception:  # a tensor of a graph that TensorFlow traces
        return tuple(tensor.shape), keras.backend.standardize_dtype(tensor.dtype), None
    if array.dtype.kind in "SOU":
        return array.shape, "string", np.vectorize(_text, otypes=[object])(array).tolist()
    known = array.size <= LARGEST and array.size > 0
    return array.shape, keras.backend.standardize_dtype(array.dtype), array.tolist() if known else None


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _array(value: Any) -> Any:
    try:
        array = np.array(value)
    except ValueError:
        raise NoModel("its input is a list of unequal lengths") from None
    return array.astype("float32") if array.dtype == np.float64 else array


def _is_tensor(value: Any) -> bool:
    if isinstance(value, (np.ndarray, np.generic, keras.KerasTensor, keras.Variable, Drawn)):
        return True
    return type(value).__name__ in _IRREGULAR or bool(keras.ops.is_tensor(value))


def _check(recipe: Recipe) -> None:
    """Raises NoModel where Keras makes no functional model of the call."""
    builder = Builder()
    try:
        for node in recipe["nodes"]:
            builder.add(node)
    except Exception as error:  # Keras raises whatever it raises
        raise NoModel(f"Keras makes no functional model of it: {said(error)}") from error
