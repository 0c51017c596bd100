"""Reshape."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from equivalence.catalogue.reshaping.flatten import flattened
from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Difference, Entry
from equivalence.translation.order import FIRST, KERAS
from equivalence.translation.python_text import call, literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_reshape(site: Site) -> Value:
    """reshape, channels first wherever the last axis keeps its size; a vector becomes (C, 1, 1) at once."""
    x = site.x
    target = _target(site, x)
    if x.rank == 1:  # one number a sample: all sizes are 1
        return site.new(f"{x}[:{', None' * len(target)}]", KERAS)
    if len(target) == 1:
        return flattened(site, x)
    if x.rank == 2 and len(target) > 2 and set(target[:-1]) == {1} and target[-1] == x.shape[1]:
        spatial = ", None" * (len(target) - 1)
        return site.new(f"{site.take(x, KERAS)}[:, :{spatial}]", FIRST)
    if x.order == FIRST and target[-1] == x.shape[-1] is not None:
        if len(target) == 2:
            return site.new(f"{x}.flatten(2)", FIRST)
        return _reshaped(site, x, (target[-1], *target[:-1]), FIRST)
    return _reshaped(site, site.take(x, KERAS), target, KERAS)


def _reshaped(site: Site, x: Value, sizes: tuple[int, ...], order: str) -> Value:
    if -1 in sizes or x.rank == 2:
        # -1 in reshape could not tell the size apart from an empty batch
        flat = f"{x}" if x.rank == 2 else f"torch.flatten({x}, 1)"
        return site.new(f"{flat}.unflatten(1, {literal(sizes)})", order)
    return site.new(call(f"{x}.reshape", f"{x}.shape[0]", *sizes), order)


def _target(site: Site, x: Value) -> tuple[int, ...]:
    """The target shape, its -1 replaced where the input's sizes tell."""
    given = site.config.value("target_shape")
    listed = list(given) if isinstance(given, (list, tuple)) else [given]
    sizes = [-1 if size is None else size for size in listed]
    if not sizes or not all(isinstance(size, int) and not isinstance(size, bool) and size >= -1 for size in sizes):
        site.config.refuse("target_shape", given, "should be a list of sizes, one of which may be -1")
    if sizes.count(-1) > 1:
        site.config.refuse("target_shape", given, "leaves more than one size open")
    known = [size for size in x.shape[1:] if size is not None]
    rest = prod(size for size in sizes if size != -1)
    if len(known) < x.rank - 1:
        return tuple(sizes)
    if rest == 0 or prod(known) % rest or (-1 not in sizes and prod(known) != rest):
        site.config.refuse("target_shape", given, f"does not hold the elements of an input of shape {x.shape}")
    return tuple(prod(known) // rest if size == -1 else size for size in sizes)


def emit_reshape_of_channels_first(site: Site) -> Value:
    """The naive form: the channels-first tensor reshaped by Keras's numbers."""
    x = site.take(site.x, FIRST)
    return site.new(call(f"{x}.reshape", f"{x}.shape[0]", *_target(site, x)), KERAS)


Reshape = Entry(
    keras="keras.layers.Reshape",
    torch=("torch.reshape", "torch.Tensor.unflatten", "torch.nn.Unflatten", "torch.Tensor.view"),
    related=("torch.Tensor.view",),
    says="Gives its input another shape of as many elements, the batch aside.",
    arguments=(
        Argument("target_shape", "shape", note="without the batch; torch's shape has it"),
        *LAYER_ARGUMENTS,
    ),
    differences=(
        Difference(
            "reshape-order",
            "Keras reshapes an image counted by height, width, channels: the same numbers given to a channels-first "
            "tensor put its elements elsewhere.",
            case="image",
            naive=emit_reshape_of_channels_first,
        ),
    ),
    cases=(
        Case("vector", {"target_shape": [3, 4]}, x=(2, 12)),
        Case("image", {"target_shape": [6, 10]}, x=(2, 4, 5, 3)),
        Case("open-size", {"target_shape": [-1, 6]}, x=(2, 4, 3)),
        Case("channels-kept", {"target_shape": [20, 3]}, x=(2, 4, 5, 3)),
        Case("squeeze-and-excite", {"target_shape": [1, 1, 5]}, x=(2, 5)),
        Case("to-a-vector", {"target_shape": [60]}, x=(2, 4, 5, 3)),
        Case("unknown-sizes", {"target_shape": [-1, 3]}, x=(2, 4, 5, 6), declared=(None, None, 6)),
        Case("known-of-unknown-sizes", {"target_shape": [4, 10, 3]}, x=(2, 4, 5, 6), declared=(None, None, 6)),
        Case("unknown-to-a-vector", {"target_shape": [-1]}, x=(2, 4, 3), declared=(None, 3)),
    ),
    emit=emit_reshape,
)
