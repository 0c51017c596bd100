"""What a port gives: the source, the module that this source makes, and how well it agrees."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from equivalence.emit.draft import FileDraft
from equivalence.formats.digests import digest
from equivalence.formats.earlier_port import check_replaceable
from equivalence.formats.outputs import write_together
from equivalence.torch_side.loading import run
from equivalence.translation.graph import Graph
from equivalence.translation.order import axes
from equivalence.verification.keras_layout import in_keras_order
from equivalence.verification.report import Report


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

        The report then has the digests of the other two. An earlier port is replaced. Raises Refused where one of the
        files is there and is not what the report beside it says was written, unless `force`.
        """
        # safetensors writes the memory of an array as it lies, whatever its strides say
        state = self.module.state_dict()
        held = {name: np.asarray(tensor.detach().numpy(), order="C") for name, tensor in state.items()}
        written: dict[str, str] = {}

        def noted(name: str, write: Callable[[Path], object]) -> Callable[[Path], object]:
            def writer(path: Path) -> None:
                write(path)
                written[name] = digest(path)

            return writer

        def report(path: Path) -> None:
            path.write_bytes(replace(self.report, files=written).to_text().encode())

        source, weights = f"{self.name}.py", f"{self.name}.safetensors"
        paths = write_together(
            Path(folder),
            {
                source: noted(source, lambda path: path.write_bytes(self.source.encode())),
                weights: noted(weights, lambda path: save_file(held, path, metadata={"format": "pt"})),
                f"{self.name}.report.json": report,
            },
            lambda folder: None if force else check_replaceable(folder, self.name),
        )
        self.report.files = written
        return paths
