"""Verify a port against Keras itself: the same inputs through both, every layer compared.

Keras loads the original file in a child process, independently of this package's reader. The port runs
as the emitted source with taps in it, so that what is compared is what was written.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from equivalence.errors import Unavailable
from equivalence.keras_side.client import KerasFailed, KerasProcess, available_backends
from equivalence.keras_side.sealed_files import Sealed
from equivalence.schema import KERAS_ON
from equivalence.torch_side.fixed_random import fixed_random
from equivalence.torch_side.loading import run, state_at
from equivalence.translation.graph import Graph
from equivalence.translation.structure import leaves, mapped
from equivalence.verification.amplified import beside, only_rounding
from equivalence.verification.compare import compare, json_number
from equivalence.verification.keras_layout import in_keras_order
from equivalence.verification.ported import Ported
from equivalence.verification.report import Report
from equivalence.verification.rounding import float32_errors
from equivalence.verification.sample_inputs import draw_inputs
from equivalence.verification.settling import (
    OUTPUTS,
    same_meaning,
    settled_together,
    what_is_off,
    within_what_is_stated,
)
from equivalence.verification.tapped import in_port_order, tapped
from equivalence.verification.watching import NETWORK, Watcher


class Original(NamedTuple):
    """The file of a model; `config` is that of its JSON, where the file holds its weights alone.

    `sealed`: how the files were when our reader read them (`keras_side.sealed_files.seal`): Keras loads no others.
    """

    path: Path
    config: Path | None = None
    sealed: Sealed = MappingProxyType({})


def verify(ported: Ported, original: Original | Path, say: Callable[[str], None]) -> None:
    """Fills in the report of `ported`.

    Where Keras differs on one backend, it is asked with settings that mean the same, if a defect is known that they
    avoid, and then on another backend: what agrees at every layer gives the verdict, and a note says so; so do two
    backends that are off at different layers, each of which the other agrees on, and a backend whose layers differ by
    no more than the cases of their entries allow. If nothing does, that of the first backend stands. Without Keras, or
    where Keras cannot run the model, `verified` stays None and `because` says why.
    """
    report, backends = ported.report, available_backends()
    if not backends:
        report.because = "Keras is not installed: pip install 'keras-torch-equivalence[keras]'"
        return
    different: list[Report] = []
    stated: list[str] = []  # of each that differs: that it does by no more than its entries say, or nothing
    off: list[str] = []  # what is said of the backends that differ
    failures: list[str] = []
    for backend in _preferred(backends, ported.graph):
        try:
            with KerasProcess(backend) as keras:
                settled_by, found = KERAS_ON[backend], compare_with(keras, ported, original, say)
                if not found.verified:
                    different.append(found)
                    off.append(what_is_off(found, backend))
                    stated.append(within_what_is_stated(found, backend))
                    settled_by, instead = same_meaning(found, backend)
                    found = compare_with(keras, ported, original, say, instead) if instead else found
        except (KerasFailed, Unavailable) as error:
            failures.append(str(error))
            continue
        if found.verified:
            found.notes += [*failures, *(f"{what} {settled_by} agrees with the port." for what in off)]
            return
    ported.report = different[0] if different else report
    if settled_together(different):
        ported.report.verified, ported.report.because = True, ""
        ported.report.notes += [*failures, *off, "What one backend is off at, another agrees with the port on."]
        return
    if any(stated):
        settled = next(index for index, said in enumerate(stated) if said)
        ported.report = different[settled]
        ported.report.verified, ported.report.because = True, ""
        ported.report.notes.append(stated[settled])
        return
    ported.report.because = "; ".join([*([different[0].because] if different else []), *failures])
    if different and ported.draft.meant_otherwise:
        # the port means what the file meant when it was written; Keras of today cannot say whether it does
        ported.report.verified = None
        ported.report.because = "; ".join(dict.fromkeys(ported.draft.meant_otherwise))


def _preferred(backends: tuple[str, ...], graph: Graph) -> tuple[str, ...]:
    """TensorFlow first, unless the model is channels_first: on a CPU TensorFlow has no kernels for that."""
    return tuple(sorted(backends, key=lambda name: (name != "torch") == _channels_first(graph)))


def _channels_first(graph: Graph) -> bool:
    """Whether a layer of a graph, or one inside a layer, says that its images have their channels first."""
    return any(
        _says_channels_first(layer.config) or any(_channels_first(model) for _, model in layer.models())
        for layer in graph.layers
    )


def _says_channels_first(config: Any) -> bool:
    if isinstance(config, dict):
        return config.get("data_format") == "channels_first" or any(map(_says_channels_first, config.values()))
    return isinstance(config, list) and any(map(_says_channels_first, config))


@dataclass(frozen=True, slots=True)
class Truth:
    """What Keras made of a model: `calls` of every layer in float64 (see `keras_side.record`), and the outputs."""

    folder: Path  # of the arrays of the calls
    inputs: list[np.ndarray]
    calls: list[dict[str, Any]]
    outputs: dict[str, Any]  # by dtype, in the model's structure
    versions: dict[str, str]
    as_saved: Any = None  # the outputs in the dtypes of its layers, where they are others


def compare_with(
    keras: KerasProcess,
    ported: Ported,
    original: Original | Path,
    say: Callable[[str], None],
    instead: Sequence[tuple[list[str], dict[str, Any]]] = (),
) -> Report:
    """Gives `ported` a report of its own, and returns it, from running the original in a Keras process.

    `instead`: settings that layers get in Keras, by their path. Raises KerasFailed.
    """
    ported.report = replace(ported.report, notes=[*ported.draft.notes, *ported.draft.folded])
    if always := [*ported.draft.always_random, *ported.draft.drawing]:
        ported.report.notes.append(
            f"{', '.join(always)}: random in inference too (training=True); compared without that."
        )
    with tempfile.TemporaryDirectory(dir=keras.folder) as folder:
        narrow = bool(ported.draft.policies)
        truth = run_keras(keras, draw_inputs(ported), original, Path(folder), say, instead, _times(ported), narrow)
        say("comparing every layer")
        judge(ported, truth)
    return ported.report


def run_keras(
    keras: KerasProcess,
    inputs: list[np.ndarray],
    original: Original | Path,
    folder: Path,
    say: Callable[[str], None],
    instead: Sequence[tuple[list[str], dict[str, Any]]] = (),
    times: int = 1,
    as_saved: bool = False,
) -> Truth:
    """Runs the model of a file in both dtypes, `times` times in a row; arrays go to `folder`. Raises KerasFailed.

    With `as_saved`, in those of its layers too, where the backend can.
    """
    path, config, sealed = original if isinstance(original, Original) else Original(original)
    packed = folder / "inputs.npz"
    np.savez(packed, *inputs)
    answers = {}
    for dtype in ("float64", "float32", *([""] if as_saved else [])):
        say(f"running Keras on {keras.backend} in {dtype or 'the dtypes of its layers'}")
        (folder / f"in_{dtype}").mkdir()
        try:
            answers[dtype] = keras.call(
                "run_model", path=path.resolve(), config=config and config.resolve(), inputs=packed, dtype=dtype,
                out_dir=folder / f"in_{dtype}", layers=dtype == "float64", times=times, instead=list(instead),
                sealed=dict(sealed),
            )  # fmt: skip
        except KerasFailed:
            if dtype:
                raise
    outputs = {dtype: _loaded(answer["outputs"], folder / f"in_{dtype}") for dtype, answer in answers.items()}
    saved = outputs.pop("", None)
    return Truth(folder / "in_float64", inputs, answers["float64"]["calls"], outputs, keras.versions, saved)


def judge(ported: Ported, truth: Truth, dtype: str = "float64", max_rel: float = NETWORK) -> None:
    """Fills in the report: the port run on the same inputs, and each of its layers held against Keras's in `dtype`."""
    report = ported.report
    watcher = Watcher(ported, truth.calls, truth.folder, max_rel=max_rel)
    outputs = {
        name: _run_port(ported, truth.inputs, name, watcher if name == dtype else None) for name in truth.outputs
    }
    result = compare(outputs[dtype], truth.outputs[dtype], max_rel=max_rel)
    watched = report.layers = watcher.rows
    report.unobserved = watcher.unobserved
    report.verified = result.equal and all(row["equal"] for row in watched)
    report.because = (
        "" if report.verified else (result.message or next(r["message"] for r in watched if not r["equal"]))
    )
    report.versions = truth.versions
    setattr(report, dtype, {"max_abs": json_number(result.max_abs), "max_rel": json_number(result.max_rel)})
    if dtype == "float64":
        report.apart = []
        if not report.verified:
            _settle(ported, truth)
        report.float32 = _single_precision(
            leaves(outputs["float32"]), leaves(truth.outputs["float32"]), leaves(truth.outputs["float64"])
        )
    if truth.as_saved is not None:
        found = compare(truth.as_saved, truth.outputs["float64"])
        report.notes.append(
            f"As the model was saved, Keras's outputs are {found.max_rel:.1e} from those in float64; the port's, in "
            f"{ported.draft.floats}, {_largest(ported, report):.1e}."
        )


def _settle(ported: Ported, truth: Truth) -> None:
    """Where the port differs from Keras: in which layers, on the inputs that Keras gave them; or in none, and all that
    sets it apart is rounding."""

    def rows(handing_on: bool, random: np.random.Generator | None = None) -> list[dict[str, Any]]:
        moving = (lambda array: beside(array, random)) if random and not handing_on else None
        watcher = Watcher(ported, truth.calls, truth.folder, handing_on=handing_on, moving=moving)
        outputs = _run_port(ported, truth.inputs, "float64", watcher, random)
        result = compare(outputs, truth.outputs["float64"], max_rel=NETWORK)
        said = {} if result.equal else {"message": result.message}
        of_outputs = {"path": OUTPUTS, "equal": result.equal, "max_rel": json_number(result.max_rel), **said}
        return [*watcher.rows, of_outputs]

    report, one_by_one = ported.report, rows(handing_on=True)
    report.apart = [row for row in one_by_one if not row["equal"]]
    if said := only_rounding(rows(handing_on=False), one_by_one, rows):
        report.verified, report.because, report.apart = True, "", []
        report.notes.append(said)


def _run_port(
    ported: Ported,
    inputs: list[np.ndarray],
    dtype: str,
    watcher: Watcher | None = None,
    random: np.random.Generator | None = None,
) -> Any:
    """The outputs of the emitted source for inputs in Keras's layout, in that layout; `watcher` sees every layer.

    With `random` the last bits of the weights are others.
    """
    model = ported.draft.classes[-1]
    weights = None
    if random:
        exact = {name: array.astype(dtype) for name, array in ported.exact.items()}
        weights = {name: beside(array, random) for name, array in (state_at(ported.module, dtype) | exact).items()}
    module, found = tapped(ported, watcher.tap if watcher else _no_tap, dtype, weights)
    if watcher:
        watcher.instances = found
    held = in_port_order(ported, inputs)
    with fixed_random(dropout=True):
        outputs = [run(module, held, dtype) for _ in range(_times(ported))]
    return in_keras_order(model.outputs, outputs[-1])


def _times(ported: Ported) -> int:
    """How many times both sides are run in a row: twice where the second run begins where the first ended."""
    return 2 if ported.draft.classes[-1].stateful else 1


def _loaded(structure: Any, folder: Path) -> Any:
    """The arrays that the Keras process wrote, in the structure of its answer."""
    return mapped(lambda file: np.load(folder / file), structure)


def _single_precision(ours: list[np.ndarray], keras: list[np.ndarray], truth: list[np.ndarray]) -> dict[str, Any]:
    """The largest float32 errors over the outputs: the port's and Keras's own, against the float64 truth."""
    rows = [float32_errors(a, b, t) for a, b, t in zip(ours, keras, truth, strict=True) if t.dtype == np.float64]
    names = ("max_abs", "max_rel", "keras_max_abs", "keras_max_rel")
    return {name: json_number(max((getattr(row, name) for row in rows), default=0.0)) for name in names}


def _largest(ported: Ported, report: Report) -> float:
    """How far the port's own outputs are from Keras's in float64, relative."""
    found = report.float64 if ported.draft.floats == "float64" else report.float32
    return float((found or {}).get("max_rel", 0.0))


def _no_tap(module: Any, forward: str, layer: str, node: int, index: int, value: Any) -> Any:
    return value
