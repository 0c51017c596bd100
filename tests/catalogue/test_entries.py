"""Every entry against the installed Keras: its arguments, its cases, and what there should be entries for."""

from __future__ import annotations

import inspect
import operator
from typing import Any

import keras
import pytest

from equivalence import catalogue
from equivalence.schema import REQUIRED, USES, Entry

ENTRIES = catalogue.entries()
#: Written by Keras's base classes on every layer, activation or operation, and stated once.
GENERAL = {"name", "activity_regularizer", "dtype", "trainable"}
#: Layers in Xception, InceptionV3, InceptionResNetV2, mini-Xception, VGG, ResNet, ResNetV2, MobileNet(V2) and
#: DenseNet, and their siblings in other dimensions.
FAMILIES = """
Conv1D Conv2D Conv3D DepthwiseConv2D SeparableConv1D SeparableConv2D BatchNormalization MaxPooling1D MaxPooling2D
MaxPooling3D AveragePooling1D AveragePooling2D AveragePooling3D GlobalAveragePooling1D GlobalAveragePooling2D
GlobalAveragePooling3D GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D AdaptiveAveragePooling1D
AdaptiveAveragePooling2D AdaptiveAveragePooling3D AdaptiveMaxPooling1D AdaptiveMaxPooling2D AdaptiveMaxPooling3D
ZeroPadding1D ZeroPadding2D ZeroPadding3D Cropping1D Cropping2D Cropping3D Dense Dropout Flatten Reshape Permute Add
Multiply Average Maximum Minimum Subtract Concatenate Activation ReLU Softmax LeakyReLU PReLU ELU Rescaling InputLayer
Embedding Masking LSTM GRU Bidirectional TimeDistributed MultiHeadAttention LayerNormalization Conv2DTranspose
UpSampling2D
""".split()
NETWORKS = {
    "Xception": {"input_shape": (71, 71, 3)},
    "InceptionV3": {"input_shape": (75, 75, 3)},
    "InceptionResNetV2": {"input_shape": (75, 75, 3)},
    "VGG16": {"input_shape": (32, 32, 3)},
    "ResNet50": {"input_shape": (32, 32, 3)},
    "ResNet50V2": {"input_shape": (32, 32, 3)},
    "MobileNet": {"input_shape": (32, 32, 3)},
    "MobileNetV2": {"input_shape": (32, 32, 3)},
    "DenseNet121": {"input_shape": (32, 32, 3)},
}

by_name = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.keras)


def symbol(entry: Entry) -> Any:
    """What an entry's dotted name means in the installed Keras."""
    root, *rest = entry.keras.split(".")
    found: Any = {"keras": keras, "operator": operator}[root]
    for name in rest:
        found = getattr(found, name)
    return found


@by_name
def test_every_argument_of_the_signature_is_accounted_for(entry: Entry) -> None:
    if entry.keras.startswith("keras.Model.") and entry.keras.count(".") == 3:  # of one argument
        method, _, argument = entry.keras.removeprefix("keras.Model.").partition(".")
        assert argument in inspect.signature(getattr(keras.Model, method)).parameters
        return
    found = symbol(entry)
    parameters = inspect.signature(found.__init__ if inspect.isclass(found) else found).parameters.values()
    named = [p for p in parameters if p.name != "self" and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    if entry.kind == "activation":
        named = named[1:]  # the tensor
    stated = {argument.keras: argument for argument in entry.arguments}
    assert {p.name for p in named} - GENERAL <= set(stated)
    if len(named) == len([p for p in parameters if p.name != "self"]):
        assert set(stated) - GENERAL <= {p.name for p in named}
    for parameter in named:
        if parameter.name not in stated:
            continue
        default = stated[parameter.name].default
        if parameter.default is inspect.Parameter.empty:
            assert default is REQUIRED or default is None, parameter.name
        else:
            assert default == parameter.default or list(default) == list(parameter.default), parameter.name


@by_name
def test_cases_say_what_they_should(entry: Entry) -> None:
    assert entry.cases or entry.no_counterpart
    ids = [case.id for case in entry.cases]
    assert len(ids) == len(set(ids))
    for case in entry.cases:
        if case.oracle != "tensorflow" or case.max_rel != 1e-10:
            assert case.because, f"{case.id} deviates from the house's rule without a reason"
    for difference in entry.differences:
        assert difference.case in ids
        assert difference.swap or difference.weights or difference.naive, f"{difference.id} shows no mistake"


@by_name
def test_uses_are_those_of_the_kind(entry: Entry) -> None:
    uses = USES[entry.kind]
    assert bool(entry.weights or entry.inner) <= ("weights" in uses)
    assert bool(entry.differences) <= ("diagnosis" in uses)


@by_name
def test_every_setting_is_reached_by_a_case(entry: Entry) -> None:
    reached = {key for case in entry.cases for key in (*case.config, *(case.call or {}))}
    settings = {a.keras for a in entry.arguments if not a.inert and a.default is not REQUIRED and a.default is not None}
    refused = {a.keras for a in entry.arguments if "refuse" in a.note}
    assert settings - GENERAL - refused <= reached


@pytest.mark.parametrize("name", FAMILIES)
def test_the_first_families_have_entries(name: str) -> None:
    assert catalogue.named(f"keras.layers.{name}").cases


@pytest.mark.parametrize(
    "name", [n for n in dir(keras.activations) if inspect.isfunction(getattr(keras.activations, n))]
)
def test_every_activation_has_an_entry(name: str) -> None:
    if name in ("get", "serialize", "deserialize"):
        return
    function = getattr(keras.activations, name)
    assert any(symbol(entry) is function for entry in ENTRIES if entry.kind == "activation")


@pytest.mark.parametrize("network", NETWORKS)
def test_every_layer_of_the_applications_has_an_entry(network: str) -> None:
    model = getattr(keras.applications, network)(weights=None, **NETWORKS[network])
    known = {symbol(entry) for entry in ENTRIES if entry.kind in ("layer", "input")}
    missing = {type(layer).__name__ for layer in model.layers if type(layer) not in known}
    assert not missing


@pytest.mark.parametrize(
    "entry", [entry for entry in ENTRIES if entry.kind == "layer"], ids=lambda entry: entry.keras.removeprefix("keras.")
)
def test_the_mode_that_a_layer_runs_in_by_default_is_stated(entry: Entry) -> None:
    """Keras writes that default into files, where it says nothing."""
    called = getattr(symbol(entry), "call", None)  # InputSpec is a layer by its module alone
    training = inspect.signature(called).parameters.get("training") if called else None
    assert entry.no_counterpart or entry.trains_by_default is (training.default if training else False)
