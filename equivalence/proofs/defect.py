"""Where Keras is off on one of its backends: that it is, and that the port gives what another settles."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from equivalence.keras_side.client import KerasProcess
from equivalence.proofs.case_inputs import draw_inputs, statement
from equivalence.proofs.emitted import Emitted
from equivalence.proofs.result import APART, digits
from equivalence.proofs.truth import Oracles, model_of, saved
from equivalence.schema import KERAS_ON, Case, Defect, Entry
from equivalence.translation.structure import leaves
from equivalence.verification.compare import compare


@dataclass(frozen=True, slots=True)
class DefectProof:
    """How far the backend and the port are from what the other one settles, relative, in float64."""

    id: str
    backend: str
    oracle: str
    apart: float  # the backend that is off
    port: float
    text: str  # the emitted PyTorch
    message: str = ""  # why it does not show the defect

    def to_json(self) -> dict[str, Any]:
        """Names and measured errors, rounded to two digits."""
        names = {"id": self.id, "backend": self.backend, "oracle": self.oracle}
        return {**names, "apart": digits(self.apart), "port": digits(self.port)}


def prove_defect(entry: Entry, defect: Defect, oracles: Oracles) -> DefectProof:
    """Run the defect's case in both backends and in PyTorch, with the same weights and inputs.

    Raises Refused where the case cannot be emitted, KerasFailed where Keras cannot run it.
    """
    off, oracle, case = oracles.on(defect.backend), oracles.on(defect.case.oracle), defect.case
    inputs = draw_inputs(entry, case)
    with model_of(entry, case, off) as (model, folder):
        form = Emitted(entry, model)
        if saved(entry, case):
            found = _outputs(off, folder / "case.keras", inputs)
            settled = _outputs(oracle, folder / "case.keras", inputs, defect.instead)
        else:
            found = _outputs_of_call(entry, case, off, inputs)
            meant = case._replace(config={**case.config, **(defect.instead or {})})
            settled = _outputs_of_call(entry, meant, oracle, inputs)
        run = form.run(inputs).results.outputs
    backend = compare(found, settled, name=f"{defect.id}: {KERAS_ON[defect.backend]}")
    port = compare(run, settled, max_rel=case.max_rel, name=f"{defect.id}: the port")
    message = port.message
    if not (math.isfinite(backend.max_rel) and backend.max_rel > APART):
        where = f"{defect.id}: {KERAS_ON[defect.backend]} is {backend.max_rel:.1e} from {KERAS_ON[case.oracle]}"
        message = "\n".join([f"{where}, which shows nothing", *port.message.splitlines()])
    return DefectProof(defect.id, defect.backend, case.oracle, backend.max_rel, port.max_rel, form.shown, message)


def defect_text(entry: Entry, defect: Defect, oracles: Oracles) -> str:
    """What the defect's case emits, without running it."""
    with model_of(entry, defect.case, oracles.on(defect.backend)) as (model, _):
        return Emitted(entry, model).shown


def _outputs(
    keras: KerasProcess, path: Path, inputs: list[np.ndarray], instead: Mapping[str, Any] | None = None
) -> list[np.ndarray]:
    """The model's outputs in float64, flat."""
    with tempfile.TemporaryDirectory(dir=keras.folder) as name:
        folder = Path(name)
        np.savez(folder / "inputs.npz", *inputs)
        answer = keras.call(
            "run_model", path=path, inputs=folder / "inputs.npz", dtype="float64", out_dir=folder, layers=False,
            instead=[] if instead is None else [[[], dict(instead)]],
        )  # fmt: skip
        return [np.load(folder / file) for file in leaves(answer["outputs"])]


def _outputs_of_call(entry: Entry, case: Case, keras: KerasProcess, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """The same of what Keras saves no model of: a loss."""
    with tempfile.TemporaryDirectory(dir=keras.folder) as name:
        folder = Path(name)
        np.savez(folder / "inputs.npz", *inputs)
        params = {"inputs": folder / "inputs.npz", "out_path": folder / "out.npz", "dtype": "float64"}
        answer = keras.call("run_function", case=statement(entry, case), **params)
        with np.load(folder / "out.npz") as found:
            return [found[f"inference/output/{index}"] for index in range(answer["outputs"])]
