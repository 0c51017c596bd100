"""What is said of a class that no entry translates."""

from __future__ import annotations

from equivalence.translation.graph import ClassName

_LOCAL = "its kernel is another one at each place, and neither Keras 3 nor torch has such a layer"
#: Layers of Keras 2 that Keras 3 has no more: why, and what to do instead.
_OF_KERAS_2 = {
    "LocallyConnected1D": f"{_LOCAL}; put a module of your own in its place (docs/own_layers.md)",
    "LocallyConnected2D": f"{_LOCAL}; put a module of your own in its place (docs/own_layers.md)",
    "TensorFlowOpLayer": "it holds a node of a TensorFlow graph, which is not read; build the model anew with "
    "keras.ops, or with TensorFlow 2.4 or later, which writes the function's name instead, and port what that saves",
}


def unknown_class(cls: ClassName) -> str:
    """Why it is refused, and what to do; read behind the name of the layer."""
    if cls.name in _OF_KERAS_2 and cls.registered in ("", cls.name):
        return f"no entry translates its class {cls.name!r}: {_OF_KERAS_2[cls.name]}."
    full = ".".join(filter(None, (cls.module, cls.name)))
    if cls.module == "tf":
        return (
            f"no entry translates TensorFlow's function {full!r:.120}: have the model use one of keras.ops instead, or "
            "register an entry (docs/own_layers.md)."
        )
    also = f", registered as {cls.registered!r:.80}" if cls.registered else ""
    return (
        f"no entry translates its class {full!r:.120}{also}; a file holds no code: import the class and give it, "
        "port(path, custom_objects={...}) or --import FILE.py, or register an entry (docs/own_layers.md)."
    )
