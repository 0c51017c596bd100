"""What is said of a class that no entry translates."""

from __future__ import annotations

from equivalence.translation.graph import ClassName


def unknown_class(cls: ClassName) -> str:
    """Why it is refused, and what to do; read behind the name of the layer."""
    if cls.name == "Lambda":
        return (
            "a Lambda holds Python code, which is never run; replace it by keras.ops or a layer of its own, "
            "or register an entry for it (CONTRIBUTING.md)."
        )
    full = ".".join(filter(None, (cls.module, cls.name)))
    also = f", registered as {cls.registered!r:.80}" if cls.registered else ""
    return (
        f"no entry translates its class {full!r:.120}{also}; equivalence.catalogue.register adds one (CONTRIBUTING.md)."
    )
