"""Classes that a file names without a module, as every `.h5` does: Keras's own, or somebody else's of the same name.

Keras takes such a class for its own, unless it is handed another. Which keys the configuration holds tells the two
apart: Keras writes all arguments of a class, and only those.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from equivalence.catalogue.written_by import wrote
from equivalence.emit.general_keys import GENERAL
from equivalence.errors import Refused
from equivalence.schema import LAYER_ARGUMENTS, Entry
from equivalence.translation.graph import ClassName

_ELSEWHERE = (
    "the file does not say where the class is from, and it is none of Keras's: save the model as .keras, which does, "
    "and register an entry for the class (CONTRIBUTING.md)"
)


def check_own(cls: ClassName, entry: Entry, config: Mapping[str, Any], version: str, where: str) -> None:
    """Raises Refused where a class of a bare name is not as the Keras of that version wrote the entry's.

    A class without arguments of its own (Add, Identity) can be told by nothing: it is taken for what it is called.
    """
    own = entry.kind == "layer" and entry.keras.startswith("keras.")
    if cls.module or not own or entry.no_counterpart:
        return
    if not wrote(version, entry.since):
        _refuse(where, f"Keras {version} had no {entry.name}, which came with {entry.since}")
    for argument in entry.arguments:
        always = argument.since is not None and argument not in LAYER_ARGUMENTS and wrote(version, argument.since)
        if always and not any(name in config for name in (argument.keras, *argument.old)):
            _refuse(where, f"its configuration lacks {argument.keras}, which Keras writes for every {entry.name}")
    for key, value in config.items():
        if key not in GENERAL and entry.argument(key) is None:
            _refuse(where, f"{key}={value!r:.80} is no argument that is known of {entry.keras}")


def _refuse(where: str, because: str) -> NoReturn:
    raise Refused(f"{where}: {because}; {_ELSEWHERE}.")
