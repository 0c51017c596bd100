"""An optimizer's case: the variables after each of a hundred steps on the same gradients."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from equivalence.emit.optimizer_text import emit_optimizer
from equivalence.keras_side.client import KerasProcess
from equivalence.proofs.case_inputs import seed_of, shapes_of, statement
from equivalence.proofs.result import APART, CaseProof, NaiveProof
from equivalence.schema import Case, Difference, Entry
from equivalence.torch_side.optimizing import run_optimizer
from equivalence.torch_side.oracle import TorchOracle
from equivalence.verification.compare import compare
from equivalence.verification.rounding import float32_errors

STEPS = 100


@dataclass(frozen=True, slots=True)
class EmittedOptimizer:
    """The constructor's text and the helpers it uses."""

    helpers: list[str]
    constructor: str

    @property
    def shown(self) -> str:
        return "\n\n\n".join([*self.helpers, f"optimizer = {self.constructor}"])


def emitted_optimizers(entry: Entry, case: Case) -> dict[str, EmittedOptimizer]:
    """The forms of a case: "port", and the naive forms it shows by their difference's id."""
    naive: list[Difference | None] = [each for each in entry.differences if each.case == case.id]
    return {
        each.id if each else "port": EmittedOptimizer(*emit_optimizer(entry, case.config, TorchOracle(), each))
        for each in [None, *naive]
    }


def prove_optimizer(entry: Entry, case: Case, keras: KerasProcess) -> CaseProof:
    """Hold the emitted optimizer to Keras's in every step; `x` are the shapes of the variables."""
    forms = emitted_optimizers(entry, case)
    proof = CaseProof(entry, case, {name: form.shown for name, form in forms.items()})
    random = np.random.default_rng(seed_of(entry, case))
    shapes = shapes_of(case)
    starts = [random.standard_normal(shape).astype(np.float32) for shape in shapes]
    gradients = [random.standard_normal((STEPS, *shape)).astype(np.float32) for shape in shapes]
    expected = {dtype: _in_keras(entry, case, keras, starts, gradients, dtype) for dtype in ("float64", "float32")}
    for name, form in forms.items():
        found = run_optimizer(form.helpers, form.constructor, starts, gradients)
        result = compare(found, expected["float64"], max_rel=case.max_rel, name="variable")
        if name == "port":
            proof.comparisons["steps"] = result
        else:
            proof.naive.append(_told_apart(name, result.max_rel))
    single = run_optimizer(forms["port"].helpers, forms["port"].constructor, starts, gradients, "float32")
    proof.float32 = [
        float32_errors(*arrays, name=f"float32[{index}]")
        for index, arrays in enumerate(zip(single, expected["float32"], expected["float64"], strict=True))
    ]
    return proof


def _told_apart(name: str, apart: float) -> NaiveProof:
    if math.isfinite(apart) and apart > APART:
        return NaiveProof(name, apart)
    return NaiveProof(name, apart, f"{name}: its naive form is {apart:.1e} from Keras, which shows nothing")


def _in_keras(
    entry: Entry,
    case: Case,
    keras: KerasProcess,
    starts: Sequence[np.ndarray],
    gradients: Sequence[np.ndarray],
    dtype: str,
) -> list[np.ndarray]:
    arrays = {f"start/{index}": array for index, array in enumerate(starts)}
    arrays |= {f"gradient/{index}": array for index, array in enumerate(gradients)}
    with tempfile.TemporaryDirectory(dir=keras.folder) as name:
        folder = Path(name)
        with (folder / "inputs.npz").open("wb") as stream:
            np.savez(stream, allow_pickle=False, **arrays)
        params = {"inputs": folder / "inputs.npz", "out_path": folder / "out.npz", "dtype": dtype}
        keras.call("run_optimizer", case=statement(entry, case), **params)
        with np.load(folder / "out.npz") as found:
            return [found[f"variable/{index}"] for index in range(len(starts))]
