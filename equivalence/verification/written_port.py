"""The files of a port, written from a module or, tensor by tensor, from the model file itself."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from equivalence.emit.draft import FileDraft, Placement
from equivalence.formats.digests import digest
from equivalence.formats.earlier_port import check_replaceable
from equivalence.formats.outputs import write_together
from equivalence.formats.tensors_file import LazyTensor, write_tensors
from equivalence.render.progress import Step
from equivalence.torch_side.loading import empty_state
from equivalence.verification.report import Report
from equivalence.weights.placed_arrays import dtype_in_port, placed_array, table_arrays


def write_port(
    folder: Path,
    name: str,
    source: str,
    report: Report,
    tensors: Iterable[LazyTensor],
    force: bool,
    more: Mapping[str, Callable[[Path], object]] | None = None,
) -> list[Path]:
    """Writes NAME.py, NAME.safetensors and NAME.report.json, all or none, and gives the report their digests.

    `more`: further files by their names, each with what writes it.

    Raises Refused where a file is there and is not what the report beside it says was written, unless `force`.
    """
    written: dict[str, str] = {}

    def noted(file: str, write: Callable[[Path], object]) -> Callable[[Path], object]:
        def writer(path: Path) -> None:
            write(path)
            written[file] = digest(path)

        return writer

    def of_report(path: Path) -> None:
        path.write_bytes(replace(report, files=written).to_text().encode())

    text, weights = f"{name}.py", f"{name}.safetensors"
    files: dict[str, Callable[[Path], object]] = {
        text: lambda path: path.write_bytes(source.encode()),
        weights: lambda path: write_tensors(path, tensors),
        **(more or {}),
    }
    paths = write_together(
        folder,
        {**{file: noted(file, write) for file, write in files.items()}, f"{name}.report.json": of_report},
        lambda folder: None if force else check_replaceable(folder, name, files),
    )
    report.files = written
    return paths


def tensors_of_file(draft: FileDraft, text: str, source: str, say: Callable[[str], None]) -> list[LazyTensor]:
    """What the weights file holds, each read from the model file when it is written, and not kept.

    `text` is the emitted source, `source` what messages call the model file, which has to stay open. Raises
    RuntimeError where a tensor is missing, left over or of another shape than the emitted module has.
    """

    done = itertools.count()

    def read(placement: Placement) -> np.ndarray:
        say(Step(f"writing the weights of {placement.layer}", next(done) / len(draft.placements)))
        array = placed_array(source, placement, contiguous=False)  # no second copy: it is written in pieces
        return array.astype(draft.floats, copy=False) if array.dtype.kind == "f" else array

    tensors = [
        LazyTensor(placed.parameter, dtype_in_port(placed, draft.floats), placed.shape, partial(read, placed))
        for placed in draft.placements
    ]
    tensors += [_held(name, array) for name, array in table_arrays(draft)]
    expected, there = empty_state(text, draft.classes[-1].name), {tensor.name for tensor in tensors}
    counts = [name for name in expected if name.endswith("num_batches_tracked") and name not in there]
    tensors += [_held(name, np.zeros((), np.int64)) for name in counts]
    found = {tensor.name: tensor.shape for tensor in tensors}
    if found != expected:
        off = sorted(name for name in {*found, *expected} if found.get(name) != expected.get(name))
        raise RuntimeError(f"the emitted module and its weights do not agree on {', '.join(off[:5])}")
    return tensors


def tensors_of_module(state: dict[str, np.ndarray]) -> list[LazyTensor]:
    """The same of a module's arrays, which may lie in memory in any order."""
    return [_held(name, array) for name, array in state.items()]


def _held(name: str, array: np.ndarray) -> LazyTensor:
    return LazyTensor(name, array.dtype.name, array.shape, lambda: array)
