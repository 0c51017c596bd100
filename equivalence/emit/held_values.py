"""Weights that the code of an own layer uses itself, and the sizes and masks that it asks its tensors for."""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from typing import Any

from equivalence.emit.class_scope import ClassScope
from equivalence.emit.draft import Placement
from equivalence.errors import Refused
from equivalence.schema import Weight
from equivalence.translation.call_site import Value
from equivalence.translation.graph import Graph, Held, Ref, SizeOf
from equivalence.translation.order import KERAS
from equivalence.translation.sizes import Size

_OF_ONE_SIZE = '''
def of_one_size(x: Tensor, *sizes: int) -> Tensor:
    """`x`, where the sizes are equal: the model was traced with such inputs."""
    if min(sizes) != max(sizes):
        raise ValueError(f"inputs of one size were traced, and these are of {sizes}")
    return x
'''


def held_value(scope: ClassScope, held: Held, where: str) -> Value:
    """The array as a value of the forward at hand; at its first use it becomes a parameter of the class.

    Raises Refused where a module out of reach holds it.
    """
    emission = scope.emission
    if id(held.stored) not in emission.placed:
        _declare(scope, held)
    placed = [placement for placement in emission.placements if placement.stored is held.stored]
    within = [p for p in placed if p.parameter.startswith(scope.prefix)]
    if len(placed) != 1 or not within:
        raise Refused(
            f"{where}: the call uses the weight {held.stored.path!r:.120} of a layer that is not its own; "
            "have that layer do it, or hand the weight on as an argument of the call"
        )
    placement = within[0]
    name = placement.parameter.removeprefix(scope.prefix)
    return scope.new(f"self.{name}{_back(placement.rule, where)}", KERAS, name.rpartition(".")[2])


def _declare(scope: ClassScope, held: Held) -> None:
    stored, emission = held.stored, scope.emission
    attribute = scope.attribute(stored.path.rpartition("/")[2])
    shape = ", ".join(map(str, stored.shape)) or "()"
    dtype = "" if stored.dtype.startswith(("float", "bfloat")) else f", dtype=torch.{stored.dtype}"
    fixed = "" if held.trainable and not dtype else ", requires_grad=False"
    scope.module(attribute, f"nn.Parameter(torch.zeros({shape}{dtype}){fixed})")
    scope.allocate(attribute)
    name = f"{scope.prefix}{attribute}"
    emission.placed[id(stored)] = name
    rule = Weight(attribute, "", trainable=held.trainable)
    emission.placements.append(Placement(name, stored.shape, rule, stored, {}, stored.path.rpartition("/")[0]))


def _back(rule: Weight, where: str) -> str:
    """What brings a parameter into Keras's order: ".T" for "i o -> o i"."""
    if rule.pick is not None or rule.blocks:
        raise Refused(f"{where}: the call uses the weight {rule.keras}, which torch keeps in parts")
    before, _, after = rule.how.partition("->")
    old, new = before.split(), after.split()
    if old == new:
        return ""
    if sorted(old) != sorted(new) or any(re.search(r"[()\d]", name) for name in old):
        raise Refused(f"{where}: the call uses the weight {rule.keras}, which torch keeps in another shape")
    order = [new.index(name) for name in old]
    return ".T" if order == [1, 0] else f".permute({', '.join(map(str, order))})"


def size_value(scope: ClassScope, size: SizeOf, tensors: list[Value]) -> Any:
    """The number as the expression that emitted code has for it; `tensors` are those of its axes."""
    product: Any = 1
    for value, (_, axis) in zip(tensors, size.axes, strict=True):
        product = product * Size(scope.size(value, axis), f"{value}.shape[{value.dim(axis)}]")
    if size.divided_by != 1:
        product = product // size.divided_by
    return product * size.times + size.more if size.times != -1 else -product + size.more


def check_equal_sizes(scope: ClassScope, graph: Graph, inputs: MutableMapping[Ref, Value]) -> None:
    """Has the port raise ValueError where inputs differ in sizes that were one while the model was traced."""
    used = {ref for call in graph.calls for ref in call.refs()}
    for axes in graph.equal:
        sizes = ", ".join(f"{inputs[ref]}.shape[{inputs[ref].dim(axis)}]" for ref, axis in axes)
        for ref in [ref for ref, _ in axes if ref in used][:1]:
            value = inputs[ref]
            made = scope.new(f"{scope.helper(_OF_ONE_SIZE)}({value}, {sizes})", value.order, value.hint, value.dtype)
            made.mask, made.floats = value.mask, value.floats
            inputs[ref] = made.as_object(value.object)
