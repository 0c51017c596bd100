"""An entry read backwards: the Keras call that a torch call becomes, by the entry's own map of arguments."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from equivalence.schema import REQUIRED, Entry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from equivalence.translation.torch_calls import Signature


def template(entry: Entry, stated: Signature, via: Mapping[str, str]) -> str:
    """The template that an entry's arguments make, in the names of a torch signature.

    An argument is known by `Argument.torch`; `via` gives those that are computed. What torch leaves out keeps its
    Keras default where torch's is the same, and is written out where it is another.

    Raises ValueError where a required Keras argument has no source.
    """
    defaults = {each.name: each.default for each in stated.all}
    places, keywords = [], []
    for argument in entry.arguments:
        source = via.get(argument.keras) or (argument.torch if argument.torch in defaults else None)
        if source is None:
            if argument.default is REQUIRED:
                raise ValueError(f"{entry.keras}: nothing in {stated.name} says what {argument.keras} is")
        elif argument.default is REQUIRED:
            places.append(source)
        elif source in defaults and not _same(defaults[source], argument.default):
            keywords.append(f"{argument.keras}=always({source})")
        else:
            keywords.append(f"{argument.keras}={source}")
    if entry.kind in ("layer", "model"):
        called = ", ".join(each.name for each in stated.forward or ())
        return f"{entry.keras}({', '.join((*places, *keywords))})({called})"
    if entry.kind == "activation":
        places.insert(0, (stated.forward or stated.parameters)[0].name)
    return f"{entry.keras}({', '.join((*places, *keywords))})"


def _same(torch: ast.expr | None, keras: object) -> bool:
    """Whether torch's default is Keras's: (1, 1) is 1, as Keras's layers take it."""
    if torch is None:
        return True  # torch has none: the call says what it is
    value = ast.literal_eval(torch)
    if isinstance(keras, tuple) and len(set(keras)) == 1 and not isinstance(value, tuple):
        keras = keras[0]
    return type(value) is type(keras) and value == keras
