"""The case of what is written as text (`schema.WRITTEN`): both sides do the same with it, and what comes of it is held
against each other."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np

from equivalence.emit.written_text import WrittenText, emit_written
from equivalence.keras_side.client import KerasProcess
from equivalence.proofs.case_inputs import statement
from equivalence.proofs.result import APART, CaseProof, NaiveProof
from equivalence.proofs.shown import Written
from equivalence.schema import Case, Difference, Entry
from equivalence.torch_side.oracle import TorchOracle
from equivalence.torch_side.written_object import maker
from equivalence.verification.compare import Comparison, compare
from equivalence.verification.rounding import float32_errors

Arrays = dict[str, np.ndarray]


def written_forms(entry: Entry, case: Case) -> dict[str, WrittenText]:
    """The forms of a case: "port", and the naive forms it shows by their difference's id."""
    naive: list[Difference | None] = [each for each in entry.differences if each.case == case.id]
    return {
        each.id if each else "port": emit_written(entry, case.config, TorchOracle(), each, case.call)
        for each in [None, *naive]
    }


def prove_trial(entry: Entry, case: Case, keras: KerasProcess) -> CaseProof:
    """Hold what is written to Keras's own, and the naive forms away from it.

    Raises Refused where a form cannot be written, KerasFailed where Keras cannot run the trial.
    """
    forms = written_forms(entry, case)
    proof = CaseProof(entry, case, Written({name: form.shown for name, form in forms.items()}))
    trial = import_module(f"equivalence.proofs.trials.{entry.kind}_trial")
    arrays = trial.draw(entry, case)
    expected = in_keras(entry, case, keras, arrays, "float64")
    for name, form in forms.items():
        found = _judged(trial, _in_torch(case, form, arrays, "float64"), expected, case)
        if name == "port":
            proof.comparisons |= found
        else:
            proof.naive.append(_told_apart(name, found))
    if getattr(trial, "SINGLE", True):
        ours = _in_torch(case, forms["port"], arrays, "float32")
        theirs = in_keras(entry, case, keras, arrays, "float32")
        proof.float32 = [
            float32_errors(ours[name], theirs[name], true, name=f"float32[{name}]")
            for name, true in expected.items()
            if true.dtype == np.float64
        ]
    return proof


def _judged(trial: ModuleType, found: Arrays, expected: Arrays, case: Case) -> dict[str, Comparison]:
    judge = getattr(trial, "judge", None)
    if judge is not None:
        judged: dict[str, Comparison] = judge(found, expected, case)
        return judged
    return {"trial": compare(found, expected, max_rel=case.max_rel, name="trial")}


def _told_apart(name: str, found: Mapping[str, Comparison]) -> NaiveProof:
    apart = max(each.max_rel for each in found.values())
    if math.isfinite(apart) and apart > max(APART, *(each.allowed for each in found.values())):
        return NaiveProof(name, apart)
    return NaiveProof(name, apart, f"{name}: its naive form is {apart:.1e} from Keras, which shows nothing")


def _in_torch(case: Case, form: WrittenText, arrays: Arrays, dtype: str) -> Arrays:
    trial = import_module(f"equivalence.torch_side.torch_trials.torch_{form.kind}")
    given = {name: array.astype(dtype) if array.dtype.kind == "f" else array for name, array in arrays.items()}
    found: Arrays = trial.run(maker(form), case.trial or {}, given, dtype)
    return found


def in_keras(entry: Entry, case: Case, keras: KerasProcess, arrays: Arrays, dtype: str) -> Arrays:
    with tempfile.TemporaryDirectory(dir=keras.folder) as name:
        folder = Path(name)
        with (folder / "inputs.npz").open("wb") as stream:
            np.savez(stream, allow_pickle=False, **arrays)
        params = {"inputs": folder / "inputs.npz", "out_path": folder / "out.npz", "dtype": dtype}
        keras.call("run_trial", case=statement(entry, case), **params)
        with np.load(folder / "out.npz") as found:
            return {name: found[name] for name in found.files}
