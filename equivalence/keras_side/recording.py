"""Run a saved model and write down what every layer and operation in it returned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import keras
import numpy as np

from equivalence.keras_side.keras_gradients import no_gradients
from equivalence.keras_side.rebuild import float_dtype, load, load_at
from equivalence.keras_side.scoped_modes import scoped_modes
from equivalence.keras_side.sealed_files import Sealed, check_sealed
from equivalence.keras_side.stilled import still


def run_model(
    path: str,
    inputs: str,
    dtype: str,
    out_dir: str,
    training: bool = False,
    layers: bool = True,
    times: int = 1,
    instead: Sequence[tuple[Sequence[str], dict[str, Any]]] = (),
    config: str | None = None,
    sealed: Sealed | None = None,
) -> dict[str, Any]:
    """Run the model of a file on inputs from an .npz, computing in `dtype`; without `layers`, `calls` is empty.

    With `config`, the file of a model's JSON, the file at `path` holds its weights alone. An empty `dtype` leaves the
    model in those that it was saved with. `sealed`: the files as they were when they were read, and have to be still.

    `inputs` holds `arr_0`, `arr_1`, ... in the order of the model's inputs, in Keras's layout. Every call's
    output tensors go to `out_dir`, one .npy each, as they come. Returns `calls`, in the order of execution
    (`path`: names from the outermost model to the layer; `call`: which call of that path this was; `node`:
    which one of the layer's nodes in its model; `tensor`: which of its outputs; `file`, `shape`, `dtype`),
    and `outputs`: the structure of the model's outputs with a file name for each tensor. `instead`: settings that
    layers get, and all within them, by their path in the model; an empty path means all layers. `times`: how many
    times in a row it is run; the outputs are those of the last.
    """
    with float_dtype(dtype) if dtype else nullcontext(), no_gradients(), scoped_modes():
        check_sealed(sealed or {})
        model = load_at(path, dtype, config) if dtype else load(path, config)
        check_sealed(sealed or {})
        still(model)
        for names, settings in instead:
            set_instead(model, names, settings)
        recorder = Recorder(Path(out_dir))
        with recorder.attached(model) if layers else nullcontext():
            for _ in range(times):
                recorder.begin()
                # None, not False: that would override what single calls say
                outputs = model(packed_inputs(model, inputs), training=training or None)
        structure = keras.tree.map_structure(recorder.write, outputs)
    return {"calls": recorder.calls, "outputs": structure}


def set_instead(model: Any, path: Sequence[str], settings: dict[str, Any]) -> None:
    """Sets attributes of a layer and of all within it, where they have them. Raises ValueError where none has."""
    layer = model
    for name in path:
        layer = _named(layer, name)
    for name, value in settings.items():
        holders = [part for part in layer._flatten_layers() if hasattr(part, name)]
        if not holders:
            raise ValueError(f"{layer.name} has no {name}, nor has a layer in it")
        for part in holders:
            setattr(part, name, value)


def _named(model: Any, name: str) -> Any:
    """The layer of this name in a model; or the model of this name that a layer of it keeps inside it."""
    held = (inside for layer in model.layers for inside in models_inside(layer) if inside.name == name)
    return next(held, None) or model.get_layer(name)


def models_inside(layer: Any) -> Iterator[Any]:
    """The models that a layer keeps inside it, as TimeDistributed does."""
    for part in getattr(layer, "_layers", ()) if not isinstance(layer, keras.Model) else ():
        if isinstance(part, keras.Model):
            yield part
        else:
            yield from models_inside(part)


def packed_inputs(model: Any, inputs: str) -> Any:
    """The arrays of an .npz in the structure in which the model takes them."""
    with np.load(inputs, allow_pickle=False) as arrays:
        flat = [arrays[name] for name in arrays.files]
    if len(flat) != len(model.inputs):
        raise ValueError(f"{len(flat)} arrays given for the {len(model.inputs)} inputs of {model.name}")
    return pack(model, flat)


def pack(model: Any, flat: list[Any]) -> Any:
    """Tensors in the order of the model's inputs, in the structure in which it takes them."""
    if isinstance(model, keras.Sequential):
        return flat[0]
    return keras.tree.pack_sequence_as(model.input, flat)


class Recorder:
    """Writes tensors as files; while attached to a model, every output of every call in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.calls: list[dict[str, Any]] = []
        self._files = 0
        self._path: list[str] = []
        self._called: Counter[tuple[str, ...]] = Counter()
        self._in_this_run: list[Counter[int]] = [Counter()]
        self._busy = [False]  # whether a layer is running that is recorded as one, in each model that is entered

    def begin(self) -> None:
        """Begins another run of the model: the nodes of its layers are counted anew."""
        self._in_this_run = [Counter()]

    def write(self, tensor: Any) -> str:
        """Write one tensor; returns the file's name in the folder."""
        name = f"{self._files:05d}.npy"
        array = keras.ops.convert_to_numpy(tensor)
        array = (
            array.astype(np.float32) if array.dtype.kind == "V" else array
        )  # bfloat16, which NumPy cannot read again
        np.save(self.folder / name, array, allow_pickle=False)
        self._files += 1
        return name

    @contextmanager
    def attached(self, model: Any) -> Iterator[None]:
        """Record what the operations of `model`, and of the models in it, return while this lasts.

        Keras calls an operation's `call` with the arguments and mask as they will be used, so that an
        attribute of that name sees all and changes nothing.
        """
        wrapped: dict[int, tuple[Any, str, Any]] = {}
        self._wrap(model, wrapped)
        try:
            yield
        finally:
            for operation, method, call in wrapped.values():
                setattr(operation, method, call)

    def _wrap(self, model: Any, wrapped: dict[int, tuple[Any, str, Any]]) -> None:
        nodes = _nodes_in_order(model)
        for operation in _operations(model):
            models = [operation] if isinstance(operation, keras.Model) else [*models_inside(operation)]
            for inside in models:
                if id(inside) not in wrapped:  # else shared with a model that was wrapped already
                    wrapped[id(inside)] = inside, "call", inside.call
                    inside.call = self.entering(inside, inside.name)
                    self._wrap(inside, wrapped)
            if not isinstance(operation, (keras.Model, keras.layers.InputLayer)) and id(operation) not in wrapped:
                method = _method(operation)
                wrapped[id(operation)] = operation, method, getattr(operation, method)
                recording = self.recording(operation, operation.name, nodes.get(id(operation), [0]))
                setattr(operation, method, recording)

    def entering(self, model: Any, name: str) -> Callable[..., Any]:
        """A `call` of a model, or of a layer that is one, within which paths begin with its name."""
        call = model.call

        def entered(*args: Any, **kwargs: Any) -> Any:
            self._path.append(name)
            self._in_this_run.append(Counter())
            self._busy.append(False)
            try:
                return call(*args, **kwargs)
            finally:
                self._path.pop()
                self._in_this_run.pop()
                self._busy.pop()

        return entered

    def recording(self, operation: Any, name: str, nodes: list[int] | None = None) -> Callable[..., Any]:
        """A `call` that writes what it returns. `nodes`: which node each call is; left out, that of its number."""
        call = getattr(operation, _method(operation))

        def recorded(*args: Any, **kwargs: Any) -> Any:
            if self._busy[-1]:  # a cell in its RNN, which the code calls by itself as well
                return call(*args, **kwargs)
            self._busy[-1] = True
            try:
                outputs = call(*args, **kwargs)
            finally:
                self._busy[-1] = False
            path = (*self._path, name)
            here = self._in_this_run[-1]
            number = here[id(operation)]
            for index, tensor in enumerate(keras.tree.flatten(outputs)):
                if tensor is None:
                    continue
                node = nodes[number] if nodes is not None else number
                entry = {"call": self._called[path], "node": node, "tensor": index}
                description = {
                    "shape": list(tensor.shape),
                    "dtype": keras.backend.standardize_dtype(tensor.dtype),
                }
                self.calls.append({"path": list(path), **entry, "file": self.write(tensor), **description})
            self._called[path] += 1
            here[id(operation)] += 1
            return outputs

        return recorded


def _method(operation: Any) -> str:
    """What Keras calls an operation by (keras/src/ops/operation.py, `__call__`)."""
    return "call" if getattr(operation, "quantization_mode", None) is None else "quantized_call"


def _operations(model: Any) -> list[Any]:
    """What a model calls itself: layers of a Sequential, layers and operation nodes of a Functional."""
    operations: list[Any] = model.layers if isinstance(model, keras.Sequential) else model.operations
    return operations


def _nodes_in_order(model: Any) -> dict[int, list[int]]:
    """For each operation of a Functional (by id), its nodes in the order in which they are executed.

    Nodes are numbered as in the model's configuration, which leaves out those of other models. A nested
    model's own are not asked for. Every layer of a Sequential has one node.
    """
    if isinstance(model, keras.Sequential):
        return {}
    by_depth = model._nodes_by_depth
    executed = [node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth]]
    own = {id(node) for node in executed}
    number: dict[int, int] = {}
    order: dict[int, list[int]] = {}
    for operation in model.operations:
        kept = [id(node) for node in operation._inbound_nodes if id(node) in own]
        order[id(operation)] = []
        number.update({node: index for index, node in enumerate(kept)})
    for node in executed:
        order[id(node.operation)].append(number[id(node)])
    return order
