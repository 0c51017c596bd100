"""One case of a torch name: run in torch, translated, run in Keras, compared."""

from __future__ import annotations

import math
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from equivalence.catalogue.from_torch.torch_rows import FromTorch
from equivalence.errors import EquivalenceError
from equivalence.keras_side.client import KerasProcess
from equivalence.proofs.result import digits
from equivalence.proofs.sample_draws import ranks_with_channels, samples_in, to_keras_order
from equivalence.search.torch_first import translated
from equivalence.torch_side.torch_cases import TorchRun, run_torch
from equivalence.translation.torch_calls import parse
from equivalence.verification.compare import compare

#: What a case that is rounded to float32 on the way may be off, relative.
LOOSE = 3e-7


@dataclass(slots=True)
class TorchCase:
    """What a case showed: the Keras code of its call, the errors by what was compared, and what did not hold."""

    torch: str
    code: str = ""
    float64: dict[str, float] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        return {"torch": self.torch, "keras": self.code, "float64": {k: digits(v) for k, v in self.float64.items()}}


def code_of(row: FromTorch, text: str) -> str:
    """The Keras code of a case. Raises WrongCall, and ValueError where it cannot be written."""
    call = parse(text)
    if call is None:
        raise ValueError(f"{text} is no call")
    answer = translated([row], call)
    if answer.code is None:
        raise ValueError(f"{text}: {answer.cannot or f'depends on {answer.depends_on}'}")
    return answer.code


def prove_torch_case(row: FromTorch, text: str, keras: KerasProcess) -> TorchCase:
    """Run a case of a row on both sides."""
    proof = TorchCase(text)
    try:
        proof.code = code_of(row, text)
        samples = samples_in(text)
        expected = run_torch(text, samples, training=row.training == "same", gradients=row.gradients)
        found = _in_keras(row, proof.code, samples, expected, keras)
    except (EquivalenceError, ValueError, RuntimeError, TypeError, NameError, AttributeError, IndexError) as error:
        proof.failures.append(f"{type(error).__name__}: {error}")
        return proof
    max_rel = LOOSE if text in row.loose else row.max_rel
    with_channels = set() if row.plain else ranks_with_channels(samples)
    if row.kind == "random":
        drawn = [_to_torch_order(each, with_channels) for each in found["inference"]]
        _compare_draws(proof, drawn, expected.outputs["inference"])
        return proof
    for mode, outputs in expected.outputs.items():
        keras_outputs = [_to_torch_order(each, with_channels) for each in found[mode]]
        if len(keras_outputs) == len(outputs):
            outputs = [_without_axis(each, other) for each, other in zip(outputs, keras_outputs, strict=True)]
        _compare(proof, {"inference": "forward"}.get(mode, f"{mode}_forward"), keras_outputs, outputs, max_rel)
    if row.gradients and expected.by_input:
        moved = {name: to_keras_order(name, array) for name, array in expected.by_input.items()}
        found_gradients = {name: found["gradients"].get(name) for name in moved}
        _compare(proof, "gradients", found_gradients, moved, max(max_rel, 1e-9))
    if expected.after and not row.after:
        _compare(proof, "after_training", found["after"], expected.after, max_rel)
    return proof


def _in_keras(
    row: FromTorch, code: str, samples: dict[str, np.ndarray], expected: TorchRun, keras: KerasProcess
) -> dict[str, Any]:
    with_channels = set() if row.plain else ranks_with_channels(samples)
    with tempfile.TemporaryDirectory(dir=keras.folder) as name:
        folder = Path(name)
        given: dict[str, Any] = {name: to_keras_order(name, each) for name, each in samples.items()}
        weights: dict[str, Any] = dict(expected.weights)
        np.savez(folder / "inputs.npz", **given)
        weigh = [np.moveaxis(each, 1, -1) if each.ndim in with_channels else each for each in expected.cotangents]
        np.savez(folder / "cotangents.npz", *weigh)
        np.savez(folder / "weights.npz", **weights)
        keras.call(
            "run_written",
            code=code,
            helper=row.helper,
            inputs=folder / "inputs.npz",
            cotangents=folder / "cotangents.npz",
            weights=folder / "weights.npz",
            prefixes=list(row.prefixes),
            modes=list(expected.outputs),
            differentiate=bool(expected.by_input),
            out_path=folder / "found.npz",
        )
        with np.load(folder / "found.npz") as arrays:
            found: dict[str, Any] = {mode: _numbered(arrays, f"{mode}/output/") for mode in expected.outputs}
            found["gradients"] = _below(arrays, "gradient/")
            found["after"] = _below(arrays, "after/")
        return found


def _numbered(arrays: Any, prefix: str) -> list[np.ndarray]:
    count = sum(name.startswith(prefix) for name in arrays.files)
    return [arrays[f"{prefix}{place}"] for place in range(count)]


def _below(arrays: Any, prefix: str) -> dict[str, np.ndarray]:
    return {name.removeprefix(prefix): arrays[name] for name in arrays.files if name.startswith(prefix)}


def _to_torch_order(array: np.ndarray, with_channels: set[int]) -> np.ndarray:
    return np.moveaxis(array, -1, 1) if array.ndim in with_channels else array


def _without_axis(array: np.ndarray, like: np.ndarray) -> np.ndarray:
    """A state of torch's without its axis of layers, where the answer says that Keras has none."""
    return array[0] if array.ndim == like.ndim + 1 and array.shape == (1, *like.shape) else array


def _compare_draws(proof: TorchCase, actual: list[np.ndarray], expected: list[np.ndarray]) -> None:
    """Two samples of one distribution: Kolmogorov and Smirnov's distance, at a level of 1e-6, and the shapes."""
    for place, (one, other) in enumerate(zip(actual, expected, strict=True)):
        _compare(proof, "shape", np.array(one.shape), np.array(other.shape), 0.0)
        both = np.concatenate([one.ravel(), other.ravel()]).astype(np.float64)
        shares = [np.searchsorted(np.sort(each.ravel()), both, side="right") / each.size for each in (one, other)]
        apart = float(np.abs(shares[0] - shares[1]).max())
        allowed = math.sqrt(-math.log(0.5e-6) / 2 * (one.size + other.size) / (one.size * other.size))
        proof.float64["distribution"] = apart
        if not apart <= allowed:
            proof.failures.append(f"output {place}: the distributions are {apart:.3g} apart, more than {allowed:.3g}")


def _compare(proof: TorchCase, what: str, actual: Any, expected: Any, max_rel: float) -> None:
    compared = compare(actual, expected, max_rel=max_rel, name=what, equal_nan=True)
    proof.float64[what] = compared.max_rel
    if not compared.equal:
        proof.failures.append(compared.message)
