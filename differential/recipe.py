"""A model as plain JSON: what is drawn, judged, shrunk and kept as a test.

A recipe is `{"name", "nodes", "inputs", "outputs"}`. Nodes stand in the order in which they are called; each has
an `id` (a number), and its outputs, flattened, are `"id.0"`, `"id.1"`, ...: these texts are the leaves of `inputs`
and `outputs`, nested lists and dictionaries. A node is, by its `kind`,

- `input`: `shape` without the batch, in which a text is the name of an unknown size; `dtype`; `draw` as in a `Case`;
  `values`, batch first, where it is first run on these; without `draw` it is run on nothing else; `batch`, a size or
  the name of one, where it is not that of the others;
- `layer`, `operation`, `activation` or `model`: a case as `equivalence.keras_side.symbols` reads it (`keras`,
  `config`, `call`), called with `inputs`, a list of tensors; the case's `oracle` and `max_rel` where they are stated;
- `nested`: a model of its own `recipe`, called with `inputs`, as many as it has, and `call`;
- `again`: what the node `of` called, called once more.

`sequential` true: the nodes after the input are the layers of a `keras.Sequential`. `batches` and `sizes`:
those of its runs, where they are not `BATCHES` and `SIZES`. `outputs` null: all that the last node gives.
`forward` true: outputs are compared, gradients are not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Recipe = dict[str, Any]
Node = dict[str, Any]

#: The sizes that unknown ones take, by name; the second run takes others, and another batch.
SIZES: tuple[Mapping[str, int], ...] = ({"n": 6, "m": 8}, {"n": 9, "m": 7})
BATCHES = (3, 2)


def refs(structure: Any) -> list[str]:
    """The tensors of a structure, in Keras's order: dictionaries by sorted key."""
    if isinstance(structure, dict):
        return [ref for key in sorted(structure) for ref in refs(structure[key])]
    if isinstance(structure, list):
        return [ref for part in structure for ref in refs(part)]
    return [structure]


def renamed(structure: Any, change: Callable[[str], Any]) -> Any:
    """The same structure with every tensor changed."""
    if isinstance(structure, dict):
        return {key: renamed(part, change) for key, part in structure.items()}
    if isinstance(structure, list):
        return [renamed(part, change) for part in structure]
    return change(structure)


def source(ref: str) -> int:
    """The node that a tensor comes from."""
    return int(ref.partition(".")[0])


def pruned(recipe: Recipe) -> Recipe:
    """Without the nodes that no output depends on, nor the inputs that only they took."""
    by_id = {node["id"]: node for node in recipe["nodes"]}
    needed: set[int] = set()
    pending = [source(ref) for ref in refs(recipe["outputs"])]
    while pending:
        found = pending.pop()
        if found in needed:
            continue
        needed.add(found)
        node = by_id[found]
        pending += [source(ref) for ref in node.get("inputs", ())]
        if node["kind"] == "again":
            pending.append(node["of"])
    nodes = [node for node in recipe["nodes"] if node["id"] in needed]
    return {**recipe, "nodes": nodes, "inputs": _kept(recipe["inputs"], needed)}


def _kept(structure: Any, needed: set[int]) -> Any:
    """The inputs that are needed, in the structure that is left of them."""
    if isinstance(structure, str):
        return structure
    parts = structure.items() if isinstance(structure, dict) else enumerate(structure)
    left = {key: _kept(part, needed) for key, part in parts if any(source(ref) in needed for ref in refs(part))}
    return left if isinstance(structure, dict) else list(left.values())


def input_nodes(recipe: Recipe) -> list[Node]:
    """The inputs, in the order in which Keras flattens them."""
    by_id = {node["id"]: node for node in recipe["nodes"]}
    return [by_id[source(ref)] for ref in refs(recipe["inputs"])]


def _nodes(recipe: Recipe) -> Iterator[Node]:
    for node in recipe["nodes"]:
        yield node
        if node["kind"] == "nested":
            yield from _nodes(node["recipe"])


def symbols_in(recipe: Recipe) -> set[str]:
    """The Keras names of what the nodes call, nested ones too."""
    return {node["keras"] for node in _nodes(recipe) if "keras" in node}


def oracle(recipe: Recipe) -> str:
    """The Keras backend that can compute every node in float64."""
    return "torch" if any(node.get("oracle") == "torch" for node in _nodes(recipe)) else "tensorflow"


def loose(recipe: Recipe) -> list[float]:
    """The bounds of the nodes whose case states one of its own."""
    return [node["max_rel"] for node in _nodes(recipe) if "max_rel" in node]


def is_adapted(recipe: Recipe) -> bool:
    """Whether any layer is adapted (LoRA)."""
    return any("lora_rank" in node.get("config", ()) for node in _nodes(recipe))


def depth(recipe: Recipe) -> int:
    """How many calls the recipe makes, those of nested models among them."""
    inner = sum(depth(node["recipe"]) for node in recipe["nodes"] if node["kind"] == "nested")
    return inner + sum(node["kind"] != "input" for node in recipe["nodes"])
