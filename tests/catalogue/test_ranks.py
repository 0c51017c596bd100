"""Every layer, activation and operation on inputs of two to five axes: equal to Keras, or refused in one sentence.

An emit that assumes a number of axes gives numbers of its own where Keras accepts another: of every entry, its first
case runs on inputs with axes added or left out, of sizes that differ and of sizes that are all equal (which hide a
wrong axis from every check of shapes), as they are and as they come out of a convolution (channels first in torch).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from differential.outcome import UNFORESEEN
from equivalence import catalogue, formats
from equivalence.errors import Refused
from equivalence.keras_side import KerasFailed
from equivalence.keras_side.case_model import random_weight
from equivalence.keras_side.symbols import apply, function_of
from equivalence.keras_side.wire import used
from equivalence.proofs import record
from equivalence.proofs.case_inputs import draw_inputs, drawn_dtype, draws_of, seed_of, shapes_of, statement
from equivalence.proofs.emitted import Emitted
from equivalence.proofs.truth import Oracles
from equivalence.schema import Case, Entry
from equivalence.translation.structure import leaves
from equivalence.verification.compare import compare

KINDS = ("layer", "activation", "operation")
RANKS = (2, 3, 4, 5)
#: Sizes of added axes: none occurs in a first case with a meaning of its own.
NEW_SIZES = (3, 2, 4)
EQUAL_SIZE = 4
#: What comes flattened out of a convolution, and as what it goes in: positions, and channels.
FLAT, MAP = 6, (3, 1, 2)
#: Drawn as floats, which a convolution takes.
CONVOLVED = ("normal", "wide", "uniform")

RECORDED = record.read()["entries"]
ENTRIES = [
    pytest.param(entry, id=entry.keras, marks=pytest.mark.recorded(RECORDED.get(entry.keras), "ranks"))
    for entry in catalogue.entries()
    if entry.kind in KINDS and not entry.no_counterpart and shapes_of(entry.cases[0])
]


@pytest.fixture(scope="module")
def oracles() -> Iterator[Oracles]:
    with Oracles(threads=1) as processes:
        yield processes


def case_at(entry: Entry, rank: int, equal: bool, flat: bool) -> Case:
    """The entry's first case with its first input of `rank` axes, the others of as many more or fewer."""
    case = entry.cases[0]
    shapes, draws = shapes_of(case), draws_of(case)
    change = rank - len(shapes[0])

    def changed(shape: tuple[int, ...], how: str) -> tuple[int, ...]:
        if change > 0 and how != "bool":
            shape = (shape[0], *NEW_SIZES[:change], *shape[1:])
        elif change < 0 and how != "bool":
            shape = (shape[0], *shape[1 - change :])
        if equal and how != "bool":
            shape = (EQUAL_SIZE,) * len(shape)
        return (*shape[:-1], FLAT) if flat and len(shape) == 2 and how != "bool" else shape

    made = [changed(shape, how) for shape, how in zip(shapes, draws, strict=True)]
    name = f"{case.id}-of-{rank}{'-equal' if equal else ''}"
    return case._replace(id=name, x=made if len(made) > 1 else made[0], declared=None)


def saved(entry: Entry, case: Case, convolved: bool, path: Path) -> list[np.ndarray] | None:
    """Saves the case's model; returns its inputs, or None where Keras makes no model of the case."""
    keras.backend.clear_session(free_memory=False)
    arrays, stated = draw_inputs(entry, case), statement(entry, case)
    taken = used({key: value for key, value in stated["call"].items() if key != "$args"})  # masks, mostly
    inputs, tensors = [], []
    for index, (array, how) in enumerate(zip(arrays, draws_of(case), strict=True)):
        through = convolved and how in CONVOLVED and 2 <= array.ndim <= max(RANKS) and index not in taken
        if through and array.ndim == 2:
            arrays[index] = array = array.reshape(-1, *MAP)
        inputs.append(keras.Input(array.shape[1:], dtype=drawn_dtype(how), name=f"input_{index}"))
        tensors.append(_convolved(inputs[-1], flat=len(shapes_of(case)[index]) == 2) if through else inputs[-1])
    try:
        outputs = apply(function_of(stated), stated, tensors)
        model = keras.Model(inputs, outputs, name="case")
    except Exception:  # whatever Keras says of inputs that it does not take
        return None
    random = np.random.default_rng([seed_of(entry, case), 1])
    for weight in model.weights:
        values = random_weight(weight, random)
        weight.assign(np.abs(values) if weight.path.startswith("before") else values)  # positive stays positive
    model.save(path)
    return arrays


def _convolved(tensor: Any, flat: bool) -> Any:
    """A tensor of the same shape that torch holds channels first."""
    layer = getattr(keras.layers, f"Conv{len(tensor.shape) - 2}D")
    made = layer(tensor.shape[-1], 1, use_bias=False, name=f"before_{tensor.name}")(tensor)
    return keras.layers.Flatten()(made) if flat else made


def held_to_keras(entry: Entry, case: Case, convolved: bool, folder: Path, oracles: Oracles) -> str:
    """What is wrong with the port of a case; empty where it equals Keras, is refused, or Keras refuses the case."""
    path = folder / "case.keras"
    arrays = saved(entry, case, convolved, path)
    if arrays is None:
        return ""
    np.savez(folder / "inputs.npz", *arrays)
    params = {"path": path, "inputs": folder / "inputs.npz", "dtype": "float64", "layers": False}
    try:
        answer = oracles.on(case.oracle).call("run_model", **params, out_dir=folder)
    except KerasFailed:
        return ""
    expected = [np.load(folder / name) for name in leaves(answer["outputs"])]
    model = formats.read(path)
    try:
        outputs = Emitted(entry, model).run(arrays).results.outputs
    except Refused as refused:
        return str(refused) if UNFORESEEN in str(refused) else ""
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    finally:
        model.close()
    # outside its domain a function (arcsin of 2) is NaN in both
    comparison = compare(outputs, expected, max_rel=case.max_rel, equal_nan=True)
    return "" if comparison.equal else comparison.message


@pytest.mark.parametrize("entry", ENTRIES)
def test_an_entry_on_inputs_of_every_rank(entry: Entry, tmp_path: Path, oracles: Oracles) -> None:
    wrong = {}
    for rank in RANKS:
        for equal, convolved in ((False, False), (True, False), (True, True)):
            case = case_at(entry, rank, equal, flat=convolved)
            if said := held_to_keras(entry, case, convolved, tmp_path, oracles):
                wrong[f"{case.id}{'-convolved' if convolved else ''}"] = said
    assert not wrong, "\n".join(f"{id}: {said}" for id, said in wrong.items())
