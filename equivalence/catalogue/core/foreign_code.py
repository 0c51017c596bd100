"""Layers whose meaning is code of somebody else's: Python, TensorFlow, JAX or torch, which no model file may bring."""

from __future__ import annotations

from equivalence.schema import Argument, Entry, refuse_without_counterpart


def _foreign(name: str, says: str, because: str, *arguments: Argument, aliases: tuple[str, ...] = ()) -> Entry:
    return Entry(
        keras=f"keras.layers.{name}",
        torch=(),
        says=says,
        emit=refuse_without_counterpart,
        arguments=arguments,
        aliases=aliases,
        no_counterpart=because,
    )


Lambda = _foreign(
    "Lambda",
    "A Python function as a layer.",
    "a Lambda holds Python code, which is never run; replace it by keras.ops or a layer of its own, or register an "
    "entry for it (CONTRIBUTING.md)",
    Argument("function"),
    Argument("output_shape", None, None),
    Argument("mask", None, None),
    Argument("arguments", None, None),
    aliases=("lambda layer",),
)
Layer = _foreign(
    "Layer",
    "The base class of all layers: one's own are written with it, as with nn.Module in PyTorch.",
    "it computes nothing by itself; write __init__ and forward of an nn.Module where Keras has build and call",
    aliases=("custom layer", "base layer", "subclass layer"),
)._replace(arguments=(Argument("activity_regularizer", None, None), Argument("autocast", None, True, note="refused")))
Wrapper = _foreign(
    "Wrapper",
    "The base class of layers that hold another.",
    "it computes nothing by itself; hold the other module as an attribute of an nn.Module",
    Argument("layer"),
)
InputSpec = _foreign(
    "InputSpec",
    "What a layer demands of its input: shape, rank, dtype.",
    "nn.Module checks nothing of its inputs; state it in forward, with raise ValueError",
    *(Argument(name, None, None) for name in ("dtype", "shape", "ndim", "max_ndim", "min_ndim", "axes")),
    Argument("allow_last_axis_squeeze", None, False, note="refused"),
    Argument("optional", None, False, note="refused"),
)
TFSMLayer = _foreign(
    "TFSMLayer",
    "A TensorFlow SavedModel as a layer.",
    "a SavedModel is a compiled TensorFlow graph; port the Keras model that it was exported from, or run it by ONNX",
    Argument("filepath"),
    Argument("call_endpoint", None, "serve", note="refused"),
    Argument("call_training_endpoint", None, None),
    aliases=("SavedModel", "saved_model"),
)
FlaxLayer = _foreign(
    "FlaxLayer",
    "A Flax module as a layer.",
    "its computation is JAX code; rewrite it as an nn.Module and carry its variables over by name",
    Argument("module"),
    Argument("method", None, None),
    Argument("variables", None, None),
    aliases=("flax",),
)
JaxLayer = _foreign(
    "JaxLayer",
    "A JAX function as a layer.",
    "its computation is JAX code; rewrite it as an nn.Module and carry its parameters over by name",
    Argument("call_fn"),
    Argument("init_fn", None, None),
    Argument("params", None, None),
    Argument("state", None, None),
    Argument("seed", None, None),
    Argument("native_serialization_platforms", None, None),
    aliases=("jax",),
)
TorchModuleWrapper = _foreign(
    "TorchModuleWrapper",
    "An nn.Module as a Keras layer.",
    "its file holds a pickled module, which may run anything when it is read; use the nn.Module that was wrapped",
    Argument("module"),
    Argument("output_shape", None, None),
    aliases=("torch module in keras",),
)
