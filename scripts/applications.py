"""`python -m scripts.applications [NAME...]`: every network of keras.applications, ported and compared with Keras.

Random weights, statistics calibrated so that activations stay in range. A row for each in docs/applications.md, written
as soon as it is known: how many layers were compared, the largest difference, and that of its norms folded for
inference; relative, in float64. Without names, those that have no row yet.
"""

from __future__ import annotations

import copy
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import torch

from equivalence import for_inference, port
from equivalence.formats.outputs import write_together
from equivalence.keras_side.client import KerasProcess

PAGE = Path(__file__).parent.parent / "docs" / "applications.md"
MARK = "<!-- networks: written by make applications -->"
#: The side of the images, smaller than the networks' own: the layers are the same.
SIZE = 96
#: How far folding norms may move an output, relative, in float64; of a network of which the output goes on moving, so
#: many times as far as it does where its inputs and weights change by one unit in the last place.
FOLDED, TIMES = 1e-12, 4


def constructors() -> dict[str, Any]:
    """Every public function of keras.applications that makes a network."""
    found = vars(keras.applications)
    return {name: make for name, make in found.items() if name[0].isupper() and callable(make)}


class Row(NamedTuple):
    """What is known of one network."""

    name: str
    layers: str
    worst: str  # the largest difference of any layer, relative to its largest number
    folded: str  # norms
    apart: str  # outputs with the norms folded and without

    def __str__(self) -> str:
        return f"| {' | '.join(self)} |"


def rows(page: str) -> dict[str, Row]:
    """The networks of a page, by name."""
    lines = [line[2:-2].split(" | ") for line in page.splitlines() if line.startswith("| ") and "---" not in line]
    return {cells[0]: Row(*cells) for cells in lines[1:]}


def main(names: Sequence[str]) -> int:
    """0 where all that was tried is equal."""
    known, bad = constructors(), 0
    done = rows(PAGE.read_text(encoding="utf-8"))
    with KerasProcess("tensorflow") as process:
        for name in names or sorted(known.keys() - done):
            found = compared(name, known[name], process)
            print(found, flush=True)
            if isinstance(found, Row):
                done[name] = found
                _write(done)
            else:
                bad += 1
    return int(bool(bad))


def _write(done: dict[str, Row]) -> None:
    before, mark, _ = PAGE.read_text(encoding="utf-8").partition(MARK)
    table = [
        Row("network", "layers", "layers apart", "norms folded", "then apart"),
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    lines = [*map(str, table), *(str(done[name]) for name in sorted(done))]
    text = f"{before}{mark}\n" + "".join(f"{line}\n" for line in lines)
    write_together(PAGE.parent, {PAGE.name: lambda file: file.write_bytes(text.encode())})


def calibrated(model: Any, path: Path, process: KerasProcess) -> Path:
    """Saves a model with random weights and the statistics that its BatchNormalization layers see on samples.

    Without these a random deep network hides mistakes: its answers hardly depend on its input.
    """
    samples, raw = path.with_name("samples.npz"), path.with_name(f"raw_{path.name}")
    np.savez(samples, np.random.default_rng(1).normal(size=(8, *model.input_shape[1:])).astype(np.float32))
    model.save(raw)
    process.call("calibrate", path=raw, inputs=samples, out_path=path, seed=1)
    raw.unlink()
    return path


def compared(name: str, make: Any, process: KerasProcess) -> Row | str:
    """One network's row, or what is wrong with it."""
    size = (SIZE, SIZE, 3)
    model = make(weights=None, classifier_activation=None, input_shape=size, classes=7)
    with tempfile.TemporaryDirectory() as folder:
        path = calibrated(model, Path(folder) / f"{name}.keras", process)
        ported = port(path)
    report = ported.report
    if not report.verified:
        return f"{name}: different: {report.because}"
    worst = max(float(row["max_rel"]) for row in report.layers)
    count, apart, moved = folded(ported.module.double())
    if apart > max(FOLDED, TIMES * moved):
        return f"{name}: {apart:.1e} apart with its norms folded; a unit in the last place makes {moved:.1e}"
    return Row(name, str(len(report.layers)), f"{worst:.1e}", str(count), f"{apart:.1e}")


def folded(module: Any) -> tuple[int, float, float]:
    """How many norms go into the layers before them, and how far the output then is, relative; and how far it is where
    inputs and weights are one unit in the last place larger or smaller, which is what rounding alone does."""
    draw = torch.Generator().manual_seed(2)
    x = torch.randn(2, 3, SIZE, SIZE, dtype=torch.float64, generator=draw)
    fast = for_inference(module, x, compiled=False)
    other = copy.deepcopy(module)
    with torch.no_grad():
        for weight in other.parameters():
            weight *= 1 + 2**-52 * torch.randint(-1, 2, weight.shape, generator=draw)
        expected, nudged = module(x), other(x * (1 + 2**-52))
        scale = expected.abs().max()
        apart, moved = (float((found - expected).abs().max() / scale) for found in (fast(x), nudged))
    return len(fast.folded), apart, moved


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
