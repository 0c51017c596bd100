"""Settings that a Keras layer and its torch module both state, and state differently.

Read off both sides, nothing is run. Only what says the same thing by itself is compared: a `padding` does
not, as a layer or a call before it may pad.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from equivalence.translation.python_text import identifier


class Setting(NamedTuple):
    """An attribute of a Keras layer and of its torch counterpart."""

    keras: str
    torch: str
    how: str = ""  # as `Argument.how`
    as_torch: Callable[[Any], Any] = lambda value: value
    seen_in: str = ""


SETTINGS = (
    Setting("epsilon", "eps"),
    Setting("momentum", "momentum", "1 - momentum", lambda momentum: 1 - momentum, "in training"),
    Setting("strides", "stride"),
    Setting("dilation_rate", "dilation"),
    Setting("pool_size", "kernel_size"),
    Setting("groups", "num_groups"),
    Setting("negative_slope", "negative_slope"),
    Setting("alpha", "alpha"),
    Setting("rate", "p", seen_in="in training"),
)

_BASES = ("keras.src.layers.layer", "torch.nn.modules.module")


def differences(layers: Iterable[tuple[tuple[str, ...], Any]], modules: Mapping[str, Any]) -> Iterator[str]:
    """A sentence for each setting that differs.

    `layers`: Keras layers with their paths; `modules`: torch's by their paths. As with weights, dots and
    underscores count as the same.
    """
    folded: dict[str, list[str]] = {}
    for name in modules:
        folded.setdefault(name.replace(".", "_"), []).append(name)
    for path, layer in layers:
        found = folded.get("_".join(identifier(part, ()) for part in path).replace(".", "_"), [])
        if len(found) == 1 and _is_own(layer, "keras.src.layers.") and _is_own(modules[found[0]], "torch.nn.modules."):
            yield from _between(".".join(path), layer, found[0], modules[found[0]])


def _between(layer_name: str, layer: Any, module_name: str, module: Any) -> Iterator[str]:
    for setting in SETTINGS:
        if hasattr(layer, setting.keras) and hasattr(module, setting.torch):
            held, found = getattr(layer, setting.keras), getattr(module, setting.torch)
            if not _same(setting.as_torch(held), found):
                meant = f", so {setting.how} = {setting.as_torch(held):g} in torch" if setting.how else ""
                yield (
                    f"layer {layer_name!r} has {setting.keras}={held!r} in Keras{meant}, and torch's {module_name!r} "
                    f"has {setting.torch}={found!r}: they differ {setting.seen_in or 'in what they compute'}"
                )
    mode = getattr(module, "padding_mode", "zeros")
    if mode != "zeros" and module.padding not in (0, "valid") and set(module.padding) != {0}:
        yield (
            f"layer {layer_name!r} pads with zeros in Keras, and torch's {module_name!r} has padding_mode={mode!r}: "
            "they differ in what they compute"
        )


def _is_own(part: Any, package: str) -> bool:
    """Whether it is a framework's own layer or a class made of one; what every layer is made of does not count."""
    modules = [base.__module__ for base in type(part).__mro__]
    return any(name.startswith(package) and name not in _BASES for name in modules)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, (tuple, list)) or isinstance(other, (tuple, list)):
        pair = [tuple(side) if isinstance(side, (tuple, list)) else None for side in (one, other)]
        length = len(next(side for side in pair if side is not None))
        first, second = (side or (value,) * length for side, value in zip(pair, (one, other), strict=True))
        return len(first) == len(second) and all(map(_same, first, second))
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=1e-9)
