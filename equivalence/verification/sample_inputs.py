"""Inputs to compare a port on: random, in Keras's layout, of sizes with which the port runs."""

from __future__ import annotations

import math

import numpy as np

from equivalence.catalogue import find
from equivalence.emit.wrapped import class_of
from equivalence.errors import Refused, Unavailable
from equivalence.torch_side.loading import run, unchanged
from equivalence.translation.graph import Graph, Ref
from equivalence.translation.order import axes
from equivalence.verification.ported import Ported
from equivalence.verification.sample_words import sample_numbers, sample_texts

#: Sizes tried for sides and lengths that the model leaves open, and the batch. Uneven ones first, of which padding
#: tells most; among the larger ones those that a way down and up again (U-Net) comes back to, and equal ones.
#: Small ones too, as of positions a few are embedded; the largest last, as what is said of it tells most.
_OPEN_SIZES = ((37, 41), (64, 96), (75, 83), (139, 150), (96, 96), (192, 288), (11, 9), (5, 6), (299, 310))
#: Lengths that are tried after those, where sequences alone are open: some networks cut off thousands of steps.
_LENGTHS = ((1920, 1920), (9600, 9600))
#: The batch; where the port runs with no sizes and that one, one that has indices of its own or comes in groups.
_BATCHES = (2, 12)
#: Whole numbers below this are tried last: what code makes of them may be an index of something small.
_FEW = 2
_MOST = 1 << 27  # numbers of one input


def draw_inputs(ported: Ported, seed: int = 0) -> list[np.ndarray]:
    """Random inputs in Keras's layout: standard normal numbers, indices that every Embedding knows, or texts.

    Open sizes take the first values with which the port runs. What is looked up are words of the model's vocabularies
    and others, or, where it only runs so, those words alone. Raises Unavailable where it runs with nothing that was
    tried, and Refused where all sizes are declared, nothing is looked up, and it does not run with them.
    """
    specs = [spec for _, _, spec in ported.draft.classes[-1].inputs]
    held = [value.order for _, value, _ in ported.draft.classes[-1].inputs]
    largest, indices = _largest_index(ported.graph), _taken_as(ported.graph, "indices")
    ranges = _ranges(ported.graph)
    fixed = ported.draft.classes[-1].stateful  # Keras keeps states of one size of batch
    tables, keys = ported.draft.tables, _taken_as(ported.graph, "keys")
    lengths = _LENGTHS if all(None not in spec.shape[1:] or len(spec.shape) < 4 for spec in specs) else ()
    closed = not any(None in spec.shape[1:] for spec in specs)
    whole = any(spec.dtype.startswith(("int", "uint")) for spec in specs) or bool(indices)
    bounds: list[int | None] = [None, *([largest] if any(size > largest for size in ranges.values()) else [])]
    tried = [
        (sizes, known, bound, batch)
        for batch in (_BATCHES[:1] if fixed else _BATCHES)
        for sizes in (_OPEN_SIZES[:1] if closed else (*_OPEN_SIZES, *lengths))[: None if batch == _BATCHES[0] else 2]
        for bound in (*bounds, *([_FEW] if whole else []))
        for known in ((False, True) if tables else (False,))
    ]
    failure = ""
    for sizes, known, bound, sized in tried:
        random = np.random.default_rng(seed)
        inputs = []
        for ref, spec in zip(ported.graph.specs, specs, strict=True):
            batch = (fixed and spec.shape[0]) or sized
            shape = (batch, *(sizes[axis % 2] if n is None else n for axis, n in enumerate(spec.shape[1:])))
            if math.prod(shape) > _MOST:
                raise Unavailable(f"an input of shape {shape} has more than {_MOST} numbers: nothing was compared")
            if spec.dtype == "string":
                inputs.append(random.choice(sample_texts(tables, known), shape))
            elif ref in keys:
                inputs.append(random.choice(sample_numbers(tables, known), shape).astype(spec.dtype))
            elif spec.dtype.startswith(("int", "uint")) or ref in indices:
                rows = ranges.get(ref, largest) if bound is None else bound
                inputs.append(random.integers(0, rows, shape).astype(spec.dtype))
            elif spec.dtype == "bool":
                inputs.append(random.random(shape) < 0.5)
            else:
                inputs.append(random.standard_normal(shape).astype(np.float32))
        try:
            with unchanged(ported.module):
                run(ported.module, [np.transpose(x, axes(o, x.ndim)) for x, o in zip(inputs, held, strict=True)])
            return inputs
        except (IndexError, RuntimeError, ValueError) as error:
            shapes = ", ".join(str(array.shape) for array in inputs)
            failure = (
                failure
                if sized != _BATCHES[0]
                else f"the port does not run on inputs of shape {shapes}: {' '.join(str(error).split())[:200]}"
            )
    if closed and not tables:
        raise Refused(f"{ported.report.source}: {failure}.")
    raise Unavailable(failure)


def _taken_as(graph: Graph, what: str) -> set[Ref]:
    """The inputs whose numbers an Embedding takes as indices, or a lookup as keys; old files often declare floats."""
    found: set[Ref] = set()
    for call in graph.calls:
        entry = find(class_of(call.layer))
        if entry is not None and entry.whole_numbers == what:
            found.update(call.refs())
        models = [call.inside] if call.inside is not None else [model for _, model in call.layer.models()]
        for model in models:
            inside = _taken_as(model, what)
            found.update(ref for ref, own in zip(call.refs(), model.specs, strict=False) if own in inside)
    return found & set(graph.specs)


def _ranges(graph: Graph) -> dict[Ref, int]:
    """Of each input that an Embedding looks up: the rows of its table, the fewest of all."""
    found: dict[Ref, int] = {}
    for call in graph.calls:
        entry = find(class_of(call.layer))
        if entry is not None and entry.whole_numbers == "indices":
            sizes = [call.layer.config.get("input_dim")] * len(call.refs())
        else:
            inside = _ranges(call.inside) if call.inside is not None else {}
            sizes = [inside.get(own) for own in (call.inside.specs if call.inside is not None else ())]
        for ref, size in zip(call.refs(), sizes, strict=False):
            if isinstance(size, int):
                found[ref] = min(size, found.get(ref, size))
    return {ref: size for ref, size in found.items() if ref in graph.specs}


def _largest_index(graph: Graph) -> int:
    found = [layer.config["input_dim"] for layer in graph.layers if isinstance(layer.config.get("input_dim"), int)]
    found += [_largest_index(model) for layer in graph.layers for _, model in layer.models()]
    return min(found, default=10)
