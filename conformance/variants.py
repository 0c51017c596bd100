"""Every case of every entry under what its author did not choose: sizes, ranks, orders, masks.

A variant is a recipe of one call. It has to equal Keras, or Keras refuses it, or the port does in a clear sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from differential.recipe import Node, Recipe
from equivalence import catalogue
from equivalence.keras_side.wire import used
from equivalence.proofs.case_inputs import drawn_dtype, draws_of, shapes_of, statement
from equivalence.schema import Case, Entry

KINDS = ("layer", "activation", "operation")
RANKS = (1, 2, 3, 4, 5)
#: Sizes of added axes: none occurs in a case with a meaning of its own.
NEW_SIZES = (3, 2, 4)
#: What a window of three steps over the border of.
SMALL = 2
#: Drawn as floats, which a convolution takes, in the ranks that have one.
CONVOLVED, CONVOLUTIONS = ("normal", "wide", "uniform"), (3, 4, 5)
#: One sample, and some: a squeeze too many shows with one alone.
BATCHES = [1, 3]
#: What an unknown size is in the first run, and how much more in the second.
MORE = 3

Shape = tuple[int, ...]


def entries() -> list[Entry]:
    """The entries whose cases are varied: those that are called on tensors and have a counterpart."""
    return [entry for entry in catalogue.entries() if entry.kind in KINDS and not entry.no_counterpart]


def variants(entry: Entry) -> Iterator[tuple[str, Recipe]]:
    """Every variant of every case of an entry, under a name."""
    for case in entry.cases:
        if not shapes_of(case) or case.by_call:
            continue
        for name, recipe in _of_case(entry, case):
            yield f"{entry.keras.removeprefix('keras.')}/{case.id}/{name}", recipe


def at_rank(case: Case, rank: int) -> Case:
    """A case with its first input of `rank` axes, the others of as many more or fewer; masks and flags stay."""
    shapes, draws = shapes_of(case), draws_of(case)
    change = rank - len(shapes[0])

    def changed(shape: Shape, how: str) -> Shape:
        if change > 0 and how != "bool":
            return (shape[0], *NEW_SIZES[:change], *shape[1:])
        return (shape[0], *shape[1 - change :]) if change < 0 and how != "bool" else shape

    made = [changed(shape, how) for shape, how in zip(shapes, draws, strict=True)]
    return case._replace(id=f"{case.id}-of-{rank}", x=made if len(made) > 1 else made[0], declared=None)


def _of_case(entry: Entry, case: Case) -> Iterator[tuple[str, Recipe]]:
    shapes = shapes_of(case)
    rank = len(shapes[0])
    sizes = sorted({size for shape in shapes for size in shape[1:]})
    yield "one-sample", _recipe(entry, case)
    yield "open", _recipe(entry, case, unknown=lambda place, last: True)
    if any(len(shape) > 2 for shape in shapes):
        yield "open-inside", _recipe(entry, case, unknown=lambda place, last: not last)
        yield "open-channels", _recipe(entry, case, unknown=lambda place, last: place == 1)
    for size in sizes:
        if size > 1:
            yield f"one-for-{size}", _recipe(entry, _resized(case, {size: 1}))
    if len(sizes) > 1:
        yield "ones", _recipe(entry, _resized(case, dict.fromkeys(sizes, 1)))
        yield "small", _recipe(entry, _resized(case, {size: min(size, SMALL) for size in sizes}))
    for other in RANKS:
        if other != rank and abs(other - rank) <= len(NEW_SIZES):
            yield f"rank-{other}", _recipe(entry, at_rank(case, other))
    if rank in CONVOLUTIONS and draws_of(case)[0] in CONVOLVED:
        yield "convolved", _convolved(_recipe(entry, case))
    if entry.kind == "layer" and rank > 2 and len(shapes) == 1 and "mask" not in (case.call or {}):
        yield "masked", _masked(_recipe(entry, case))
        yield "masked-open", _masked(_recipe(entry, case, unknown=lambda place, last: not last))


def _resized(case: Case, sizes: Mapping[int, int]) -> Case:
    made = [(shape[0], *(sizes.get(size, size) for size in shape[1:])) for shape in shapes_of(case)]
    return case._replace(x=made if len(made) > 1 else made[0], declared=None)


def _recipe(entry: Entry, case: Case, unknown: Callable[[int, bool], bool] | None = None) -> Recipe:
    """The recipe of a case; `unknown` says of an axis (its place, and whether it is the last) that its size is."""
    shapes = shapes_of(case)
    together = len({shape[0] for shape in shapes}) == 1
    nodes: list[Node] = []
    for shape, how in zip(shapes, draws_of(case), strict=True):
        declared: list[Any] = list(shape[1:])
        if unknown is not None:
            last = len(shape) - 1
            declared = [f"size {n}" if unknown(i, i == last) else n for i, n in enumerate(shape) if i]
        node: Node = {"id": len(nodes), "kind": "input", "shape": declared, "dtype": drawn_dtype(how), "draw": how}
        nodes.append(node if together else {**node, "batch": shape[0]})
    inputs = [f"{node['id']}.0" for node in nodes]
    stated = statement(entry, case)
    call: Node = {
        "id": len(nodes), "kind": entry.kind, "keras": entry.keras, "config": stated["config"],
        "call": stated["call"], "inputs": inputs,
    }  # fmt: skip
    if case.oracle != "tensorflow":
        call["oracle"] = case.oracle
    if case.because:
        call["max_rel"] = case.max_rel
    known = sorted({size for shape in shapes for size in shape[1:]})
    sizes = [{f"size {size}": size + more for size in known} for more in (0, MORE)]
    return {
        "name": "model", "nodes": [*nodes, call], "inputs": list(inputs), "outputs": None, "batches": BATCHES,
        "sizes": sizes, "forward": True,
    }  # fmt: skip


def _convolved(recipe: Recipe) -> Recipe:
    """With its first input out of a convolution, which torch holds channels first."""
    nodes, call = recipe["nodes"][:-1], recipe["nodes"][-1]
    shape = nodes[0]["shape"]
    before: Node = {
        "id": call["id"] + 1, "kind": "layer", "keras": f"keras.layers.Conv{len(shape) - 1}D",
        "config": {"filters": shape[-1], "kernel_size": 1}, "call": {}, "inputs": ["0.0"],
    }  # fmt: skip
    if nodes[0]["draw"] == "uniform":
        before["config"]["activation"] = "sigmoid"  # between 0 and 1 again
    return {**recipe, "nodes": [*nodes, before, {**call, "inputs": [f"{before['id']}.0", *call["inputs"][1:]]}]}


def _masked(recipe: Recipe) -> Recipe:
    """With a mask given to the call: of its first input's shape without the last axis."""
    nodes, call = recipe["nodes"][:-1], recipe["nodes"][-1]
    mask: Node = {
        "id": call["id"] + 1, "kind": "input", "shape": nodes[0]["shape"][:-1], "dtype": "bool", "draw": "bool",
    }  # fmt: skip
    assert not used(call["call"])
    ref = f"{mask['id']}.0"
    keywords = {**call["call"], "mask": {"$input": len(call["inputs"])}}
    called = {**call, "call": keywords, "inputs": [*call["inputs"], ref]}
    return {**recipe, "nodes": [*nodes, mask, called], "inputs": [*recipe["inputs"], ref]}
