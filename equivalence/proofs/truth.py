"""A case run in Keras: the model it makes, and what Keras computes with it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from equivalence import formats
from equivalence.keras_side.client import KerasProcess
from equivalence.keras_side.wire import used
from equivalence.proofs.case_inputs import declared_of, draw_inputs, seed_of, shapes_of, statement
from equivalence.schema import Case, Entry
from equivalence.translation.graph import Call, ClassName, Constant, Graph, Layer, ModelFile, Ref, Spec, Stored
from equivalence.translation.structure import mapped

INFERENCE, TRAINING = "inference", "training"
_SAVED = ("layer", "operation", "model", "input")


@dataclass(slots=True)
class Results:
    """What one mode gave, in Keras's layout; weights by their path in the file."""

    outputs: list[np.ndarray]
    by_input: list[np.ndarray | None]
    by_weight: dict[str, np.ndarray]


@dataclass(slots=True)
class Truth:
    """A case in Keras: in float64, and the inference outputs of float32."""

    model: ModelFile
    inputs: list[np.ndarray]
    cotangents: list[np.ndarray]
    float64: dict[str, Results]  # by mode; training only for what Keras saves, unless it augments images
    after: dict[str, np.ndarray]  # weights after the training call
    float32: list[np.ndarray]
    folder: Path  # of `case.keras`, for what Keras saves


def saved(entry: Entry, case: Case) -> bool:
    """Whether Keras saves the case as a model: an activation, a loss, or what takes no tensor is called as it is."""
    return entry.kind in _SAVED and bool(shapes_of(case)) and not case.by_call


class Oracles:
    """One Keras process per backend, started when first asked for; a context manager that ends them."""

    def __init__(self, threads: int | None = None) -> None:
        self._threads = threads
        self._processes: dict[str, KerasProcess] = {}

    def __enter__(self) -> Oracles:
        return self

    def __exit__(self, *error: object) -> None:
        for process in self._processes.values():
            process.close()

    def on(self, backend: str) -> KerasProcess:
        """The process of a backend. Raises Unavailable."""
        if backend not in self._processes:
            self._processes[backend] = KerasProcess(backend, threads=self._threads)
        return self._processes[backend]


@contextmanager
def model_of(entry: Entry, case: Case, keras: KerasProcess) -> Iterator[tuple[ModelFile, Path]]:
    """The case's model, as our reader reads what Keras saved, and the folder that holds `case.keras`.

    What Keras does not save alone (an activation, a loss) becomes a graph of one call, without a file.
    """
    with tempfile.TemporaryDirectory(dir=keras.folder) as name:
        folder = Path(name)
        if saved(entry, case):
            keras.call("make_case", case=statement(entry, case), out_path=folder / "case.keras")
            model = formats.read(folder / "case.keras")
        else:
            model = single_call(entry, case)
        try:
            yield model, folder
        finally:
            model.close()


@contextmanager
def truth_of(entry: Entry, case: Case, keras: KerasProcess) -> Iterator[Truth]:
    """Run the case in Keras; the model's arrays can be read while this lasts."""
    with model_of(entry, case, keras) as (model, folder):
        inputs = draw_inputs(entry, case)
        np.savez(folder / "inputs.npz", *inputs)
        if saved(entry, case):
            yield _of_model(entry, case, keras, model, folder, inputs)
        else:
            yield _of_function(entry, case, keras, model, folder, inputs)


def _of_model(
    entry: Entry, case: Case, keras: KerasProcess, model: ModelFile, folder: Path, inputs: list[np.ndarray]
) -> Truth:
    params = {"path": folder / "case.keras", "inputs": folder / "inputs.npz", "seed": seed_of(entry, case)}
    wide, single = folder / "float64.npz", folder / "float32.npz"
    # what augments images is not run in float64 in training: some of it mixes float32 in, and fails
    modes = [INFERENCE] if (case.training or entry.training) == "random images" else [INFERENCE, TRAINING]
    keras.call("run_case", **params, dtype="float64", out_path=wide, weights_dir=folder, modes=modes)
    keras.call("run_case", **params, dtype="float32", out_path=single, modes=[INFERENCE])
    with np.load(wide) as found, np.load(single) as found32:
        results = {
            mode: _results(found, mode, len(inputs), _weights_in(folder / f"{mode}.gradients.keras")) for mode in modes
        }
        cotangents = _numbered(found, "cotangent")
        outputs32 = _numbered(found32, f"{INFERENCE}/output")
    return Truth(model, inputs, cotangents, results, _weights_in(folder / "after.keras"), outputs32, folder)


def _of_function(
    entry: Entry, case: Case, keras: KerasProcess, model: ModelFile, folder: Path, inputs: list[np.ndarray]
) -> Truth:
    params = {"case": statement(entry, case), "inputs": folder / "inputs.npz"}
    wide, single = folder / "float64.npz", folder / "float32.npz"
    keras.call("run_function", **params, dtype="float64", out_path=wide)
    keras.call("run_function", **params, dtype="float32", out_path=single)
    with np.load(wide) as found, np.load(single) as found32:
        results = {INFERENCE: _results(found, INFERENCE, len(inputs), {})}
        cotangents = _numbered(found, "cotangent")
        return Truth(model, inputs, cotangents, results, {}, _numbered(found32, f"{INFERENCE}/output"), folder)


def outputs_in_training(
    entry: Entry, case: Case, keras: KerasProcess, inputs: Sequence[np.ndarray]
) -> list[np.ndarray]:
    """What the case's model gives in training mode, in float32, for inputs other than the case's own."""
    with model_of(entry, case, keras) as (_, folder):
        np.savez(folder / "inputs.npz", *inputs)
        params = {"path": folder / "case.keras", "inputs": folder / "inputs.npz", "seed": seed_of(entry, case)}
        keras.call("run_case", **params, dtype="float32", out_path=folder / "out.npz", modes=[TRAINING])
        with np.load(folder / "out.npz") as found:
            return _numbered(found, f"{TRAINING}/output")


def draws_in_training(
    entry: Entry, case: Case, keras: KerasProcess, inputs: Sequence[np.ndarray], runs: int
) -> list[np.ndarray]:
    """What the case's model gives in training mode, in float32, in `runs` calls: the calls along the first axis."""
    with model_of(entry, case, keras) as (_, folder):
        np.savez(folder / "inputs.npz", *inputs)
        params = {"path": folder / "case.keras", "inputs": folder / "inputs.npz", "seed": seed_of(entry, case)}
        keras.call("run_repeatedly", **params, runs=runs, out_path=folder / "out.npz")
        with np.load(folder / "out.npz") as found:
            return _numbered(found, "output")


def _results(found: Any, mode: str, inputs: int, by_weight: dict[str, np.ndarray]) -> Results:
    names = [f"{mode}/input_gradient/{index}" for index in range(inputs)]
    by_input = [found[name] if name in found.files else None for name in names]
    return Results(_numbered(found, f"{mode}/output"), by_input, by_weight)


def _numbered(found: Any, prefix: str) -> list[np.ndarray]:
    names = [name for name in found.files if name.startswith(f"{prefix}/")]
    return [found[f"{prefix}/{index}"] for index in range(len(names))]


def _weights_in(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a saved model by their path in it; none where the model has none and was not saved."""
    if not path.exists():
        return {}
    model = formats.read(path)
    try:
        return {array.path: array.read() for array in stored_arrays(model.graph)}
    finally:
        model.close()


def stored_arrays(graph: Graph) -> Iterator[Stored]:
    """Every array of a graph's layers, those of nested models too."""
    for layer in graph.layers:
        yield from _stored_in(layer)


def _stored_in(layer: Layer) -> Iterator[Stored]:
    for group in layer.stored.values():
        yield from group
    if layer.graph is not None:
        yield from stored_arrays(layer.graph)
    for inside in layer.inside.values():
        yield from _stored_in(inside)


def single_call(entry: Entry, case: Case, called: str = "", names: Sequence[str] = ()) -> ModelFile:
    """A graph of one call, as a reader would make it of a file; a loss may stand behind an activation.

    `called` is the layer's name, that of its class where it is left out; `names` are those of its inputs, where there
    are as many.
    """
    module, _, name = entry.keras.rpartition(".")
    layer = Layer(called or name, ClassName(module, name, ""), dict(case.config))
    shapes = declared_of(case)
    if len(names) != len(shapes):
        names = ["inputs"] if len(shapes) == 1 else [f"input_{index}" for index in range(len(shapes))]
    specs = {
        Ref(given, 0, 0): Spec(given, (None, *shape), item["dtype"])
        for given, shape, item in zip(names, shapes, statement(entry, case)["inputs"], strict=True)
    }
    refs, layers, calls = list(specs), [layer], []
    if behind := (case.trial or {}).get("behind"):
        activation = Layer(behind, ClassName("keras.layers", "Activation", ""), {"activation": behind})
        layers, calls = [activation, layer], [Call(activation, 0, [refs[1]], {})]
        refs[1] = Ref(behind, 0, 0)
    keywords = {key: _in_graph(value, refs) for key, value in (case.call or {}).items()}
    taken = used(case.call or {})
    positional = keywords.pop("$args", None) or [ref for index, ref in enumerate(refs) if index not in taken]
    call = Call(layer, 0, positional, keywords)
    functional = ClassName("keras", "Functional", "")
    given = list(specs)
    inputs = given[0] if len(given) == 1 else given
    graph = Graph("case", functional, layers, [*calls, call], specs, inputs, Ref(layer.name, 0, 0))
    return ModelFile(f"{name}.case", ".keras", "", graph, lambda: None)


def _in_graph(argument: Any, refs: Sequence[Ref]) -> Any:
    """An argument that a case states as `keras_side.wire` says, as a graph has it."""

    def marked(part: Any) -> bool:
        return isinstance(part, dict) and ("$input" in part or "$array" in part)

    def meant(leaf: Any) -> Any:
        if not marked(leaf):
            return leaf
        return refs[leaf["$input"]] if "$input" in leaf else Constant(leaf["$array"], leaf["dtype"])

    return mapped(meant, argument, whole=marked)
