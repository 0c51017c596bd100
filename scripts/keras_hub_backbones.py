"""`python -m scripts.keras_hub_backbones [NAME...]`: backbones of keras-hub, ported live and compared with Keras.

keras-hub is no dependency: `pip install --no-deps keras-hub` into a folder of its own, which PYTHONPATH names. Small
configurations with random weights; a line for each. `--json FILE` keeps what was found, `--write` makes
docs/keras_hub.md of it.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import keras
import numpy as np

from equivalence import port
from equivalence.errors import Refused
from scripts.keras_hub_images import IMAGES
from scripts.keras_hub_text import TEXT, fixed_inputs

#: What keras-hub imports for its tokenizers and downloads; no backbone uses it.
_NOT_USED = ("absl", "kagglehub", "kagglehub.exceptions", "regex", "sentencepiece", "tensorflow_text", "tokenizers")


def keras_hub() -> ModuleType:
    """keras-hub's models, without what only its tokenizers need. Raises ImportError where it is not installed."""
    for name in _NOT_USED:
        try:
            importlib.import_module(name)
        except ImportError:
            sys.modules[name] = mock.MagicMock(__spec__=None, __path__=[])
    return importlib.import_module("keras_hub.models")


def randomise(model: Any, seed: int = 0) -> None:
    """Draws every weight anew, so that nothing is 0, 1 or so small that a mistake in its use would not show."""
    random = np.random.default_rng(seed)
    for weight in model.trainable_weights:
        weight.assign(_drawn(weight, random))
    for weight in model.non_trainable_weights:
        if weight.name == "moving_mean":
            weight.assign(random.normal(0.0, 0.25, weight.shape))
        elif weight.name == "moving_variance":
            weight.assign(random.uniform(0.5, 1.5, weight.shape))


def _drawn(weight: Any, random: np.random.Generator) -> np.ndarray:
    if weight.name in ("gamma", "scale") or (weight.ndim < 2 and np.all(np.asarray(weight) == 1)):
        return random.uniform(0.5, 1.5, weight.shape)
    if "embedding" in weight.name:
        return random.normal(0.0, 1.0, weight.shape)
    fan_in = int(np.prod(weight.shape[:-1])) if weight.ndim > 1 else 16
    return random.normal(0.0, fan_in**-0.5, weight.shape)


def found(name: str, make: Any, hub: ModuleType) -> dict[str, Any]:
    """What becomes of one backbone: its verdict and figures, or why it is refused."""
    begun = time.perf_counter()
    keras.utils.clear_session(free_memory=True)
    keras.utils.set_random_seed(1)
    model = make(hub)
    randomise(model)
    built = time.perf_counter()
    row: dict[str, Any] = {"name": name, "class": type(model).__name__, "parameters": model.count_params()}
    try:
        ported = port(model, inputs=fixed_inputs(name, model))
    except Refused as refusal:
        return row | {"verdict": "refused", "because": str(refusal), "seconds": time.perf_counter() - built}
    report = ported.report
    verdict = {True: "equal", False: "different", None: "not compared"}[report.verified]
    dtype = "float64" if report.float64 else "float32"
    return row | {
        "verdict": verdict,
        "because": report.because,
        "dtype": dtype,
        "max_rel": (getattr(report, dtype) or {}).get("max_rel"),
        "layers": len(report.layers),
        "lines": len(ported.source.splitlines()),
        "notes": report.notes,
        "built": built - begun,
        "seconds": time.perf_counter() - built,
    }


def main(arguments: Sequence[str]) -> int:
    """0 where nothing that was tried is different from Keras."""
    parser = argparse.ArgumentParser(prog="python -m scripts.keras_hub_backbones", description=__doc__)
    parser.add_argument("names", nargs="*", help="of the table; all of them where none is given")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    try:
        hub = keras_hub()
    except ImportError as error:
        print(f"keras-hub is not installed ({error}): pip install --no-deps --target FOLDER keras-hub, and PYTHONPATH")
        return 2
    known, rows = {**TEXT, **IMAGES}, []
    for name in options.names or known:
        try:
            row = found(name, known[name], hub)
        except Exception as error:
            import traceback

            traceback.print_exc()
            row = {"name": name, "verdict": "raw", "because": f"{type(error).__name__}: {error}"}
        rows.append(row)
        print(_line(row), flush=True)
        if options.json:
            options.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    return int(any(row["verdict"] == "different" for row in rows))


def _line(row: dict[str, Any]) -> str:
    if row["verdict"] == "equal":
        return (
            f"{row['name']:28} equal  {row['dtype']} {row['max_rel']:.1e}  {row['lines']} lines  {row['seconds']:.0f} s"
        )
    return f"{row['name']:28} {row['verdict']}: {row['because']}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
