"""Names of Keras, TensorFlow and NumPy as a text has them, and what they mean: full names, entries of the catalogue."""

from __future__ import annotations

import re

from equivalence import catalogue
from equivalence.schema import Entry
from equivalence.translation.graph import ClassName

LIBRARIES = ("keras", "tensorflow", "tf_keras", "numpy", "math")

#: What several places of Keras's package are one with, as what they begin with.
_SAME = (
    (r"tensorflow\.python\.keras\b", "keras"),
    (r"tensorflow\.compat\.v[12]\.keras\b", "keras"),
    (r"tensorflow\.keras\b", "keras"),
    (r"tf_keras\b", "keras"),
    (r"tf\.keras\b", "keras"),
    (r"tensorflow\b", "tf"),
    (r"keras\.api\b", "keras"),
    (r"keras\.layers\.experimental(\.preprocessing)?\b", "keras.layers"),
    (r"keras\.layers\.(core|convolutional|pooling|merge|normalization|recurrent|embeddings)\.", "keras.layers."),
    (r"keras\.(models|engine)\.", "keras."),
    (r"keras\.layers\.Input\Z", "keras.Input"),
    (r"keras\.backend\.", "keras.ops."),
    (r"tf\.(newaxis|pi)\Z", r"numpy.\1"),
)
#: Functions of keras.layers, each of which makes a layer and calls it.
_MERGING = frozenset({"add", "average", "concatenate", "dot", "maximum", "minimum", "multiply", "subtract"})
#: Where TensorFlow's functions live that it also has at its top: the names that Keras 2 wrote into files.
_HOMES = ("", "math.", "linalg.", "nn.")


def full_name(path: str) -> str:
    """The one name of what a text may call by several: "tensorflow.keras.layers.Dense" is "keras.layers.Dense"."""
    before = ""
    while before != path:
        before = path
        for pattern, same in _SAME:
            path = re.sub(rf"\A{pattern}", same, path)
    return path


def names_of_module(module: str) -> list[str]:
    """The names that a module of Keras exports, as far as there are entries for them: what `import *` brings."""
    if module == "keras.models":
        return ["Model", "Sequential"]
    found = {
        name
        for entry in catalogue.entries()
        for full in (entry.keras, *(f"{module}.{alias}" for alias in entry.aliases if entry.keras.startswith(module)))
        for home, _, name in [full.rpartition(".")]
        if home == module and name.isidentifier()
    }
    return sorted(found | ({"Input", *_MERGING} if module == "keras.layers" else set()))


def layer_entry(name: str) -> Entry | None:
    """The entry of `keras.layers.<name>`, by another of its names too: MaxPool2D."""
    found = catalogue.find(ClassName("keras.layers", name, ""))
    if found is not None or not name[:1].isupper():
        return found
    return next(
        (entry for entry in catalogue.entries() if name in entry.aliases and entry.keras.startswith("keras.layers.")),
        None,
    )


def merging_entry(name: str) -> Entry | None:
    """The entry of the layer that a function such as `keras.layers.add` makes and calls."""
    return layer_entry(name.capitalize()) if name in _MERGING else None


def operation_entry(path: str) -> tuple[Entry, ClassName] | None:
    """The entry of a function of Keras or TensorFlow, and the class that it is found by."""
    if path.startswith("tf."):
        name = path.removeprefix("tf.")
        for home in _HOMES:
            cls = ClassName("tf", f"{home}{name}", "")
            if (entry := catalogue.find(cls)) is not None:
                return entry, cls
        return None
    if path.startswith(("keras.ops.", "keras.random.")):
        module, _, name = path.rpartition(".")
        for home in (module, "keras.ops") if module.startswith("keras.ops") else (module,):
            cls = ClassName(home, name, "")
            if (entry := catalogue.find(cls)) is not None:
                return entry, cls
    return None


def activation_name(path: str) -> str | None:
    """The name of an activation by its full name: "relu" for keras.activations.relu, tf.nn.relu and tf.tanh."""
    module, _, name = path.rpartition(".")
    if module not in ("keras.activations", "keras.ops", "tf.nn", "tf", "tf.math"):
        return None
    return name if any(name in (entry.name, *entry.stored) for entry in catalogue.activations()) else None
