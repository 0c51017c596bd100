"""What a model declares of its inputs."""

from __future__ import annotations

from typing import Any

from equivalence.formats.document import Document
from equivalence.formats.refusal import shown
from equivalence.translation.dtype_policies import computing, policies
from equivalence.translation.graph import ClassName, Layer, Spec

PACKAGES = ("", "keras", "tensorflow", "tf_keras")

#: What an input may be in Keras and none of a port is: why, and what to do instead.
_WITHOUT_COUNTERPART = {
    "sparse": "and the layers of torch take no sparse tensors: declare it without, and give it dense ones",
    "ragged": "and torch has no layers for rows of different lengths: declare it without, pad the rows and mask them",
    "optional": "so that it may be None, which changes what the layers behind it do: declare it without, or build the "
    "model without this input, and port each of the two that is used",
}


def of_keras(cls: ClassName) -> bool:
    """Whether a class is Keras's own, not a custom one of the same name."""
    return cls.module.partition(".")[0] in PACKAGES and not cls.registered


def is_input(layer: Layer) -> bool:
    return layer.cls.name == "InputLayer" and of_keras(layer.cls)


def input_spec(layer: Layer, document: Document) -> Spec:
    """The declaration of an InputLayer. Raises Refused for sparse, ragged and optional inputs."""
    what = f"input {shown(layer.name)}"
    for key, instead in _WITHOUT_COUNTERPART.items():
        if layer.config.get(key):
            raise document.refuse(f"{what} has {key}=True, {instead}")
    shape = batch_shape(layer.config)
    if shape is None:
        raise document.refuse(f"{what} declares no shape")
    return Spec(layer.name, document.shape(shape, f"the shape of {what}"), dtype_name(layer.config, document))


def batch_shape(config: dict[str, Any]) -> Any:
    """The shape with batch that a layer's configuration declares for its input, or None."""
    return config.get("batch_shape", config.get("batch_input_shape"))


def dtype_name(config: dict[str, Any], document: Document) -> str:
    """The type a layer computes in: of a policy ("mixed_float16"), the computing one."""
    dtype = config.get("dtype") or "float32"
    named = next(policies(dtype), None) if isinstance(dtype, dict) else document.expect(dtype, str, "a dtype")
    return computing(named or "float32")
