"""Random recipes: nodes drawn one by one and called at once, so that Keras itself says what fits."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from differential.configurations import Drawn, draw_case
from differential.draft import Draft, TooMuch
from differential.naming import draw_name
from differential.recipe import Node, Recipe, pruned, refs, source
from equivalence.keras_side.unset_weights import unset_weights

#: Ranks and sizes are the cases' own; this many calls are tried for each that is wanted.
TRIES = 3
OUTPUTS = 4
NESTED_DEEP = 2


def draw_recipe(seed: int) -> Recipe:
    """The recipe of a seed: the same every time for the same entries."""
    rng = random.Random(seed)
    chain = rng.random() < 0.1
    draft = Draft(rng, layers=rng.random() < 0.3)
    steps = rng.randint(2, 12)
    with unset_weights():  # no number is looked at, shapes are
        if chain:
            _chain(draft, rng, steps)
        else:
            _grow(draft, rng, steps, 0)
    name = "model" if rng.random() < 0.5 else draw_name(rng, set())
    return _finished(draft, rng, name, chain)


def _grow(draft: Draft, rng: random.Random, steps: int, level: int) -> None:
    if not draft.values and rng.random() < 0.5:
        _mask_something(draft, rng)
    placed = tried = 0
    while placed < steps and tried < TRIES * steps:
        tried += 1
        roll = rng.random()
        if roll < 0.1 and level < NESTED_DEEP and draft.values:
            placed += _nest(draft, rng, level)
        elif roll < 0.2 and draft.callable:
            placed += _call_again(draft, rng)
        else:
            placed += place(draft, rng, draw_case(rng, masks=draft.masked and rng.random() < 0.4, layers=draft.layers))


def _mask_something(draft: Draft, rng: random.Random) -> None:
    """Some tensor gets a mask: of all that can make one, whatever is drawn first."""
    for _ in range(12):
        drawn = draw_case(rng, masks=True)
        if len(drawn.shapes) == 1 and place(draft, rng, drawn) and draft.masked:
            return


def _chain(draft: Draft, rng: random.Random, steps: int) -> None:
    """The layers of a Sequential: one input and one output each, nothing else in the call."""
    tried = 0
    while len(draft.nodes) <= steps and tried < 6 * steps:
        tried += 1
        drawn = draw_case(rng, masks=draft.masked)
        if drawn.entry.kind not in ("layer", "model") or len(drawn.shapes) > 1 or drawn.call:
            continue
        last = draft.values[-1:]
        if not last:
            last = [draft.new_input(drawn.declared[0], drawn.draws[0])]
        elif draft.tensor(last[0]).ndim != len(drawn.shapes[0]):
            continue
        mark = draft.mark()
        try:
            node = drawn.node(draft.number(), last)
            if "name" in node["config"] or rng.random() < 0.2:
                node["config"] = {**node["config"], "name": draw_name(rng, draft.names)}
            if len(draft.call(node)) > 1:
                raise TooMuch("a Sequential hands on one tensor")
        except Exception:  # whatever Keras refuses is no part of the model
            draft.back_to(mark)


def place(draft: Draft, rng: random.Random, drawn: Drawn) -> bool:
    """Call what is drawn on tensors that are there, or on new inputs; False where Keras refuses all of that."""
    for exact in (False, True) if rng.random() < 0.75 else (True,):
        mark = draft.mark()
        try:
            inputs = draft.inputs_for(drawn, exact=exact)
            node = drawn.node(draft.number(), inputs)
            if drawn.entry.kind == "layer":
                if rng.random() < 0.3:
                    node["config"] = {**node["config"], "name": draw_name(rng, draft.names)}
                if rng.random() < 0.15:
                    draft.mask_by_keyword(node)
            elif "name" in node["config"]:  # of a nested model, which a case calls by one name
                node["config"] = {**node["config"], "name": draw_name(rng, draft.names)}
            draft.call(node)
            return True
        except Exception:  # whatever Keras refuses is no part of the model
            draft.back_to(mark)
    return False


def _call_again(draft: Draft, rng: random.Random) -> bool:
    """A layer or a nested model called once more, on other tensors of the same shapes where there are some."""
    first = draft.nodes_by_id[rng.choice(draft.callable)]
    mark = draft.mark()
    try:
        inputs = [draft.like(ref) for ref in first["inputs"]]
        node: Node = {"id": draft.number(), "kind": "again", "of": first["id"], "inputs": inputs}
        node["call"] = dict(first.get("call") or {})
        if "mask" not in node["call"] and rng.random() < 0.3:
            draft.mask_by_keyword(node, first)
        draft.call(node)
        return True
    except Exception:  # whatever Keras refuses is no part of the model
        draft.back_to(mark)
        return False


def _nest(draft: Draft, rng: random.Random, level: int) -> bool:
    """A model of its own inside: of tensors like those that are there, and of what its layers ask for besides."""
    taken = [draft.choose() for _ in range(rng.choice([1, 1, 2]))]
    inner = Draft(rng, layers=draft.layers)
    for ref in taken:
        inner.new_input(draft.tensor(ref).shape[1:], draft.draw_of(ref))
    chain = len(taken) == 1 and rng.random() < 0.3
    if chain:
        _chain(inner, rng, rng.randint(1, 3))
    else:
        _grow(inner, rng, rng.randint(1, 4), level + 1)
    mark = draft.mark()
    try:
        name = draw_name(rng, draft.names) if rng.random() < 0.5 else f"nested_{draft.number()}"
        recipe = _finished(inner, rng, name, chain)
        by_id = {node["id"]: node for node in recipe["nodes"]}
        own = {inner.inputs[index]: ref for index, ref in enumerate(taken)}
        inputs = [own.get(ref) or draft.supply(by_id[source(ref)]) for ref in refs(recipe["inputs"])]
        node: Node = {"id": draft.number(), "kind": "nested", "recipe": recipe, "inputs": inputs, "call": {}}
        if rng.random() < 0.2:
            draft.mask_by_keyword(node)
        draft.call(node)
        return True
    except Exception:  # whatever Keras refuses is no part of the model
        draft.back_to(mark)
        return False


def _finished(draft: Draft, rng: random.Random, name: str, chain: bool) -> Recipe:
    """The recipe of what was drawn: outputs are what nobody took, and at times something from the middle."""
    if chain:
        return {
            "name": name, "sequential": True, "nodes": draft.nodes, "inputs": draft.inputs[0],
            "outputs": draft.values[-1],
        }  # fmt: skip
    ends = [ref for ref in draft.values if ref not in draft.used]
    rng.shuffle(ends)
    outputs = ends[: rng.choice([1, 1, 2, 3, OUTPUTS])]
    inside = [ref for ref in draft.values if ref in draft.used and ref not in draft.inputs]
    if inside and rng.random() < 0.3:
        outputs.append(rng.choice(inside))
    recipe: Recipe = {"name": name, "nodes": draft.nodes, "inputs": draft.inputs, "outputs": outputs}
    recipe = pruned(recipe)
    rng.shuffle(recipe["inputs"])
    for part in ("inputs", "outputs"):
        recipe[part] = _structure(rng, recipe[part])
    return recipe


def _structure(rng: random.Random, found: Sequence[str]) -> Any:
    """Tensors in lists and dictionaries, at any depth; one alone mostly without either."""
    if len(found) == 1 and rng.random() < 0.7:
        return found[0]
    roll = rng.random()
    if roll < 0.5:
        return list(found)
    parts = [_structure(rng, found[:1])] + ([_structure(rng, found[1:])] if len(found) > 1 else [])
    if roll < 0.65:
        return parts
    taken: set[str] = set()
    if roll < 0.9:
        return {draw_name(rng, taken): ref for ref in found}
    return {draw_name(rng, taken): part for part in parts}
