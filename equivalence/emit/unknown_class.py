"""What is said of a class that no entry translates."""

from __future__ import annotations

from equivalence.translation.graph import ClassName

_AS_RNN = "it holds the arrays of {0} as cuDNN has them; build the model with {1} in its place in Keras 2, whose"
#: Layers of Keras 2 that Keras 3 has no more: why, and what to do instead.
_OF_KERAS_2 = {
    "ThresholdedReLU": "Keras 3 has it no more; keras.layers.ReLU(threshold=theta) is the same function, and has no "
    "weights either: build the model with that in its place, load the weights, and port it",
    "CuDNNLSTM": f"{_AS_RNN.format('an LSTM', 'LSTM()')} load_weights turns them round, and port what that saves",
    "CuDNNGRU": f"{_AS_RNN.format('a GRU', 'GRU(reset_after=True)')} load_weights turns them round, and port what "
    "that saves",
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
