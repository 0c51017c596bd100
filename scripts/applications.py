"""`python -m scripts.applications [NAME...]`: every network of keras.applications, ported and compared with Keras.

Random weights, statistics calibrated so that activations stay in range. A line for each: how many layers were compared,
the largest difference, and that of its norms folded for inference; relative, in float64.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import torch

from equivalence import for_inference, port
from equivalence.keras_side.client import KerasProcess

#: The side of the images, smaller than the networks' own: the layers are the same.
SIZE = 96
#: How far folding norms may move an output, relative, in float64; of a network of which the output goes on moving, so
#: many times as far as it does where its inputs change by one unit in the last place.
FOLDED, TIMES = 1e-12, 4


def constructors() -> dict[str, Any]:
    """Every public function of keras.applications that makes a network."""
    found = vars(keras.applications)
    return {name: make for name, make in found.items() if name[0].isupper() and callable(make)}


def main(names: Sequence[str]) -> int:
    """0 where all that was tried is equal."""
    known, bad = constructors(), 0
    with KerasProcess("tensorflow") as process:
        for name in names or sorted(known):
            found = compared(name, known[name], process)
            bad += not found.startswith("equal")
            print(f"{name:24} {found}", flush=True)
    return int(bool(bad))


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


def compared(name: str, make: Any, process: KerasProcess) -> str:
    """What became of one network, in a few words."""
    size = (SIZE, SIZE, 3)
    model = make(weights=None, classifier_activation=None, input_shape=size, classes=7)
    with tempfile.TemporaryDirectory() as folder:
        path = calibrated(model, Path(folder) / f"{name}.keras", process)
        ported = port(path)
    report = ported.report
    if not report.verified:
        return f"different: {report.because}"
    worst = max(float(row["max_rel"]) for row in report.layers)
    count, apart, moved = folded(ported.module.double())
    if apart > max(FOLDED, TIMES * moved):
        return f"different with its norms folded: {apart:.1e}, where a unit in the last place makes {moved:.1e}"
    return f"equal: {len(report.layers)} layers, at most {worst:.1e} apart; {count} norms folded, {apart:.1e} apart"


def folded(module: Any) -> tuple[int, float, float]:
    """How many norms go into the layers before them, and how far the output then is, relative; and how far it is where
    the inputs are one unit in the last place larger, which is what rounding alone does."""
    x = torch.randn(2, 3, SIZE, SIZE, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    fast = for_inference(module, x, compiled=False)
    with torch.no_grad():
        expected, nudged = module(x), module(x * (1 + 2**-52))
    scale = expected.abs().max()
    apart, moved = (float((found - expected).abs().max() / scale) for found in (fast(x), nudged))
    return len(fast.folded), apart, moved


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
