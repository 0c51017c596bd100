"""Run Keras code that the catalogue has written for a torch call."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from equivalence.catalogue.from_torch.sample_tensors import EPOCHS, GRADIENTS, START
from equivalence.keras_side.keras_arrays import WeightedLayer, describe, leaves, read, write
from equivalence.keras_side.keras_gradients import gradients
from equivalence.keras_side.rebuild import float_dtype
from equivalence.schema import Weight
from equivalence.weights.rearranging import to_keras, to_torch


def run_written(
    code: str,
    helper: str,
    inputs: str,
    cotangents: str,
    weights: str,
    prefixes: Sequence[str],
    modes: Sequence[str],
    differentiate: bool,
    out_path: str,
) -> dict[str, Any]:
    """Evaluate an expression over named tensors, which is of the catalogue and of no user, in float64.

    `inputs`: an .npz of them by name. With layers in it, the expression becomes a functional model, and the torch
    parameters of `weights` (an .npz) its weights: a layer has those of the module whose path is its name, or those
    below the k-th of `prefixes` (or of torch's modules, where there are none); recurrent layers have torch's in their
    order. `out_path` becomes an .npz with `<mode>/output/k`, if `differentiate` `gradient/<name>` (weighted by
    `cotangents`), and `after/<torch name>`: what a call in training mode made of weights that are not trained.
    Returns `outputs`.
    """
    names: dict[str, Any] = {"keras": keras, "np": np, "math": math, "lr": 0.5}
    results: dict[str, Any] = {}
    with float_dtype("float64"), np.load(inputs) as given, np.load(cotangents) as weigh, np.load(weights) as held:
        arrays = {name: given[name] for name in given.files}
        parameters = in_thirds({name: held[name] for name in held.files})
        exec(helper, names)
        keras.utils.set_random_seed(7)
        layers: list[tuple[WeightedLayer, str]] = []
        if "keras.layers." in code + helper:
            symbols = {
                name: keras.Input(batch_shape=array.shape, dtype=str(array.dtype), name=name)
                for name, array in arrays.items()
            }
            outputs = keras.tree.flatten(eval(code, {**names, **symbols}))
            model = keras.Model(list(symbols.values()), outputs)
            layers = _named(weighted(model), prefixes, parameters)
            for layer, prefix in layers:
                _carry(layer, prefix, parameters)

            def compute(tensors: list[Any], training: bool = False) -> list[Any]:
                return keras.tree.flatten(model(tensors, training=training))

        else:

            def compute(tensors: list[Any], training: bool = False) -> list[Any]:
                found = over_steps(eval(code, {**names, **dict(zip(arrays, tensors, strict=True))}), arrays)
                return [_tensor(each) for each in keras.tree.flatten(found) if each is not None]

        def drawn(place: int, output: Any) -> Any:
            array = weigh[f"arr_{place}"]
            return array.astype(keras.backend.standardize_dtype(output.dtype))

        tensors = [keras.ops.convert_to_tensor(array) for array in arrays.values()]
        if differentiate:
            found, by_input, _ = gradients(compute, list(arrays.values()), [], drawn)
            results |= {
                f"gradient/{name}": each for name, each in zip(arrays, by_input, strict=True) if each is not None
            }
        else:
            found = compute(tensors)
        _keep(results, "inference", found)
        if "training" in modes:
            _keep(results, "training", compute(tensors, training=True))
            for layer, prefix in layers:
                results.update({f"after/{name}": array for name, array in _left(layer, prefix)})
    np.savez(out_path, **results)
    return {"outputs": len(found)}


def over_steps(found: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    """What an optimizer makes of weights, a schedule of the rate, an initializer of a shape; anything else as it is."""
    if isinstance(found, keras.optimizers.Optimizer):
        weights = keras.Variable(np.array(START), dtype="float64")
        seen = []
        for gradient in GRADIENTS:
            found.apply([keras.ops.convert_to_tensor(np.array(gradient))], [weights])
            seen.append(np.array(keras.ops.convert_to_numpy(weights)))
        return np.stack(seen)
    if isinstance(found, keras.callbacks.LearningRateScheduler):
        rates = [0.5]
        for epoch in range(EPOCHS):
            rates.append(_rate(found.schedule, epoch, rates[-1]))
        return np.array(rates[1:], np.float64)
    if isinstance(found, keras.initializers.Initializer):
        (weight,) = arrays.values()  # torch's is (out, in)
        return keras.ops.transpose(found(weight.shape[::-1]))
    return found


def _rate(schedule: Any, epoch: int, before: float) -> float:
    count = schedule.__code__.co_argcount
    return float(schedule(*(epoch, before)[:count]))


def _tensor(value: Any) -> Any:
    """A number of Python's keeps its precision, which Keras would make float32."""
    return value if keras.ops.is_tensor(value) else keras.ops.convert_to_tensor(np.asarray(value))


def weighted(model: Any) -> list[WeightedLayer]:
    """The weighted layers of a model in its order; of a Bidirectional its two layers."""
    found: list[WeightedLayer] = []
    for path, layer in leaves(model):
        if isinstance(layer, keras.layers.Bidirectional):
            found += [describe(path, each) for each in (layer.forward_layer, layer.backward_layer)]
        elif type(layer).__module__ == "builtins":  # a class of the code's own calls its weights as torch does
            rows = tuple((Weight(variable.name, variable.name), variable) for variable in layer.weights)
            found += [WeightedLayer(path, rows, ())] if rows else []
        elif layer.weights:
            found.append(describe(path, layer))
    return found


def in_thirds(parameters: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The projections of torch's attention modules, which keep three of them in one array, each by itself."""
    parts = dict(parameters)
    for name, array in parameters.items():
        before, _, last = name.rpartition("in_proj_")
        if name == before + "in_proj_" + last and last in ("weight", "bias"):
            for part, each in zip(("query", "key", "value"), np.split(array, 3), strict=True):
                parts[f"{before}{part}.{last}"] = each
        for part in ("query", "key", "value"):
            if name.endswith(f"{part[0]}_proj_weight"):
                parts[f"{name.removesuffix(f'{part[0]}_proj_weight')}{part}.weight"] = array
        if name.endswith(("out_proj.weight", "out_proj.bias")):
            parts[name.replace("out_proj.", "output.")] = array
    return parts


def _keep(results: dict[str, Any], mode: str, outputs: Sequence[Any]) -> None:
    for place, output in enumerate(outputs):
        results[f"{mode}/output/{place}"] = keras.ops.convert_to_numpy(output)


def _carry(layer: WeightedLayer, prefix: str, parameters: dict[str, np.ndarray]) -> None:
    """The torch parameters below a prefix as the weights of a layer."""
    variables = {id(variable): variable for _, variable in layer.rows}
    for key, variable in variables.items():
        rules = [rule for rule, other in layer.rows if id(other) == key]
        if not rules[0].trainable and _torch_name(rules[0], prefix) not in parameters:
            continue  # statistics that torch does not keep
        held = {rule.torch: _held(rule, prefix, parameters) for rule in rules}
        shape = tuple(variable.shape)
        if len(rules) == 1 and not rules[0].how and held[rules[0].torch].size == math.prod(shape):
            write(variable, held[rules[0].torch].reshape(shape))  # an axis of 1 more or less
        else:
            write(variable, to_keras(rules, held, shape))


def _named(
    layers: Sequence[WeightedLayer], prefixes: Sequence[str], parameters: Mapping[str, np.ndarray]
) -> list[tuple[WeightedLayer, str]]:
    """Each layer with what stands before the names of its parameters in torch."""
    found = []
    left = list(prefixes) or list(dict.fromkeys(f"{name.rpartition('.')[0]}." for name in parameters))
    recurrent = sorted(name.removeprefix("weight_ih") for name in parameters if name.startswith("weight_ih"))
    for layer in layers:
        if any(rule.torch.endswith("_l0") for rule, _ in layer.rows):
            found.append((layer, recurrent.pop(0)))
            continue
        own = f"{layer.path[-1]}."
        of_its_name = any(name.startswith(own) for name in parameters)
        found.append((layer, own if of_its_name else left.pop(0)))
    return found


def _torch_name(rule: Weight, prefix: str) -> str:
    return rule.torch.replace("_l0", prefix) if rule.torch.endswith("_l0") else prefix + rule.torch


def _held(rule: Weight, prefix: str, parameters: Mapping[str, np.ndarray]) -> np.ndarray:
    array = parameters[_torch_name(rule, prefix)]
    second = _torch_name(rule, prefix).replace("bias_ih", "bias_hh")
    if rule.pick is None and "bias_ih" in rule.torch and second in parameters:
        return array + parameters[second]  # torch adds two biases where Keras has one
    return array


def _left(layer: WeightedLayer, prefix: str) -> list[tuple[str, np.ndarray]]:
    return [
        (_torch_name(rule, prefix), to_torch(rule, read(variable)))
        for rule, variable in layer.rows
        if not rule.trainable
    ]
