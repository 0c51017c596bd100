"""A recipe while it is drawn: its tensors, and how one finds those that a case asks for."""

from __future__ import annotations

import random
from collections.abc import Sequence
from math import prod
from typing import Any

from differential.building import Builder
from differential.configurations import Drawn
from differential.fitting import Shape, bind, steps_to, wanted
from differential.naming import draw_name
from differential.recipe import Node
from equivalence.catalogue import named
from equivalence.proofs.case_inputs import FLOATS, drawn_dtype

#: The most numbers in a tensor of one sample, unknown sizes being a dozen: larger ones are slow and no more telling.
LARGEST = 20_000
INPUTS = 4


class TooMuch(Exception):
    """Keras would, and it is not worth the time."""


class Draft:
    """Nodes so far, each called; `values` are the texts of all tensors, the newest last.

    `layers`: of layers alone, as Keras can read from `.h5`.
    """

    def __init__(self, rng: random.Random, *, layers: bool = False) -> None:
        self.layers = layers
        self._rng = rng
        self._builder = Builder()
        self._number = 0
        self.nodes: list[Node] = []
        self.values: list[str] = []
        self.names: set[str] = set()
        self._draws: dict[str, str] = {}

    # -- what there is ---------------------------------------------------------------------

    @property
    def nodes_by_id(self) -> dict[int, Node]:
        return {node["id"]: node for node in self.nodes}

    @property
    def inputs(self) -> list[str]:
        return [f"{node['id']}.0" for node in self.nodes if node["kind"] == "input"]

    @property
    def used(self) -> set[str]:
        return {ref for node in self.nodes for ref in node.get("inputs", ())}

    @property
    def callable(self) -> list[int]:
        """The nodes whose layer or model can be called again."""
        return [node["id"] for node in self.nodes if node["kind"] in ("layer", "model", "nested")]

    @property
    def masked(self) -> bool:
        return any(self._has_mask(ref) for ref in self.values)

    def tensor(self, ref: str) -> Any:
        return self._builder.tensors[ref]

    def draw_of(self, ref: str) -> str:
        """How an input like this tensor is drawn."""
        dtype = self.tensor(ref).dtype
        if ref in self._draws:
            return self._draws[ref]
        return "bool" if dtype == "bool" else "normal" if "float" in dtype else "ids:3"

    def _has_mask(self, ref: str) -> bool:
        return getattr(self.tensor(ref), "_keras_mask", None) is not None

    # -- growing and going back ----------------------------------------------------------------

    def number(self) -> int:
        self._number += 1
        return self._number - 1

    def mark(self) -> tuple[int, int]:
        return len(self.nodes), len(self.values)

    def back_to(self, mark: tuple[int, int]) -> None:
        """Forget what came after a mark."""
        del self.nodes[mark[0] :]
        del self.values[mark[1] :]

    def call(self, node: Node) -> list[str]:
        """Call a node and keep it. Raises whatever Keras raises, and TooMuch for large tensors."""
        made = self._builder.add(node)
        for ref in made:
            if prod(size or 12 for size in self.tensor(ref).shape[1:]) > LARGEST:
                raise TooMuch(f"{ref} is large")
        self.nodes.append(node)
        self.values += made
        return made

    def new_input(self, shape: Sequence[int | None], draw: str) -> str:
        """An input of a shape without batch; its unknown sizes are those of the whole model."""
        rng = self._rng
        if len(self.inputs) >= INPUTS:
            raise TooMuch("inputs enough")
        unknown = iter(("n", "m", "n", "m"))
        sizes: list[Any] = [next(unknown) if size is None else size for size in shape]
        dtype = drawn_dtype(draw)
        if dtype == "int32" and rng.random() < 0.4:
            dtype = "float32"  # indices and zeros among floats, as old files have them
        node: Node = {"id": self.number(), "kind": "input", "shape": sizes, "dtype": dtype, "draw": draw}
        if rng.random() < 0.4:
            node["name"] = draw_name(rng, self.names)
        (ref,) = self.call(node)
        self._draws[ref] = draw
        return ref

    # -- finding tensors -------------------------------------------------------------------------

    def choose(self, among: Sequence[str] | None = None) -> str:
        """A tensor, sooner a new one, and sooner one with a mask."""
        found = self.values if among is None else among
        weights = [(1 + place) * (3 if self._has_mask(ref) else 1) for place, ref in enumerate(found)]
        return self._rng.choices(found, weights)[0]

    def inputs_for(self, drawn: Drawn, *, exact: bool) -> list[str]:
        """Tensors for a case: of its rank and related as its inputs are; with `exact`, of its very shapes."""
        found: list[str] = []
        bound: dict[int, int | None] = {}
        for shape, declared, draw in zip(drawn.shapes, drawn.declared, drawn.draws, strict=True):
            if not found and not exact:
                ranked = [ref for ref in self.values if self.tensor(ref).ndim == len(shape) and self._suits(ref, draw)]
                if ranked:
                    found.append(self._as_drawn(self.choose(ranked), draw))
                    bound = bind(shape, self.tensor(found[0]).shape)
                    continue
            if found:
                target = wanted(shape, bound)
            else:
                target = self._varied(declared)
                bound = bind(shape, (None, *target))
            found.append(self._find(target, draw))
        return found

    def _varied(self, declared: Sequence[int | None]) -> Shape:
        """The shape of a case, at times with one size 1, unknown or that of another axis: what cases keep apart."""
        sizes = list(declared)
        if sizes and self._rng.random() < 0.25:
            sizes[self._rng.randrange(len(sizes))] = self._rng.choice([1, None, *sizes])
        return tuple(sizes)

    def supply(self, node: Node) -> str:
        """A tensor for an input of a nested model."""
        shape = tuple(None if isinstance(size, str) else size for size in node["shape"])
        return self._find(shape, node["draw"])

    def like(self, ref: str) -> str:
        """A tensor of the same shape and kind, another one where there is one."""
        tensor = self.tensor(ref)
        found = [
            other
            for other in self.values
            if self.tensor(other).shape == tensor.shape
            and self.tensor(other).dtype == tensor.dtype
            and (not self._is_index(ref) or self._draws.get(other) == self._draws[ref])
        ]
        return self.choose(found)

    def _is_index(self, ref: str) -> bool:
        return self._draws.get(ref, "").startswith("ids:")

    def mask_by_keyword(self, node: Node, called: Node | None = None) -> None:
        """Give a call the keyword `mask`, a tensor of the first input's shape without its last axis."""
        shape = self.tensor(node["inputs"][0]).shape
        call = node.get("call") or {}
        if len(shape) < 3 or "mask" in call or (called or node).get("config", {}).get("data_format"):
            return
        node["call"] = {**call, "mask": {"$input": len(node["inputs"])}}
        node["inputs"] = [*node["inputs"], self._find(tuple(shape[1:-1]), "bool")]

    def _find(self, target: Shape, draw: str) -> str:
        """A tensor of a shape: one that is there, one that is brought to it, or a new input."""
        fitting = [ref for ref in self.values if self.tensor(ref).shape[1:] == target and self._suits(ref, draw)]
        if fitting and self._rng.random() < 0.8:
            return self._as_drawn(self.choose(fitting), draw)
        floats = [ref for ref in self.values if self._suits(ref, draw) and draw in FLOATS]
        if floats and self._rng.random() < 0.8:
            ref = self.choose(floats)
            steps = steps_to(self.tensor(ref).shape[1:], target)
            if steps is not None and not (self.layers and any(".ops." in keras for keras, _ in steps)):
                for keras, config in steps:
                    ref = self._step(keras, config, ref)
                return self._as_drawn(ref, draw)
        return self.new_input(target, draw)

    def _suits(self, ref: str, draw: str) -> bool:
        dtype = self.tensor(ref).dtype
        if draw == "positive-definite":  # of other matrices TensorFlow and torch make different things, and say so
            return self._draws.get(ref) == draw
        if draw in FLOATS:
            return "float" in dtype
        if draw == "bool":
            return bool(dtype == "bool")
        known = self._draws.get(ref, "")
        return known.startswith("ids:") and int(known[4:]) <= int(draw[4:])

    def _as_drawn(self, ref: str, draw: str) -> str:
        """Between 0 and 1, or above 1, where the case wants that: logarithms of anything else are no numbers."""
        if draw == "uniform" and self._draws.get(ref) != "uniform":
            return self._step("keras.layers.Activation", {"activation": "sigmoid"}, ref)
        if draw == "above-one" and self._draws.get(ref) != draw:
            positive = self._step("keras.layers.Activation", {"activation": "softplus"}, ref)
            return self._step("keras.layers.Rescaling", {"scale": 1.0, "offset": 1.0}, positive)
        return ref

    def _step(self, keras: str, config: dict[str, Any], ref: str) -> str:
        kind = named(keras).kind
        node: Node = {
            "id": self.number(), "kind": kind, "keras": keras, "config": config, "call": {}, "inputs": [ref],
        }  # fmt: skip
        return self.call(node)[0]
