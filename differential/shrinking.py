"""The smallest recipe that still fails: nodes dropped, configurations emptied, models opened, one at a time."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

from differential.recipe import Node, Recipe, input_nodes, pruned, refs, renamed, source

Fails = Callable[[Recipe], bool]
#: How many recipes are tried for one failure.
TRIES = 250


def shrunk(recipe: Recipe, fails: Fails, tries: int = TRIES) -> Recipe:
    """The smallest recipe found for which `fails` still holds; `recipe` itself where that is it."""
    seen: set[str] = {repr(recipe)}
    smaller = True
    while smaller:
        smaller = False
        for candidate in _smaller(recipe):
            if repr(candidate) in seen:
                continue
            if tries == 0:
                return recipe
            seen.add(repr(candidate))
            tries -= 1
            if fails(candidate):
                recipe, smaller = candidate, True
                break
    return recipe


def _smaller(recipe: Recipe) -> Iterator[Recipe]:
    """Recipes a little smaller than one, those that save most first."""
    if recipe.get("sequential"):
        yield from _shorter(recipe)
    else:
        yield from _fewer_outputs(recipe)
        yield from _fewer_nodes(recipe)
        yield from _opened(recipe)
    yield from _simpler_nodes(recipe)
    yield from _plain(recipe)


def _shorter(recipe: Recipe) -> Iterator[Recipe]:
    """A Sequential as a functional model, and without one of its layers."""
    yield {key: value for key, value in recipe.items() if key != "sequential"}
    start, *nodes = recipe["nodes"]
    for index in range(len(nodes)):
        left = [*nodes[:index], *nodes[index + 1 :]]
        if left:
            yield _chained(recipe, [start, *left])


def _chained(recipe: Recipe, nodes: list[Node]) -> Recipe:
    before, linked = nodes[0], [nodes[0]]
    for node in nodes[1:]:
        linked.append({**node, "inputs": [f"{before['id']}.0"]})
        before = node
    return {**recipe, "nodes": linked, "outputs": f"{before['id']}.0"}


def _fewer_outputs(recipe: Recipe) -> Iterator[Recipe]:
    found = refs(recipe["outputs"])
    if len(found) > 1:
        for ref in found:
            yield pruned({**recipe, "outputs": ref})
        for ref in found:
            yield pruned({**recipe, "outputs": [other for other in found if other != ref]})


def _fewer_nodes(recipe: Recipe) -> Iterator[Recipe]:
    """A node's outputs exchanged for one of its inputs, the model cut short at a node, or begun there."""
    nodes = [node for node in recipe["nodes"] if node["kind"] != "input"]
    for node in nodes:
        if [f"{node['id']}.0"] != refs(recipe["outputs"]):
            yield pruned({**recipe, "outputs": f"{node['id']}.0"})
    for node in nodes:
        for ref in dict.fromkeys(node["inputs"]):
            yield _exchanged(recipe, node["id"], ref)
    for node in recipe["nodes"]:
        if node["kind"] == "again":
            of = next(other for other in recipe["nodes"] if other["id"] == node["of"])
            yield _with_node(recipe, {**of, "id": node["id"], "inputs": node["inputs"], "call": node["call"]})


def _exchanged(recipe: Recipe, number: int, ref: str) -> Recipe:
    def change(other: str) -> str:
        return ref if source(other) == number else other

    nodes = []
    for node in recipe["nodes"]:
        if "inputs" in node and node["id"] != number:
            node = {**node, "inputs": [change(other) for other in node["inputs"]]}
        nodes.append(node)
    return pruned({**recipe, "nodes": nodes, "outputs": renamed(recipe["outputs"], change)})


def _opened(recipe: Recipe) -> Iterator[Recipe]:
    """A nested model alone, smaller, or its nodes in its place."""
    for node in recipe["nodes"]:
        if node["kind"] != "nested":
            continue
        yield copy.deepcopy(node["recipe"])
        yield _inlined(recipe, node)
        for inner in _smaller(node["recipe"]):
            kept = [entry["id"] for entry in input_nodes(inner)]
            before = [entry["id"] for entry in input_nodes(node["recipe"])]
            given = [node["inputs"][before.index(number)] for number in kept]
            extra = node["inputs"][len(before) :]
            call = node["call"]
            if extra:
                call = {**call, "mask": {"$input": len(given)}}
            yield pruned(_with_node(recipe, {**node, "recipe": inner, "inputs": [*given, *extra], "call": call}))


def _inlined(recipe: Recipe, nested: Node) -> Recipe:
    inner = nested["recipe"]
    first = 1 + max(node["id"] for node in [*recipe["nodes"], *inner["nodes"]])
    outer = dict(zip((node["id"] for node in input_nodes(inner)), nested["inputs"], strict=False))

    def moved(ref: str) -> str:
        return outer[source(ref)] if source(ref) in outer else f"{first + source(ref)}.{ref.partition('.')[2]}"

    made = refs(inner["outputs"])

    def change(ref: str) -> str:
        return moved(made[int(ref.partition(".")[2])]) if source(ref) == nested["id"] else ref

    nodes: list[Node] = []
    for node in recipe["nodes"]:
        if node["id"] == nested["id"]:
            for entry in inner["nodes"]:
                if entry["kind"] != "input":
                    new = {**entry, "id": first + entry["id"], "inputs": [moved(ref) for ref in entry["inputs"]]}
                    nodes.append({**new, "of": first + entry["of"]} if entry["kind"] == "again" else new)
        else:
            nodes.append({**node, "inputs": [change(ref) for ref in node["inputs"]]} if "inputs" in node else node)
    return pruned({**recipe, "nodes": nodes, "outputs": renamed(recipe["outputs"], change)})


def _with_node(recipe: Recipe, new: Node) -> Recipe:
    return {**recipe, "nodes": [new if node["id"] == new["id"] else node for node in recipe["nodes"]]}


def _simpler_nodes(recipe: Recipe) -> Iterator[Recipe]:
    """Configurations and calls without one of their keys; inputs without name, with known and smaller sizes."""
    for node in recipe["nodes"]:
        for part in ("config", "call"):
            for key in node.get(part, ()):
                left = {name: value for name, value in node[part].items() if name != key}
                new = {**node, part: left}
                if part == "call" and node["kind"] != "input":
                    new = _without_extra(new, node[part][key])
                yield pruned(_with_node(recipe, new))
        if "max_rel" in node:
            yield _with_node(recipe, {key: value for key, value in node.items() if key != "max_rel"})
        if node["kind"] == "input":
            yield from (_with_node(recipe, new) for new in _simpler_input(node))


def _without_extra(node: Node, value: Any) -> Node:
    """Without the tensor that a keyword took, where it was the last."""
    last = len(node["inputs"]) - 1
    return {**node, "inputs": node["inputs"][:last]} if value == {"$input": last} and last else node


def _simpler_input(node: Node) -> Iterator[Node]:
    if "name" in node:
        yield {key: value for key, value in node.items() if key != "name"}
    if any(isinstance(size, str) for size in node["shape"]):
        yield {**node, "shape": [6 if isinstance(size, str) else size for size in node["shape"]]}


def _plain(recipe: Recipe) -> Iterator[Recipe]:
    """Names and structures as plain as can be."""
    if recipe["name"] != "model":
        yield {**recipe, "name": "model"}
    for part in ("inputs", "outputs"):
        found = refs(recipe[part])
        plain: Any = found[0] if len(found) == 1 else found
        if recipe[part] != plain and not recipe.get("sequential"):
            yield {**recipe, part: plain}
