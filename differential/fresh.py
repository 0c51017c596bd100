"""A saved port loaded where nothing else is: a process that imports torch and the emitted file alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

from equivalence.torch_side.loading import run
from equivalence.translation.structure import leaves
from equivalence.verification.compare import compare
from equivalence.verification.keras_layout import from_keras_array
from equivalence.verification.ported import Ported

#: Both compute in float32, and one may hold its weights channels last: what is further apart is a mistake.
BOUND = 1e-4
SECONDS = 120

#: What a user does with the two files; outputs come back flattened, dictionaries by sorted key.
USED = """
import importlib.util, sys
import numpy as np, torch

source, given, found = sys.argv[1:]
spec = importlib.util.spec_from_file_location("ported_file", source)
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
model = module.load()
with np.load(given) as arrays:
    held = [arrays[name] for name in arrays.files]
tensors = [array.tolist() if array.dtype.kind == "U" else torch.from_numpy(array) for array in held]
with torch.no_grad():
    outputs = model(*tensors)

def flat(part):
    if isinstance(part, dict):
        return [leaf for key in sorted(part) for leaf in flat(part[key])]
    if isinstance(part, (list, tuple)):
        return [leaf for inner in part for leaf in flat(inner)]
    return [part.numpy()]

np.savez(found, *flat(outputs))
"""


def trouble_afresh(ported: Ported, inputs: list[np.ndarray], folder: Path) -> str:
    """What is wrong with the saved files in a process of their own; empty where they load and give the same."""
    place = folder / "fresh"
    place.mkdir(exist_ok=True)
    source = next(path for path in ported.save(place) if path.suffix == ".py")
    orders = [value.order for _, value, _ in ported.draft.classes[-1].inputs]
    held = [from_keras_array(array, order) for array, order in zip(inputs, orders, strict=True)]
    np.savez(place / "inputs.npz", *map(np.ascontiguousarray, held))
    command = [sys.executable, "-P", "-c", USED, str(source), str(place / "inputs.npz"), str(place / "outputs.npz")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=place, timeout=SECONDS)
    if done.returncode:
        return done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"ended with {done.returncode}"
    with np.load(place / "outputs.npz") as found:
        actual = [found[name] for name in found.files]
    expected = leaves(run(ported.module, held, "float32"))
    return compare(actual, expected, max_rel=BOUND, equal_nan=True, name="output of the saved port").message
