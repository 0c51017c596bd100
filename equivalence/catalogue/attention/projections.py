"""The projections of MultiHeadAttention: into heads before the attention, and out of them after it."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from equivalence.schema import Weight
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def attended_axes(site: Site, query: Value) -> tuple[int, ...]:
    """The axes that attention runs over: those the configuration names, or all between batch and features."""
    given, rank = site.config.value("attention_axes"), query.rank
    if given is None:
        return tuple(range(1, rank - 1))
    axes = tuple(axis % rank for axis in ([given] if isinstance(given, int) else given))
    if not axes or not set(axes) <= set(range(1, rank - 1)) or len(set(axes)) < len(axes):
        site.config.refuse("attention_axes", given, f"should be axes between the first and the last of {rank}")
    return axes


def heads(site: Site, name: str, x: Value, axes: tuple[int, ...]) -> Value:
    """(N, other axes, heads, attended axes as one, size) out of (N, axes, features)."""
    count, size = site.config.integer("num_heads"), _size(site, name)
    linear = projection(site, name, x.shape[-1], count * size)
    split = f"{linear}({x}).unflatten(-1, ({count}, {size}))"
    if x.rank == 3:
        return site.new(f"{split}.transpose(1, 2)", KERAS, name)
    moved = site.new(f"{split}.permute{_heads_first(x.rank, axes)!r}", KERAS, name)
    return site.new(f"{moved}.flatten({x.rank - len(axes)}, {x.rank - 1})", KERAS, name) if len(axes) > 1 else moved


def output(site: Site, query: Value, attended: Value, axes: tuple[int, ...]) -> Value:
    """The heads side by side again, gated where Keras gates them, and through the last projection."""
    rank = query.rank
    if rank == 3:
        joined = site.new(f"{attended}.transpose(1, 2).flatten(2)", KERAS)
    else:
        if len(axes) > 1:
            sizes = ", ".join(f"{query}.shape[{axis}]" for axis in axes)
            attended = site.new(f"{attended}.unflatten({rank - len(axes)}, ({sizes}))", KERAS)
        moved = _heads_first(rank, axes)
        back = tuple(moved.index(axis) for axis in range(rank + 1))
        joined = site.new(f"{attended}.permute{back!r}.flatten({rank - 1})", KERAS)
    features = site.config.integer("num_heads") * _size(site, "value")
    if site.config.flag("use_gate"):
        gate = projection(site, "gate", query.shape[-1], features)
        joined = site.new(f"{joined} * torch.sigmoid({gate}({query}))", KERAS)
    shape = _output_shape(site, query)
    linear = projection(site, "output", features, prod(shape), shape)
    return site.new(f"{linear}({joined}){f'.unflatten(-1, {shape!r})' if len(shape) > 1 else ''}", KERAS)


def _heads_first(rank: int, axes: tuple[int, ...]) -> tuple[int, ...]:
    """The permutation of (N, axes, heads, size) to (N, other axes, heads, attended axes, size)."""
    others = [axis for axis in range(1, rank - 1) if axis not in axes]
    return (0, *others, rank - 1, *axes, rank)


def _size(site: Site, name: str) -> int:
    """The size per head: value_dim of the values, key_dim of queries and keys."""
    if name == "value" and site.config.value("value_dim") is not None:
        return site.config.integer("value_dim")
    return site.config.integer("key_dim")


def _output_shape(site: Site, query: Value) -> tuple[int, ...]:
    given = site.config.value("output_shape")
    shape = [given] if isinstance(given, int) else given or [query.shape[-1]]
    if not all(isinstance(size, int) and size > 0 for size in shape):
        site.config.refuse("output_shape", given, "should be whole numbers of at least 1")
    return tuple(shape)


def projection(site: Site, name: str, inputs: int | None, outputs: int, shape: tuple[int, ...] = ()) -> str:
    """The Linear of one projection, with the arrays that the entry places in `<name>.weight` and `<name>.bias`."""
    if inputs is None:
        site.refuse(f"the last axis of its {name} is unknown")
    weights = [
        weight._replace(torch=weight.torch.removeprefix(f"{name}."), how=_spread(weight, shape))
        for weight in site.weights
        if weight.torch.startswith(f"{name}.")
    ]
    bias = site.config.flag("use_bias")
    return site.module(call("nn.Linear", inputs, outputs, bias=bias, omit={"bias": True}), name, weights=weights)


def _spread(weight: Weight, shape: tuple[int, ...]) -> str:
    """The pattern of an output projection onto several axes: its one axis `o` is then as many."""
    if len(shape) < 2:
        return weight.how
    names = " ".join(f"o{index}" for index in range(len(shape)))
    left, right = (weight.how or "o -> o").split(" -> ")
    return f"{' '.join(names if axis == 'o' else axis for axis in left.split())} -> {right.replace('o', f'({names})')}"
