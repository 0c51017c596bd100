"""What a proof runs on."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

#: Distributions whose versions a proof holds for; TensorFlow comes under one name or another.
PACKAGES = (("keras",), ("tensorflow", "tensorflow-cpu"), ("torch",), ("numpy",))


def versions() -> dict[str, str]:
    """The installed versions of what a proof runs on."""
    found = {}
    for names in PACKAGES:
        for name in names:
            try:
                found[names[0]] = version(name).partition("+")[0]
                break
            except PackageNotFoundError:
                continue
    return found
