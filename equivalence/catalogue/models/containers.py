"""What holds layers together: Sequential and Functional models, and their inputs.

The emitter itself writes these: a model becomes a class with its layers as attributes, an input becomes
a parameter of its `forward`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from equivalence.schema import Argument, Case, Entry

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site


def emit_model_in_a_layer(site: Site) -> NoReturn:
    """Refuses: a model among the calls is the emitter's own business, one inside a layer has no translation."""
    site.refuse(
        "it is a model kept inside another layer, which is not translated; give the model's layers one by one, or its "
        "definition to `equivalence translate`"
    )


def _tensor(layer: str) -> dict[str, Any]:
    """A tensor of a functional configuration: the first output of a layer's first call."""
    config = {"shape": [None, 5], "dtype": "float32", "keras_history": [layer, 0, 0]}
    return {"args": [{"class_name": "__keras_tensor__", "config": config}], "kwargs": {}}


def _layer(name: str, units: int, source: str) -> dict[str, Any]:
    return {
        "module": "keras.layers",
        "class_name": "Dense",
        "registered_name": None,
        "name": name,
        "config": {"name": name, "units": units, "activation": "relu"},
        "inbound_nodes": [_tensor(source)],
    }


_INPUT: dict[str, Any] = {
    "module": "keras.layers",
    "class_name": "InputLayer",
    "registered_name": None,
    "config": {"batch_shape": [None, 5], "dtype": "float32", "name": "features"},
    "name": "features",
    "inbound_nodes": [],
}

Sequential = Entry(
    keras="keras.Sequential",
    torch=("torch.nn.Sequential", "torch.nn.Module"),
    related=("torch.nn.Sequential",),
    says="Layers one after the other; nested in another model it becomes a class of its own.",
    emit=emit_model_in_a_layer,
    kind="model",
    arguments=(
        Argument("layers", None, None, note="attributes of the class, under their Keras names"),
        Argument("trainable", None, True, note="requires_grad_ of its parameters; the report lists what was frozen"),
        Argument("name", None, None, note="the attribute's and, in CapWords, the class's name"),
    ),
    cases=(
        Case(
            "two-layers",
            {
                "name": "head",
                "layers": [
                    {"class_name": "Dense", "config": {"units": 4, "activation": "relu"}},
                    {"class_name": "Dense", "config": {"units": 3, "use_bias": False}},
                ],
            },
            x=(2, 5),
        ),
        Case(
            "with-an-image",
            {
                "name": "features",
                "layers": [
                    {"class_name": "Conv2D", "config": {"filters": 4, "kernel_size": 3, "padding": "same"}},
                    {"class_name": "BatchNormalization", "config": {"momentum": 0.875}},
                    {"class_name": "GlobalAveragePooling2D", "config": {}},
                ],
            },
            x=(2, 5, 7, 3),
            training="The BatchNormalization in it keeps another running variance.",
        ),
    ),
    aliases=("keras.models.Sequential", "nn.Sequential"),
    stored=("keras.models:Sequential", "keras.src.models.sequential:Sequential", ":Sequential"),
)
Functional = Entry(
    keras="keras.Model",
    torch=("torch.nn.Module",),
    says="A graph of layers between inputs and outputs: a class whose forward names what branches.",
    emit=emit_model_in_a_layer,
    kind="model",
    arguments=(
        Argument("inputs", None, None, note="parameters of forward, in Keras's order"),
        Argument("outputs", None, None, note="what forward returns: a tensor, a tuple, or a dictionary"),
        Argument("name", None, None, note="the class's name, in CapWords"),
    ),
    cases=(
        Case(
            "a-branch",
            {
                "name": "branches",
                "layers": [_INPUT, _layer("wide", 5, "features"), _layer("narrow", 5, "wide")],
                "input_layers": [["features", 0, 0]],
                "output_layers": [["narrow", 0, 0]],
            },
            x=(2, 5),
        ),
    ),
    aliases=("Functional", "keras.models.Model", "functional API", "nn.Module"),
    stored=(
        "keras:Functional", "keras.src.models.functional:Functional", "keras.models:Model", ":Functional", ":Model",
    ),
)  # fmt: skip
InputLayer = Entry(
    keras="keras.layers.InputLayer",
    torch=("torch.nn.Module.forward",),
    says="An input of a model: a parameter of forward; torch declares neither its shape nor its dtype.",
    emit=emit_model_in_a_layer,
    kind="input",
    arguments=(
        Argument("shape", None, None, note="stands in the docstring of the emitted file, channels first"),
        Argument("batch_size", None, None, note="any batch runs"),
        Argument(
            "dtype", None, None, note="float32 unless said otherwise; Keras casts what it is given, torch does not"
        ),
        Argument("sparse", None, None, note="true is refused"),
        Argument("ragged", None, None, note="true is refused"),
        Argument("batch_shape", None, None, note="shape with the batch"),
        Argument("input_tensor", None, None, note="not stored in files"),
        Argument("optional", None, False, note="true is refused"),
        Argument("name", None, None, note="the parameter's name"),
    ),
    cases=(
        Case("features", {"shape": [3, 5]}, x=(2, 3, 5)),
        Case("whole-numbers", {"shape": [3, 5], "dtype": "int32", "name": "ids"}, x=(2, 3, 5), draw="ids:9"),
        Case("open-length", {"shape": [None, 5]}, x=(2, 3, 5)),
    ),
    aliases=("keras.Input", "Input", "input_shape"),
)
