"""Which array of a file goes into which parameter, and whether it can, before anything is allocated or read."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from equivalence.emit.class_scope import ClassScope
from equivalence.emit.draft import Placement
from equivalence.emit.storage import arrays
from equivalence.schema import Weight
from equivalence.translation.call_site import Site
from equivalence.translation.graph import Stored


def place_arrays(
    scope: ClassScope,
    site: Site,
    attribute: str,
    shapes: Mapping[str, tuple[int, ...]],
    placed: Sequence[tuple[Site, Sequence[Weight]]],
    sizes: Mapping[str, int],
    place: str,
) -> bool:
    """Gives every parameter of a module its numbers; False where another module has one of the arrays already.

    `placed`: the layer, and those inside it, each with its rules; `place` is the layer's Keras path, for messages.
    Raises Refused where a parameter would be without numbers.
    """
    emission, draft, apart = scope.emission, scope.draft, True
    left = {name: shape for name, shape in shapes.items() if not name.endswith("num_batches_tracked")}
    for owner, rules in placed:
        stored = arrays(owner.layer, owner.entry, owner.config.where)
        for weight in owner.entry.weights:
            if weight.repeated and (array := stored.get((weight.keras, weight.at))) is not None:
                emission.placed[id(array)] = f"{scope.prefix}{attribute}"  # as an array of the layer inside
        for rule in rules:
            if rule.torch not in left:
                continue  # conditional: this module has no such parameter (bias=False)
            array = stored.get((rule.keras, rule.at)) if rule.keras else None
            if array is None and rule.otherwise is None:
                site.refuse(f"{rule.torch} has no counterpart among its weights; {rule.keras} is missing")
            name = f"{attribute}.{rule.torch}" if rule.torch else attribute
            shape = left.pop(rule.torch)
            if array is None:
                draft.fixed.append(name)
            else:
                check_size(site, rule, array, shape)
                held = f"{scope.prefix}{attribute}"
                apart &= emission.placed.setdefault(id(array), held) == held
            named = {axis: size for axis, size in sizes.items() if axis in re.findall(r"\w+", rule.how)}
            emission.placements.append(Placement(f"{scope.prefix}{name}", shape, rule, array, named, place))
    if left:
        site.refuse(f"no weight is placed in {', '.join(sorted(left))}")
    return apart


def check_size(site: Site, rule: Weight, array: Stored, shape: tuple[int, ...]) -> None:
    """Refuses an array that cannot be what the configuration says."""
    if array.declared:
        return
    used = array.shape if rule.pick is None else array.shape[1:]
    if math.prod(used) != math.prod(shape):
        site.refuse(
            f"its weight {rule.keras} has shape {array.shape}, which cannot become "
            f"{rule.torch or 'the parameter'} of shape {shape}"
        )
