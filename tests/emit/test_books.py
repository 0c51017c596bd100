"""What must not get lost on the way: settings and arguments that nobody read, parameters without numbers, masks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from equivalence import catalogue
from equivalence.emit.class_scope import ClassScope
from equivalence.emit.draft import ClassDraft
from equivalence.emit.emission import Emission
from equivalence.emit.emitter import emit
from equivalence.emit.guard import Unsafe
from equivalence.emit.layer_calls import LayerCalls
from equivalence.emit.written_text import emit_written
from equivalence.errors import Refused
from equivalence.schema import Difference, Entry, Weight
from equivalence.torch_side.oracle import TorchOracle
from equivalence.translation.call_site import KerasObject, Value
from equivalence.translation.configuration import Configuration
from equivalence.translation.graph import Call, ClassName, Graph, Layer, ModelFile, Ref, Spec, Stored
from equivalence.translation.order import FIRST, KERAS

OPTIMIZERS = [entry for entry in catalogue.entries() if entry.kind == "optimizer" and not entry.no_counterpart]


@pytest.fixture
def scope() -> ClassScope:
    made = ClassScope(ClassDraft("Model"), Emission(TorchOracle(), "model.keras"), "")
    made.begin()
    return made


@pytest.fixture
def steps(scope: ClassScope) -> Value:
    """A sequence with its channels where torch's convolutions want them."""
    return scope.input((None, 5, 3), "float32", FIRST, "steps")


# -- settings, arguments, parameters -----------------------------------------------------------


@pytest.mark.parametrize("entry", OPTIMIZERS, ids=lambda entry: entry.name)
def test_a_setting_of_an_optimizer_that_nobody_reads_is_refused(entry: Entry) -> None:
    config = entry.cases[0].config
    assert "model.parameters()" in emit_written(entry, config, TorchOracle()).expression
    with pytest.raises(Refused, match=rf"{entry.name} \(optimizer\): sharpness=3 is a setting"):
        emit_written(entry, {**config, "sharpness": 3}, TorchOracle())


def test_one_setting_under_two_names_must_be_one() -> None:
    entry = catalogue.named("keras.layers.LeakyReLU")
    assert Configuration(entry, {"negative_slope": 0.5, "alpha": 0.5}, "m").number("negative_slope") == 0.5
    with pytest.raises(Refused, match=r"m: negative_slope=0.25 is also given as 0.5 under another name"):
        Configuration(entry, {"negative_slope": 0.5, "alpha": 0.25}, "m")


def dense(**stored: tuple[int, ...]) -> Layer:
    arrays = [
        Stored(f"vars/{name}", name, shape, "float32", lambda shape=shape: np.zeros(shape))
        for name, shape in stored.items()
    ]
    return Layer("hidden", ClassName("keras.layers", "Dense", ""), {"units": 4}, stored={"": arrays})


@pytest.mark.parametrize(
    ("args", "kwargs", "message"),
    [
        ([], {"sharpness": 3}, "it is called with sharpness=3, which this translation does not know"),
        ([7], {}, "it is called with 2 positional arguments, of which one is translated"),
    ],
    ids=["keyword", "position"],
)
def test_an_argument_of_a_call_that_nobody_reads_is_refused(
    args: list[Any], kwargs: dict[str, Any], message: str, scope: ClassScope, steps: Value
) -> None:
    layer = dense(kernel=(3, 4), bias=(4,))
    assert LayerCalls(scope, "").call(layer, [steps], {"training": False}).shape == (None, 5, 4)
    with pytest.raises(Refused, match=rf"model.keras: layer 'hidden' \(Dense\): {message}"):
        LayerCalls(scope, "").call(layer, [steps, *args], kwargs)


def test_a_parameter_without_numbers_is_refused(scope: ClassScope, steps: Value) -> None:
    site = LayerCalls(scope, "").site(dense(kernel=(3, 4), bias=(4,)), [steps], {}, False)
    with pytest.raises(Refused, match="no weight is placed in bias_hh_l0, bias_ih_l0, weight_hh_l0, weight_ih_l0"):
        site.module("nn.LSTM(3, 4)")


def test_an_array_that_is_placed_nowhere_is_refused() -> None:
    steps = Ref("steps", 0, 0)
    layer = dense(kernel=(3, 4), bias=(4,))
    graph = Graph(
        "model", ClassName("", "Functional", ""), [layer], [Call(layer, 0, [steps], {})],
        {steps: Spec("steps", (None, 5, 3), "float32")}, steps, Ref("hidden", 0, 0),
    )  # fmt: skip
    model = ModelFile("model.keras", ".keras", "3.15.1", graph, lambda: None)
    assert len(emit(model, TorchOracle(), "Model").placements) == 2
    without = Difference(
        "no-bias", "", "", weights=(Weight("kernel", "weight", "i o -> o i"), Weight("", "bias", otherwise=0.0))
    )
    with pytest.raises(Refused, match=r"layer 'hidden' \(Dense\): its array 'vars/bias' has no place in the port"):
        emit(model, TorchOracle(), "Model", naive=(catalogue.named("keras.layers.Dense"), without))


# -- expressions and names ---------------------------------------------------------------------


def test_what_an_entry_writes_is_held_against_the_allow_list(scope: ClassScope, steps: Value) -> None:
    assert scope.new(f"{steps} + 1", FIRST, "sum").order == FIRST
    with pytest.raises(Unsafe, match=r"torch\.load"):
        scope.new("torch.load('weights')", KERAS, "loaded")
    with pytest.raises(Unsafe, match="names 'open'"):
        scope.opaque("open('weights')", "opened")


def test_an_attribute_leaves_the_names_of_forwards_and_of_other_modules(scope: ClassScope) -> None:
    scope.begin()
    assert [forward.name for forward in scope.draft.forwards] == ["forward", "forward_2"]
    assert scope.attribute("forward_2") == "forward_2_2"
    scope.module("dense", "nn.Linear(3, 4)")
    assert scope.attribute("dense") == "dense_2"
    assert scope.draft.renamed == {"forward_2_2": "forward_2", "dense_2": "dense"}


# -- orders and masks --------------------------------------------------------------------------


def test_another_order_is_one_line_and_the_way_back_none(scope: ClassScope, steps: Value) -> None:
    turned = scope.ordered(steps, KERAS)
    assert turned.order == KERAS and turned.shape == steps.shape and turned.hint == "steps"
    assert scope.ordered(steps, KERAS).token == turned.token
    assert scope.ordered(turned, FIRST).token == steps.token
    assert [value.token for value in scope.forward.values] == [turned.token]


def test_a_value_in_another_order_has_the_mask_of_its_object(scope: ClassScope, steps: Value) -> None:
    steps.mask = mask = scope.input_mask(steps, (None, 5), "mask")
    turned = scope.ordered(steps, KERAS)
    assert turned.order == KERAS and turned.token != steps.token
    assert turned.mask is mask
    assert scope.ordered(turned, FIRST).mask is mask


def test_a_mask_that_is_put_on_or_taken_off_later_is_that_of_every_order(scope: ClassScope, steps: Value) -> None:
    turned = scope.ordered(steps, KERAS)
    steps.mask = mask = scope.input_mask(steps, (None, 5), "mask")
    assert turned.mask is mask and scope.ordered(steps, KERAS).mask is mask
    turned.mask = None
    assert steps.mask is None


def test_another_object_of_the_same_tensor_keeps_its_own_mask_in_every_order(scope: ClassScope, steps: Value) -> None:
    """One tensor may be two objects of Keras; re-ordering either writes one line and mixes up no masks."""
    other = steps.as_object(KerasObject())
    steps.mask = scope.input_mask(steps, (None, 5), "mask")
    first, second = scope.ordered(steps, KERAS), scope.ordered(other, KERAS)
    assert first.token == second.token and len(scope.forward.values) == 1
    assert first.mask is steps.mask and second.mask is None


@pytest.mark.parametrize(
    ("name", "config", "same"),
    [("Dropout", {"rate": 0.5}, True), ("Identity", {}, True), ("Cropping1D", {"cropping": [0, 0]}, False)],
    ids=["dropout", "identity", "cropping"],
)
def test_an_output_is_the_object_that_was_given_only_where_it_is_in_keras(
    name: str, config: dict[str, Any], same: bool, scope: ClassScope
) -> None:
    steps = scope.input((None, 5, 3), "float32", KERAS, "steps")
    made = LayerCalls(scope, "").call(Layer("layer", ClassName("keras.layers", name, ""), config), [steps], {})
    assert (made.object is steps.object) is same
    assert same or made.token == steps.token, "an expression of its own would be another object anyway"
