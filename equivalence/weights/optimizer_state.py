"""Which array of a Keras optimizer is what of torch's state.

Keras keeps one list: iterations, the learning rate unless a schedule makes it, the averages (`use_ema`), the
accumulated gradients, and then what the optimizer adds for each variable: what an entry's weights state with one `at`
lies side by side, variable by variable (keras/src/optimizers/base_optimizer.py, `add_optimizer_variables`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from equivalence.errors import Refused
from equivalence.schema import Entry, Weight
from equivalence.translation.graph import Stored


class Variable(NamedTuple):
    """One trained weight, as Keras has it."""

    path: str  # in Keras: "hidden/kernel"
    shape: tuple[int, ...]

    def facts(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """The settings of its optimizer, and what an entry may ask of it beside them."""
        embedding = bool(config.get("exclude_embeddings", True)) and "embedding" in self.path.lower()
        return {**config, "factored": len(self.shape) > 1, "by_adam": len(self.shape) != 2 or embedding}


class OptimizerState(NamedTuple):
    """What an optimizer kept: numbers by name, and arrays by variable (its place among those trained)."""

    numbers: dict[str, Stored]  # "step", "lr" and what an entry states for the whole
    arrays: list[tuple[int, Weight, Stored]]


def optimizer_state(
    entry: Entry, config: Mapping[str, Any], variables: Sequence[Variable], kept: Sequence[Stored], source: str
) -> OptimizerState:
    """The state in a list of arrays; without arrays where the optimizer had not made a step.

    `variables`: what is trained, in Keras's order. Raises Refused where the list is not one of this optimizer over
    these variables.
    """
    if entry.name == "LossScaleOptimizer":
        raise ValueError("the optimizer inside it is asked for")
    numbers = ["step"] if isinstance(config.get("learning_rate"), dict) else ["step", "lr"]
    found = OptimizerState(dict(zip(numbers, kept, strict=False)), [])
    if len(kept) > len(numbers):
        expected = [*_expected(entry, config, variables)]
        if len(kept) != len(numbers) + len(expected):
            raise Refused(
                f"{source}: the optimizer {entry.name} keeps {len(kept)} arrays, where {len(variables)} trained "
                f"weights have {len(numbers) + len(expected)}: freeze layers before compile, and train a step before "
                "you save"
            )
        for (index, weight), stored in zip(expected, kept[len(numbers) :], strict=True):
            if index is None:
                found.numbers[weight.torch] = stored
                continue
            _check_shape(entry, weight, variables[index], stored, source)
            if weight.torch:
                found.arrays.append((index, weight, stored))
    for name, stored in found.numbers.items():
        if stored.shape:
            raise Refused(f"{source}: the array {stored.path} of the optimizer should be one number, its {name}")
    return found


def _check_shape(entry: Entry, weight: Weight, variable: Variable, stored: Stored, source: str) -> None:
    shape = variable.shape
    if weight.how:
        shape = {"over last": shape[:-1], "over second last": (*shape[:-2], *shape[-1:]), "none": ()}[weight.how]
    if stored.shape != shape:
        raise Refused(
            f"{source}: the array {stored.path} of the optimizer {entry.name}, {weight.keras} of {variable.path}, has "
            f"shape {stored.shape} and not {shape}"
        )


def _expected(
    entry: Entry, config: Mapping[str, Any], variables: Sequence[Variable]
) -> Iterator[tuple[int | None, Weight]]:
    """What the list holds behind the numbers, in order: the place of the variable, None of what is one for all."""
    shared = []
    if config.get("use_ema"):
        shared.append(Weight("average", "average"))
    if config.get("gradient_accumulation_steps"):
        shared.append(Weight("gradient_accumulator", "accumulated"))
    for weight in shared:
        yield from ((index, weight) for index in range(len(variables)))
    blocks: dict[tuple[str, ...], list[Weight]] = {}
    for weight in entry.weights:
        blocks.setdefault(weight.at, []).append(weight)
    for at, weights in blocks.items():
        if at == ("whole",):
            yield from ((None, weight) for weight in weights)
            continue
        for index, variable in enumerate(variables):
            facts = variable.facts(config)
            yield from ((index, weight) for weight in weights if not weight.when or entry.holds(weight.when, facts))
