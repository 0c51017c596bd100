"""Verify a port against Keras itself: the same inputs through both, every layer compared.

Keras loads the original file in a child process, independently of this package's reader. The port runs
as the emitted source with taps in it, so that what is compared is what was written.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.compare import compare, json_number
from equivalence.emit.draft import ClassDraft
from equivalence.emit.file import render_file
from equivalence.errors import Unavailable
from equivalence.graph import Graph, Ref
from equivalence.keras_side.client import KerasFailed, KerasProcess, available_backends
from equivalence.order import Flat, Order, axes
from equivalence.report import Report
from equivalence.rounding import float32_errors
from equivalence.site import Value
from equivalence.torch_side.loading import build, constants_of, fill, run, state_at

if TYPE_CHECKING:
    from equivalence.port import Ported

#: What counts as equal in float64 at every layer of a network, relative to the layer's largest output.
NETWORK = 1e-9
#: Differences below this may be TensorFlow computing in float32 where float64 was asked for.
FLOAT32_ROUNDING = 2.0**-20
#: Sizes tried for sides and lengths that the model leaves open, and the batch: all distinct.
_OPEN_SIZES = ((37, 41), (75, 83), (139, 150), (299, 310))
_BATCH = 2


def verify(ported: Ported, path: Path, say: Callable[[str], None]) -> None:
    """Fills in the report of `ported`; `path` is the original file.

    Without Keras, or where Keras cannot run the model, `verified` stays None and `because` says why.
    """
    report = ported.report
    backends = available_backends()
    if not backends:
        report.because = "Keras is not installed: pip install 'keras-torch-equivalence[keras]'"
        return
    failures = []
    for backend in _preferred(backends, ported.graph):
        try:
            with KerasProcess(backend) as keras:
                compare_with(keras, ported, path, say)
        except (KerasFailed, Unavailable) as error:
            failures.append(str(error))
            continue
        if report.verified or not _may_be_rounding(report):
            break
        failures.append(f"Keras on {backend} rounds to float32 here, so another backend was asked: {report.because}")
    if report.verified is None:
        report.because = "; ".join(failures)
    elif report.verified:
        report.notes += failures  # on the backend that was tried first


def _may_be_rounding(report: Report) -> bool:
    """Whether what differs differs no more than float32 rounds.

    TensorFlow resizes images in float32 whatever the dtype, and rounds constants of some functions to it:
    whether that is all, Keras on another backend tells.
    """
    apart = [row.get("max_rel") for row in report.layers if not row["equal"]]
    return all(isinstance(number, float) and number < FLOAT32_ROUNDING for number in apart)


def _preferred(backends: tuple[str, ...], graph: Graph) -> tuple[str, ...]:
    """TensorFlow first, unless the model is channels_first: on a CPU TensorFlow has no kernels for that."""
    return tuple(sorted(backends, key=lambda name: (name != "torch") == _channels_first(graph)))


def _channels_first(graph: Graph) -> bool:
    return any(
        layer.config.get("data_format") == "channels_first"
        or (layer.graph is not None and _channels_first(layer.graph))
        for layer in graph.layers
    )


@dataclass(frozen=True, slots=True)
class Truth:
    """What Keras made of a model: `calls` of every layer in float64 (see `keras_side.record`), and the outputs."""

    folder: Path  # of the arrays of the calls
    inputs: list[np.ndarray]
    calls: list[dict[str, Any]]
    outputs: dict[str, Any]  # by dtype, in the model's structure
    versions: dict[str, str]


def compare_with(keras: KerasProcess, ported: Ported, path: Path, say: Callable[[str], None]) -> None:
    """Fills in the report by running `path` in a Keras process. Raises KerasFailed."""
    with tempfile.TemporaryDirectory(dir=keras.folder) as folder:
        truth = run_keras(keras, draw_inputs(ported), path, Path(folder), say)
        say("comparing every layer")
        judge(ported, truth)


def run_keras(
    keras: KerasProcess, inputs: list[np.ndarray], path: Path, folder: Path, say: Callable[[str], None]
) -> Truth:
    """Runs the model of a file in both dtypes; arrays go to `folder`. Raises KerasFailed."""
    packed = folder / "inputs.npz"
    np.savez(packed, *inputs)
    answers = {}
    for dtype in ("float64", "float32"):
        say(f"running Keras on {keras.backend} in {dtype}")
        (folder / dtype).mkdir()
        answers[dtype] = keras.call(
            "run_model", path=path.resolve(), inputs=packed, dtype=dtype, out_dir=folder / dtype,
            layers=dtype == "float64",
        )  # fmt: skip
    outputs = {dtype: _loaded(answer["outputs"], folder / dtype) for dtype, answer in answers.items()}
    return Truth(folder / "float64", inputs, answers["float64"]["calls"], outputs, keras.versions)


def judge(ported: Ported, truth: Truth) -> None:
    """Fills in the report: the port run on the same inputs, and each of its layers held against Keras's."""
    report, model = ported.report, ported.draft.classes[-1]
    watcher = _Watcher(ported, truth.calls, truth.folder)
    outputs = {}
    for dtype, tap in (("float64", watcher.tap), ("float32", _no_tap)):
        module = build(render_file(ported.draft, taps=True), model.name, tap)
        fill(module, state_at(ported.module, dtype), constants_of(ported.draft))
        watcher.paths = dict(_module_paths(module, model, {part.name: part for part in ported.draft.classes}))
        held = [
            np.transpose(x, axes(value.order, value.rank))
            for x, (_, value, _) in zip(truth.inputs, model.inputs, strict=True)
        ]
        outputs[dtype] = in_keras_order(model.outputs, run(module, held, dtype))
    result = compare(outputs["float64"], truth.outputs["float64"], max_rel=NETWORK)
    watched = watcher.finish()
    report.layers = watched
    report.verified = result.equal and all(row["equal"] for row in watched)
    report.because = (
        "" if report.verified else (result.message or next(r["message"] for r in watched if not r["equal"]))
    )
    report.float64 = {"max_abs": json_number(result.max_abs), "max_rel": json_number(result.max_rel)}
    report.float32 = _single_precision(
        _flat(outputs["float32"]), _flat(truth.outputs["float32"]), _flat(truth.outputs["float64"])
    )
    report.versions = truth.versions


def _loaded(structure: Any, folder: Path) -> Any:
    """The arrays that the Keras process wrote, in the structure of its answer."""
    if isinstance(structure, dict):
        return {key: _loaded(part, folder) for key, part in structure.items()}
    if isinstance(structure, list):
        return [_loaded(part, folder) for part in structure]
    return np.load(folder / structure)


def _single_precision(ours: list[np.ndarray], keras: list[np.ndarray], truth: list[np.ndarray]) -> dict[str, Any]:
    """The largest float32 errors over the outputs: the port's and Keras's own, against the float64 truth."""
    rows = [float32_errors(a, b, t) for a, b, t in zip(ours, keras, truth, strict=True) if t.dtype == np.float64]
    names = ("max_abs", "max_rel", "keras_max_abs", "keras_max_rel")
    return {name: json_number(max((getattr(row, name) for row in rows), default=0.0)) for name in names}


class _Watcher:
    """Compares each tapped tensor with Keras's file of the same call, as it comes, and keeps no tensor."""

    def __init__(self, ported: Ported, calls: list[dict[str, Any]], folder: Path) -> None:
        self.folder = folder
        self.paths: dict[int, tuple[str, ...]] = {}
        self.rows: list[dict[str, Any]] = []
        self.seen: Counter[Any] = Counter()
        self.files: dict[Any, list[str]] = {}
        for call in calls:
            key = (tuple(call["path"]), call["node"], call["tensor"])
            self.files.setdefault(key, []).append(call["file"])
        self.orders: dict[tuple[str, str, int, int], Order] = {
            (part.name, *tap): value.order
            for part in ported.draft.classes
            for value in part.values
            for tap in value.taps
        }

    def tap(self, module: Any, layer: str, node: int, index: int, value: Any) -> Any:
        path = (*self.paths[id(module)], layer)
        key = (path, node, index)
        occurrence = self.seen[key]
        self.seen[key] += 1
        row: dict[str, Any] = {"path": "/".join(path), "node": node, "tensor": index}
        files = self.files.get(key, [])
        if occurrence >= len(files):
            self.rows.append({**row, "equal": False, "message": f"Keras made no such call of {'/'.join(path)}"})
            return value
        order = self.orders[type(module).__name__, layer, node, index]
        result = compare(
            to_keras_array(value.detach().numpy(), order), np.load(self.folder / files[occurrence]),
            max_rel=NETWORK, name="/".join(path),
        )  # fmt: skip
        row |= {
            "equal": result.equal,
            "max_abs": json_number(result.max_abs),
            "max_rel": json_number(result.max_rel),
        }
        self.rows.append(row if result.equal else {**row, "message": result.message})
        return value

    def finish(self) -> list[dict[str, Any]]:
        """The rows, and nothing at all would be no comparison: raises ValueError."""
        if not self.rows and self.files:
            raise ValueError("no layer of the port was observed")
        return self.rows


def _no_tap(module: Any, layer: str, node: int, index: int, value: Any) -> Any:
    return value


def to_keras_array(array: np.ndarray, order: Order) -> np.ndarray:
    """An array of the emitted forward, in Keras's order of axes."""
    if isinstance(order, Flat):
        spread = array.reshape(len(array), *order.sizes)
        return np.moveaxis(spread, 1, -1).reshape(len(array), -1)
    return np.transpose(array, np.argsort(axes(order, array.ndim)))


def in_keras_order(structure: Any, outputs: Any) -> Any:
    """Arrays of the emitted forward, each brought into Keras's order of axes."""
    if isinstance(structure, Value):
        return to_keras_array(outputs, structure.order)
    if isinstance(structure, dict):
        return {key: in_keras_order(part, outputs[key]) for key, part in structure.items()}
    return [in_keras_order(part, output) for part, output in zip(structure, outputs, strict=True)]


def _flat(structure: Any) -> list[np.ndarray]:
    """The arrays of a structure in Keras's order, which is that of the keys in a dict."""
    if isinstance(structure, dict):
        structure = [structure[key] for key in sorted(structure)]
    return [leaf for part in structure for leaf in _flat(part)] if isinstance(structure, list) else [structure]


def _module_paths(
    module: Any, draft: ClassDraft, drafts: dict[str, ClassDraft]
) -> Iterator[tuple[int, tuple[str, ...]]]:
    """id() of the model and of each nested model, with its path in Keras."""
    yield id(module), ()
    for attribute, name in draft.paths.items():
        child = getattr(module, attribute)
        for found, path in _module_paths(child, drafts[type(child).__name__], drafts):
            yield found, (name, *path)


def draw_inputs(ported: Ported, seed: int = 0) -> list[np.ndarray]:
    """Random inputs in Keras's layout: standard normal numbers, or indices that every Embedding knows.

    Open sizes take the first values with which the port runs.
    """
    specs = [spec for _, _, spec in ported.draft.classes[-1].inputs]
    held = [value.order for _, value, _ in ported.draft.classes[-1].inputs]
    largest, indices = _largest_index(ported.graph), _looked_up(ported.graph)
    for sizes in _OPEN_SIZES:
        random = np.random.default_rng(seed)
        inputs = []
        for ref, spec in zip(ported.graph.specs, specs, strict=True):
            shape = (_BATCH, *(sizes[axis % 2] if n is None else n for axis, n in enumerate(spec.shape[1:])))
            if spec.dtype.startswith(("int", "uint")) or ref in indices:
                inputs.append(random.integers(0, largest, shape).astype(spec.dtype))
            elif spec.dtype == "bool":
                inputs.append(random.random(shape) < 0.5)
            else:
                inputs.append(random.standard_normal(shape).astype(np.float32))
        try:
            run(ported.module, [np.transpose(x, axes(o, x.ndim)) for x, o in zip(inputs, held, strict=True)])
        except (RuntimeError, ValueError):
            if sizes == _OPEN_SIZES[-1] or not any(None in spec.shape[1:] for spec in specs):
                raise
            continue
        return inputs
    raise AssertionError("the last sizes either returned or raised")


def _looked_up(graph: Graph) -> set[Ref]:
    """The inputs whose numbers an Embedding takes as indices; files of Keras 2 often declare them as floats."""
    found: set[Ref] = set()
    for call in graph.calls:
        if call.layer.cls.name == "Embedding":
            found.update(call.refs())
        elif call.layer.graph is not None:
            inside = _looked_up(call.layer.graph)
            found.update(ref for ref, own in zip(call.refs(), call.layer.graph.specs, strict=False) if own in inside)
    return found & set(graph.specs)


def _largest_index(graph: Graph) -> int:
    found = [layer.config["input_dim"] for layer in graph.layers if isinstance(layer.config.get("input_dim"), int)]
    found += [_largest_index(layer.graph) for layer in graph.layers if layer.graph is not None]
    return min(found, default=10)
