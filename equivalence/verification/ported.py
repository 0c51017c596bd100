"""What a port gives: the source, the module that this source makes, and how well it agrees."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from equivalence.emit.draft import FileDraft
from equivalence.formats.tensors_file import write_tensors
from equivalence.torch_side.loading import run
from equivalence.translation.graph import Graph
from equivalence.translation.order import axes
from equivalence.verification.keras_layout import in_keras_order
from equivalence.verification.report import Report
from equivalence.verification.written_port import tensors_of_module, write_port


@dataclass(slots=True)
class Ported:
    """A ported model: the source, the module that this source makes, and how well it agrees."""

    name: str  # of the files and, in CapWords, of the class
    source: str
    module: Any  # torch.nn.Module, in eval mode
    report: Report
    draft: FileDraft
    graph: Graph
    #: of parameters that were computed from several arrays of the file (LoRA): the numbers before they were rounded
    exact: dict[str, np.ndarray] = field(default_factory=dict)
    format: str = ".keras"  # of the file that was read
    keras_version: str = ""  # of its writer
    #: how it is trained on: the text of NAME_train.py, and the arrays of NAME.optimizer.safetensors
    training: tuple[str, dict[str, np.ndarray]] | None = None

    def predict(self, *inputs: Any) -> Any:
        """The outputs for NumPy inputs, all in Keras's own layout and in the structure Keras returns.

        `inputs`: one array for each input of the model, in its order; texts as an array of str. For
        comparing, not for speed.
        """
        model = self.draft.classes[-1]
        if len(inputs) != len(model.inputs):
            raise ValueError(f"{self.name} takes {len(model.inputs)} inputs, {len(inputs)} were given")
        held = [axes(value.order, value.rank) for _, value, _ in model.inputs]
        given = [np.transpose(np.asarray(x), order) for x, order in zip(inputs, held, strict=True)]
        outputs = run(self.module, given, floats=self.draft.floats)
        return in_keras_order(model.outputs, outputs)

    def save(self, folder: str | os.PathLike[str], *, force: bool = False) -> list[Path]:
        """Writes NAME.py, NAME.safetensors and NAME.report.json to `folder`, all or none; returns their paths.

        With `training`, NAME_train.py and NAME.optimizer.safetensors too. The report then has the digests of the
        others. An earlier port is replaced. Raises Refused where one of the files is there and is not what the report
        beside it says was written, unless `force`.
        """
        tensors = tensors_of_module(
            {name: tensor.detach().numpy() for name, tensor in self.module.state_dict().items()}
        )
        return write_port(Path(folder), self.name, self.source, self.report, tensors, force, self._trained_by())

    def _trained_by(self) -> dict[str, Callable[[Path], object]]:
        """The files of `training`, by their names."""
        if self.training is None:
            return {}
        script, state = self.training
        files: dict[str, Callable[[Path], object]] = {
            f"{self.name}_train.py": lambda path: path.write_bytes(script.encode())
        }
        if state:
            kept = tensors_of_module(state)
            files[f"{self.name}.optimizer.safetensors"] = lambda path: write_tensors(path, kept)
        return files
