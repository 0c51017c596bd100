"""The pairs of the mutation bench are equal as they are, and each mistake made in them shows."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import Any

import keras
import numpy as np
import pytest
import torch
from torch import nn

from benchmarks.mutation_bench.all_written_pairs import NAMES, WRITTEN, written_pair
from benchmarks.mutation_bench.bench_mutants import MISTAKES, Mutant, double, single
from benchmarks.mutation_bench.injected_mistakes import Mistake, mistaken, unloaded
from benchmarks.mutation_bench.mistake_kinds import KINDS
from benchmarks.mutation_bench.written_pair import (
    WrittenPair,
    carry,
    computing_in,
    keras_outputs,
    layers_of,
    one_seed,
    packed,
    torch_inputs,
    torch_outputs,
)
from equivalence.keras_side.keras_arrays import leaves
from equivalence.verification.compare import compare

#: Those of hundreds of layers are compared by the tests of the twins themselves.
SMALL = (*WRITTEN, "mini_xception")
SINGLE = [mutant for mutant in single() if mutant.pair in SMALL]
DOUBLE = [mutant for mutant in double() if mutant.pair in SMALL]


@cache
def known(name: str) -> tuple[WrittenPair, Any, list[np.ndarray], list[np.ndarray]]:
    """The pair, its Keras model in float64, inputs and the model's outputs."""
    pair = written_pair(name)
    model = pair.keras_model("float64")
    return pair, model, pair.drawn(), keras_outputs(model, pair.drawn())


@pytest.mark.parametrize("name", SMALL)
def test_the_pair_is_equal(name: str) -> None:
    pair, model, inputs, expected = known(name)
    result = compare(torch_outputs(pair, pair.torch_module(model), inputs), expected, max_rel=pair.bound)
    assert result.equal, result.message
    assert pair.bound == 1e-10 or pair.because


@pytest.mark.parametrize("name", SMALL)
def test_the_pair_is_equal_in_float32_with_the_same_numbers(name: str) -> None:
    pair, wide, inputs, _ = known(name)
    model = pair.keras_model()
    for one, other in zip(model.get_weights(), wide.get_weights(), strict=True):
        assert np.array_equal(one, other)
    result = compare(torch_outputs(pair, pair.torch_module(model), inputs), keras_outputs(model, inputs), max_rel=1e-4)
    assert result.equal, result.message


@pytest.mark.parametrize("name", SMALL)
def test_outputs_tell_the_samples_apart(name: str) -> None:
    """A network that answers the same to everything hides its mistakes."""
    for output in known(name)[3]:
        assert output.std(axis=0).max() > 1e-3 * np.abs(output).max()


def test_half_of_the_pairs_have_names_of_their_own() -> None:
    own = [name for name in WRITTEN if written_pair(name).places]
    assert len(own) >= len(WRITTEN) / 2
    assert len(own) < len(WRITTEN)


def test_a_weight_without_a_place_is_named() -> None:
    pair, model, *_ = known("mlp")
    with pytest.raises(KeyError, match=r"nothing was carried to extra\.bias, extra\.weight"):
        module = pair.torch().double()
        module.extra = nn.Linear(2, 2)
        carry(pair, model, module)


@pytest.mark.parametrize("name", [name for name in WRITTEN if written_pair(name).trains])
def test_the_pair_trains_alike(name: str) -> None:
    """Gradients of one step, what is frozen, and the running statistics after it; without dropout."""
    pair, _, inputs, _ = known(name)
    model = pair.keras_model("float64")
    module = pair.torch_module(model).train()
    for _, layer in leaves(model):
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0
    for part in module.modules():
        if isinstance(part, nn.Dropout):
            part.p = 0.0
    weighing = np.random.default_rng(9).normal(size=known(name)[3][0].shape)
    made = module(*torch_inputs(pair, module, inputs))
    (made * torch.from_numpy(weighing)).sum().backward()
    gradients = _keras_gradients(model, inputs, weighing)
    after = pair.torch()
    carry(pair, model, after.double())
    for buffer, expected in after.named_buffers():
        result = compare(module.get_buffer(buffer).numpy(), expected.numpy(), name=buffer)
        assert result.equal or buffer.endswith("num_batches_tracked"), result.message
    for variable, gradient in zip(model.trainable_variables, gradients, strict=True):
        variable.assign(gradient)
    carry(pair, model, after)
    trained = {parameter: held.grad for parameter, held in module.named_parameters() if held.requires_grad}
    assert len(trained) == len(gradients)
    for parameter, held in trained.items():  # a bias before a batch normalisation has none: rounding alone
        apart = held - after.get_parameter(parameter).detach()
        assert apart.abs().max() <= 1e-12 * max(np.abs(gradient).max() for gradient in gradients), parameter


def _keras_gradients(model: Any, inputs: list[np.ndarray], weighing: np.ndarray) -> list[np.ndarray]:
    import tensorflow as tf

    with computing_in("float64"), tf.GradientTape() as tape:
        loss = keras.ops.sum(model(packed(model, inputs), training=True) * weighing)
    return [gradient.numpy() for gradient in tape.gradient(loss, [v.value for v in model.trainable_variables])]


def named(mutant: Mutant) -> str:
    return mutant.name


def test_there_are_mutants_enough() -> None:
    singles, doubles = list(single()), double()
    assert len({mutant.mistakes[0].kind for mutant in singles}) >= 60
    assert len(singles) >= 200
    assert len(doubles) >= 60
    names = Counter(mutant.name for mutant in (*singles, *doubles))
    assert not [name for name, count in names.items() if count > 1]
    assert {mutant.pair for mutant in singles} == set(NAMES)
    assert {mutant.weights for mutant in singles} == {"given", "transfer"}
    assert {kind for kind in KINDS if kind not in {mistake.kind for mistake in MISTAKES}} == set()


def test_patterns_are_regular_expressions() -> None:
    for kind in KINDS.values():
        re.compile(kind.says)
        re.compile(kind.difference)


@pytest.mark.parametrize("name", NAMES)
def test_layers_that_mistakes_name_exist(name: str) -> None:
    if name in SMALL:
        model = known(name)[1]
    else:
        keras.utils.clear_session()  # operations between layers are numbered from the first
        model = written_pair(name).keras()
    operations = {"/".join(path) for path, _ in leaves(model)}
    operations |= {operation.name for operation in getattr(model, "operations", ())}  # keras.ops between the layers
    assert not {layer for mistake in MISTAKES if mistake.pair == name for layer in mistake.layers} - operations


@pytest.mark.parametrize("mutant", [mutant for mutant in SINGLE if not mutant.train], ids=named)
def test_the_mistake_changes_what_comes_out(mutant: Mutant) -> None:
    assert _changed(mutant) > mutant.mistakes[0].of_kind.least


@pytest.mark.parametrize("mutant", [mutant for mutant in DOUBLE if not mutant.train], ids=named)
def test_both_mistakes_change_what_comes_out(mutant: Mutant) -> None:
    """Against the pair as it is, and against the pair with either of them."""
    assert _changed(mutant) > max(mistake.of_kind.least for mistake in mutant.mistakes)
    for mistake, other in zip(mutant.mistakes, reversed(mutant.mistakes), strict=True):
        assert _changed(mutant, (other,)) > mistake.of_kind.least / 100, f"nothing more by {mistake.name}"


def _changed(mutant: Mutant, against: tuple[Mistake, ...] = ()) -> float:
    expected = _outputs(mutant.pair, against) if against else known(mutant.pair)[3]
    found = _outputs(mutant.pair, mutant.mistakes)
    assert all(np.isfinite(array).all() for array in found)
    return max(
        float(np.abs(one - other).max() / np.abs(other).max()) if one.shape == other.shape else np.inf
        for one, other in zip(found, expected, strict=True)
    )


@cache
def _outputs(name: str, mistakes: tuple[Mistake, ...]) -> list[np.ndarray]:
    """What a pair's module gives with mistakes in it."""
    pair, model, inputs, _ = known(name)
    with one_seed():
        return torch_outputs(pair, mistaken(pair, model, mistakes), inputs)


@pytest.mark.parametrize("mutant", [mutant for mutant in SINGLE if mutant.train], ids=named)
def test_the_mistake_shows_in_training_alone(mutant: Mutant) -> None:
    assert _changed(mutant) < 1e-10
    pair, model, inputs, _ = known(mutant.pair)
    assert _trained(pair, mistaken(pair, model, mutant.mistakes), inputs) != _trained(
        pair, pair.torch_module(model), inputs
    )


def _trained(pair: WrittenPair, module: nn.Module, inputs: list[np.ndarray]) -> dict[str, Any]:
    """What one step leaves behind: gradients and running statistics, rounded, by name."""
    with one_seed():
        module.train()(*torch_inputs(pair, module, inputs)).square().sum().backward()
    left: dict[str, Any] = {
        name: None if held.grad is None else held.grad.numpy().round(9).tolist()
        for name, held in module.named_parameters()
    }
    return left | {name: held.numpy().round(9).tolist() for name, held in module.named_buffers()}


def test_a_module_before_its_weights_are_carried_has_others() -> None:
    pair, model, *_ = known("resnet")
    mutant = next(mutant for mutant in SINGLE if mutant.pair == "resnet" and mutant.weights == "transfer")
    one, other = mistaken(pair, model, mutant.mistakes), unloaded(pair, model, mutant.mistakes)
    for (name, held), (_, drawn) in zip(one.state_dict().items(), other.state_dict().items(), strict=True):
        assert name.endswith("num_batches_tracked") or not torch.equal(held, drawn)


def test_every_weight_of_a_pair_is_described() -> None:
    for name in SMALL:
        model = known(name)[1]
        rows = {id(variable) for layer in layers_of(model) for _, variable in layer.rows}
        assert rows == {id(weight) for weight in model.weights if "seed" not in weight.name}, name
