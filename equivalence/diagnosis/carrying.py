"""Arrays on their way from Keras's tape to the tensors of a torch module, place by place.

They are the weights, or whatever else there is one of for each weight: gradients, statistics after a step.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from equivalence.diagnosis.folded_bias import Folded, folded_mean
from equivalence.diagnosis.reference import Reference
from equivalence.diagnosis.weighted_pairs import Pairs, Weighted
from equivalence.torch_side.operation_arguments import named
from equivalence.torch_side.run_tape import Operation, Seen, Tape, seen_in
from equivalence.torch_side.torch_arrays import read

_PRODUCTS = frozenset({"matmul", "__matmul__", "mm", "bmm"})
_FACTOR = frozenset({"other", "mat2"})
#: What torch's parameter holds where Keras has none of it.
_NEUTRAL = {"weight": 1.0, "bias": 0.0, "running_mean": 0.0, "running_var": 1.0}


@dataclass(frozen=True, slots=True)
class _Way:
    """How a tensor of the module comes of one of the port's: columns in another order, transposed, reshaped."""

    source: str
    shape: tuple[int, ...]
    columns: np.ndarray | None
    transposed: bool
    rows: np.ndarray | None = None  # numbers of its first axis in another order

    def back(self, array: np.ndarray) -> np.ndarray:
        turned = array.T if self.transposed else array
        if self.rows is not None:
            turned = turned[np.argsort(self.rows)]
        if self.columns is not None:
            made = np.empty_like(turned)
            made[:, self.columns] = turned
            return made.reshape(self.shape)
        return turned.reshape(self.shape)


class Carrying:
    """Arrays on their way: what torch's tensors become, by name."""

    def __init__(
        self, reference: Reference, tape: Tape, pairs: Pairs, arrays: Mapping[str, np.ndarray] | None = None
    ) -> None:
        self.arrays = arrays
        self.reference, self.tape, self.pairs = reference, tape, pairs
        self.keras_names = _keras_names(reference)
        self.made: dict[str, np.ndarray] = {}
        self.sources: dict[str, list[str]] = {}
        self.layers: dict[str, str] = {}  # the Keras layer that each comes of
        self.folded: set[str] = set()  # tensors that took in something beside their own
        self.ways: dict[str, _Way] = {}  # how each tensor comes of one parameter of the port
        self.used: set[str] = set()  # arrays of the port that were looked at
        self.gone: set[str] = set()  # biases of the port that went into something else
        self.folds: list[Folded] = []
        self.left: dict[str, str] = {}  # Keras's arrays that nothing takes, and why
        self.order: dict[int, np.ndarray] = {}  # places whose inputs count in another order, by index
        self.rows: dict[int, np.ndarray] = {}  # and those whose outputs do

    def all(self) -> Carrying:
        self.ways.clear()  # the second time, orders of columns and rows are known
        for ours, theirs in self.pairs.chosen.items():
            self._place(ours, self.pairs.ours[ours], self.pairs.theirs[theirs])
        paired = set(self.pairs.chosen)
        for index, place in enumerate(self.pairs.ours):
            if index not in paired:
                for number in place.step.seen():
                    if number in self.reference.tape.held and self.reference.tape.held[number] not in self.used:
                        self._leave(self.reference.tape.held[number], "no part of the torch module does the same")
        return self

    def _place(self, index: int, ours: Weighted, theirs: Weighted) -> None:
        tape = self.reference.tape
        mine, own = _arguments(ours.step), _arguments(theirs.step)
        if "bias" in own and "bias" not in mine and (added := self._added(ours)) is not None:
            mine["bias"] = added
        if self._is_turned(mine, own):
            own["self"], own["other"] = own["other"], own["self"]
        for name in dict.fromkeys([*mine, *own]):
            wanted = [leaf.number for leaf in seen_in(mine.get(name)) if leaf.number in tape.held]
            found = [leaf.number for leaf in seen_in(own.get(name)) if leaf.number in self.tape.held]
            for a, b in zip(wanted, found, strict=False):
                self._array(index, tape.held[a], self._held(a), self.tape.held[b], ours, theirs)
            for a in wanted[len(found) :]:
                self._without_counterpart(name, ours, theirs, tape.held[a], self._held(a))
            for b in found[len(wanted) :]:
                target = self.tape.held[b]
                if name in _NEUTRAL or name == "params":
                    shape = tuple(self.tape.values[b].shape)
                    self._put(target, np.full(shape, _NEUTRAL.get(name, 0.0)), ["a constant"], ours.layer)

    def _is_turned(self, mine: Mapping[str, Any], own: Mapping[str, Any]) -> bool:
        """Whether the weight of a sum or a product stands on the other side of it: gamma * x for x * gamma."""
        held = (self.reference.tape.held, self.tape.held)
        sides = [
            [any(leaf.number in tape for leaf in seen_in(given.get(name))) for name in ("self", "other")]
            for tape, given in zip(held, (mine, own), strict=True)
        ]
        return sorted(sides) == [[False, True], [True, False]]

    def _added(self, ours: Weighted) -> Seen | None:
        """A vector of weights that is added to a product right behind it, as a bias is."""
        tape = self.reference.tape
        for user in tape.users().get(ours.step.outputs[0], ()):
            for leaf in seen_in(list(named(user).values())) if user.name in ("add", "__add__") else ():
                if leaf.number in tape.held and tape.values[leaf.number].dim() == 1:
                    return leaf
        return None

    def _held(self, number: int) -> np.ndarray:
        """What Keras has there: a weight, or what stands for it."""
        tape = self.reference.tape
        given = None if self.arrays is None else self.arrays.get(tape.held[number])  # of a constant there is none
        if given is not None:
            return given
        # the parameter itself, where it is repeated for each of a batch
        return read(tape.values[next(n for n, name in tape.held.items() if name == tape.held[number])])

    def _array(self, index: int, source: str, array: np.ndarray, target: str, ours: Weighted, theirs: Weighted) -> None:
        self.used.add(source)
        shape = tuple(self._target(target).shape)
        original = tuple(array.shape)
        columns = self.order.get(index) if array.ndim == 2 else None
        if columns is not None:
            array = array[:, columns]
        rows = self.rows.get(index)
        if rows is not None and array.shape[:1] == rows.shape:
            array = array[rows]
        else:
            rows = None
        # F.linear holds (out, in), a product of matrices (in, out), on either side
        transposed = array.ndim == 2 and (theirs.step.name in _PRODUCTS) != (ours.step.name in _PRODUCTS)
        if transposed:
            array = array.T
        if array.size != int(np.prod(shape)):
            self._leave(source, f"{target} has shape {shape}, and Keras's is {array.shape} there")
            return
        self._put(target, array.reshape(shape), [self.keras_names.get(source, source)], ours.layer)
        self.ways.setdefault(target, _Way(source, original, columns, transposed, rows))

    def sources_in(self, held: Mapping[str, np.ndarray]) -> Iterator[tuple[str, np.ndarray]]:
        """The port's parameters with what the module's tensors hold of them."""
        for name, way in self.ways.items():
            whole, _, part = name.partition("#")
            array = held[whole]
            if part:
                index, count = map(int, part.split("/"))
                array = np.split(array, count)[index]
            yield way.source, way.back(array)

    def _without_counterpart(self, name: str, ours: Weighted, theirs: Weighted, source: str, array: np.ndarray) -> None:
        if name in _NEUTRAL and np.all(array == _NEUTRAL[name]):
            return
        if name == "bias" and (
            folded := folded_mean(self.reference, self.tape, self.pairs, ours, source, array, self._held)
        ):
            self._put(folded.target, folded.mean, [self.keras_names.get(source, source)], ours.layer)
            self.folded.add(folded.target)
            self.gone.add(source)
            self.folds.append(folded)
            return
        self._leave(source, f"{theirs.layer or 'the module'} has no {name}")

    def _put(self, target: str, array: np.ndarray, sources: list[str], layer: str) -> None:
        if target in self.folded or self.layers.get(target, layer) != layer:
            return  # the module uses it in another place too, and there first
        self.made[target] = array
        self.sources[target] = sources
        self.layers[target] = layer

    def _leave(self, source: str, because: str) -> None:
        self.left.setdefault(self.keras_names.get(source, source), because)

    def _target(self, name: str) -> Any:
        return next(self.tape.values[number] for number, held in self.tape.held.items() if held == name)


def _arguments(step: Operation) -> dict[str, Any]:
    """The arguments of an operation by name, the second factor of a product being its weight."""
    return {
        "weight" if step.name in _PRODUCTS and name in _FACTOR else name: value for name, value in named(step).items()
    }


def _keras_names(reference: Reference) -> dict[str, str]:
    """Keras's name of each parameter of the port: "conv/kernel"."""
    return {
        placed.parameter: f"{placed.layer}/{placed.rule.keras}" if placed.rule.keras else "a constant"
        for placed in reference.ported.draft.placements
    }
