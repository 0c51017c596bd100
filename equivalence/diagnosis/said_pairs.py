"""Which torch module is which Keras layer, as the caller says it: by names, or by patterns of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from equivalence.errors import Refused


def said_pairs(pairs: Mapping[str, str] | None, layers: Iterable[str], modules: Iterable[str]) -> dict[str, str]:
    """Torch modules by Keras layer. A `*` stands for any text, on the torch side for what it stood for on Keras's.

    Raises Refused where there is no such layer or module: nothing that is said is passed over.
    """
    layers, modules, made = list(dict.fromkeys(layers)), set(modules), dict[str, str]()
    for layer, module in (pairs or {}).items():
        pattern = re.compile("(.*)".join(map(re.escape, layer.split("*"))))
        found = [match for name in layers if (match := pattern.fullmatch(name))]
        if not found:
            raise Refused(f"pairs: the Keras model has no layer {layer!r} with weights; it has {_some(layers)}")
        for match in found:
            parts, held = iter(match.groups()), module.split("*")
            name = held[0] + "".join(next(parts, "*") + rest for rest in held[1:])
            if name not in modules:
                raise Refused(f"pairs: {match[0]!r}: the torch module has no part {name!r}; it has {_some(modules)}")
            made[match[0]] = name
    return made


def _some(names: Iterable[str]) -> str:
    known = sorted(name for name in names if name)
    return ", ".join(known[:8]) + (f" and {len(known) - 8} more" if len(known) > 8 else "")
