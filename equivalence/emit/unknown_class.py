"""What is said of a class that no entry translates."""

from __future__ import annotations

from equivalence.translation.graph import ClassName


def unknown_class(cls: ClassName) -> str:
    """Why it is refused, and what to do; read behind the name of the layer."""
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
