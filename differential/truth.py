"""What Keras makes of a saved model in float64: in this process, and on torch in one of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from differential.recipe import BATCHES, SIZES, Node, Recipe, input_nodes
from equivalence import formats
from equivalence.keras_side.case_run import cotangents
from equivalence.keras_side.client import KerasProcess
from equivalence.keras_side.keras_gradients import gradients, no_gradients
from equivalence.keras_side.rebuild import float_dtype, load_at, set_weights
from equivalence.keras_side.recording import pack
from equivalence.keras_side.scoped_modes import scoped_modes
from equivalence.keras_side.stilled import still
from equivalence.proofs.case_inputs import drawn_array
from equivalence.proofs.truth import stored_arrays

Arrays = list[np.ndarray]
#: Layers that augment images draw what they do: some of it takes images of three channels alone.
TRAININGS = 8


@dataclass(frozen=True, slots=True)
class Truth:
    """One run: `outputs` in the model's structure; gradients of sum(output * cotangent), those to weights in the
    order in which a file holds them."""

    outputs: Any
    by_input: list[np.ndarray | None]
    by_weight: Arrays
    cotangents: Arrays


def draw_runs(recipe: Recipe, seed: int) -> list[Arrays]:
    """The inputs of each run, in the order in which Keras flattens them: other sizes and batches each time.

    Where the recipe states values, the first run has these, the others are drawn in their shapes.
    """
    random = np.random.default_rng([seed, 7])
    runs = enumerate(zip(recipe.get("sizes", SIZES), recipe.get("batches", BATCHES), strict=True))
    return [
        [_input(random, node, sizes, batch, first=not number) for node in input_nodes(recipe)]
        for number, (sizes, batch) in runs
    ]


def _input(random: np.random.Generator, node: Node, sizes: Mapping[str, int], batch: int, *, first: bool) -> np.ndarray:
    dtype = node["dtype"]
    if "values" in node and (first or "draw" not in node):
        return np.array(node["values"], np.str_ if dtype == "string" else dtype)
    named = (node.get("batch", batch), *node["shape"])
    shape = tuple(sizes[size] if isinstance(size, str) else size for size in named)
    drawn = drawn_array(random, shape, node["draw"])
    return drawn if dtype == "string" else drawn.astype(dtype)


class KerasModel:
    """A model computing in float64 with Keras on this process's backend, each call in the mode that it states.

    What calls in training mode change is as before after each run.
    """

    def __init__(self, make: Callable[[], Any]) -> None:
        """`make` gives the model, whose dtype is Keras's default."""
        with float_dtype("float64"):
            self.model = make()
        still(self.model)
        self._weights = self.model.get_weights()

    @classmethod
    def of_file(cls, path: Path) -> KerasModel:
        return cls(lambda: load_at(str(path), "float64"))

    def run(self, inputs: Arrays, seed: int, gradients_at: Path | None = None) -> Truth:
        """With `gradients_at`, gradients of weights too: a model of them is saved there to be read like the model."""
        with float_dtype("float64"), scoped_modes():
            found = run_model(self.model, inputs, seed, gradients_at)
            set_weights(self.model, self._weights)
            return found

    def outputs(self, inputs: Arrays) -> Any:
        """The outputs alone."""
        with float_dtype("float64"), scoped_modes(), no_gradients():
            made = self.model(pack(self.model, _wide(inputs)))
            set_weights(self.model, self._weights)
            return keras.tree.map_structure(keras.ops.convert_to_numpy, made)


def train(path: Path, inputs: Arrays) -> None:
    """Calls the model of a file in training mode, in this process, several times. Raises what Keras raises."""
    with float_dtype("float64"), scoped_modes(), no_gradients():
        model = load_at(str(path), "float64")
        for _ in range(TRAININGS):
            model(pack(model, _wide(inputs)), training=True)


def run_model(model: Any, inputs: Arrays, seed: int, gradients_at: Path | None) -> Truth:
    """Run a live model whose dtype is Keras's default."""
    structure: list[Any] = []

    def compute(tensors: list[Any]) -> list[Any]:
        structure.append(model(pack(model, tensors)))
        return list(keras.tree.flatten(structure[0]))

    drawn: dict[str, Any] = {}
    variables = [weight for weight in model.weights if weight.trainable]
    outputs, by_input, by_weight = gradients(compute, _wide(inputs), variables, cotangents(seed, drawn))
    arrays = [keras.ops.convert_to_numpy(output) for output in outputs]
    weighed = [drawn.get(f"cotangent/{index}", np.zeros(array.shape, np.float32)) for index, array in enumerate(arrays)]
    found: Arrays = []
    if gradients_at is not None and variables:
        found = _as_stored(model, dict(zip(map(id, variables), by_weight, strict=True)), gradients_at)
    return Truth(keras.tree.pack_sequence_as(structure[0], arrays), by_input, found, weighed)


def _as_stored(model: Any, known: dict[int, np.ndarray], path: Path) -> Arrays:
    """Gradients as a file of the model would hold them; NaN for the weights that are not trained."""
    before = model.get_weights()
    set_weights(
        model,
        [known.get(id(weight), _not_a_number(array)) for weight, array in zip(model.weights, before, strict=True)],
    )
    model.save(path)
    set_weights(model, before)
    return arrays_of(path)


def arrays_of(path: Path) -> Arrays:
    """Every array of a file. Their paths in `.h5` change when Keras writes again what it has read."""
    read = formats.read(path)
    try:
        return [array.read() for array in stored_arrays(read.graph)]
    finally:
        read.close()


def _not_a_number(array: np.ndarray) -> np.ndarray:
    return np.full_like(array, np.nan) if array.dtype.kind == "f" else array


def outputs_in_float32(path: Path, inputs: Arrays) -> Any:
    """The outputs of Keras in this process, in float32."""
    with scoped_modes(), no_gradients():
        model = load_at(str(path), "float32")
        still(model)
        made = model(pack(model, list(inputs)))
        return keras.tree.map_structure(keras.ops.convert_to_numpy, made)


def outputs_on_torch(process: KerasProcess, path: Path, inputs: Arrays, folder: Path) -> Any:
    """The outputs of Keras on torch, which has kernels that TensorFlow lacks. Raises KerasFailed."""
    out = folder / "on_torch"
    out.mkdir(exist_ok=True)
    np.savez(out / "inputs.npz", *inputs)
    answer = process.call("run_model", path=path, inputs=out / "inputs.npz", dtype="float64", out_dir=out, layers=False)
    return _loaded(answer["outputs"], out)


def gradients_on_torch(
    process: KerasProcess, path: Path, inputs: Arrays, seed: int, folder: Path
) -> tuple[list[np.ndarray | None], Arrays, Arrays]:
    """Gradients to inputs, and to weights by path, and the cotangents, of Keras on torch. Raises KerasFailed."""
    out = folder / "gradients_on_torch"
    out.mkdir(exist_ok=True)
    np.savez(out / "inputs.npz", *inputs)
    answer = process.call(
        "run_case", path=path, inputs=out / "inputs.npz", dtype="float64", seed=seed, out_path=out / "run.npz",
        weights_dir=out, modes=["inference"],
    )  # fmt: skip
    with np.load(out / "run.npz") as found:
        names = [f"inference/input_gradient/{index}" for index in range(len(inputs))]
        by_input = [found[name] if name in found.files else None for name in names]
        shapes = [found[f"inference/output/{index}"].shape for index in range(answer["outputs"])]
        weighed = [
            found[name] if (name := f"cotangent/{index}") in found.files else np.zeros(shape, np.float32)
            for index, shape in enumerate(shapes)
        ]
    saved = out / "inference.gradients.keras"
    return by_input, arrays_of(saved) if saved.exists() and path.suffix == ".keras" else [], weighed


def _wide(inputs: Sequence[np.ndarray]) -> Arrays:
    return [array.astype("float64") if array.dtype.kind == "f" else array for array in inputs]


def _loaded(structure: Any, folder: Path) -> Any:
    return keras.tree.map_structure(lambda name: np.load(folder / name), structure)
