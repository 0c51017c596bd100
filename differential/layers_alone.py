"""Layers that the backends of Keras compute otherwise: where no backend runs a model, none of them is its truth."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from differential.ported_model import PortedModel
from differential.truth import Arrays, KerasModel
from equivalence import port
from equivalence.keras_side.client import KerasFailed
from equivalence.keras_side.rebuild import load_at
from equivalence.translation.structure import leaves
from equivalence.verification.compare import compare

#: Batch and unknown sizes of a layer that is run alone.
BATCH, UNKNOWN = 3, 6


def backends_differ(
    path: Path,
    apart: Iterable[Mapping[str, Any]],
    on_torch: Callable[[Path, Arrays], Any],
    folder: Path,
    bound: float,
) -> bool:
    """Whether each layer or operation at which a port parts from Keras is one of which Keras on torch and on TensorFlow
    make different things when it is alone, and the port what one of them makes.

    `path`: the model's file; `apart`: rows of a report; `on_torch` gives the outputs of a file on torch.
    False where a layer cannot be run alone. Raises whatever Keras raises.
    """
    rows = [row for row in apart if row.get("max_rel", np.inf) > bound]
    model = load_at(str(path), "float32")
    return bool(rows) and all(_differs(_at(model, row["path"]), on_torch, folder, bound) for row in rows)


def differing_agree(
    path: Path,
    ours: Any,
    theirs: Any,
    inputs: Arrays,
    on_torch: Callable[[Path, Arrays], Any],
    folder: Path,
    bound: float,
) -> bool:
    """Whether those outputs that differ from TensorFlow's are what Keras on torch makes, which does not run all of the
    model. False where it does not run that part either.

    `path`: the model's file; `ours`, `theirs`: the outputs of the port and of Keras on TensorFlow, for `inputs`.
    """
    pairs = [*zip(leaves(ours), leaves(theirs), strict=True)]
    differing = [i for i, (a, b) in enumerate(pairs) if not compare(a, b, max_rel=bound, equal_nan=True).equal]
    model, part = load_at(str(path), "float32"), folder / "differing.keras"
    outputs = keras.tree.flatten(model.outputs)
    if len(outputs) != len(pairs) or not differing:
        return False
    keras.Model(model.inputs, [outputs[i] for i in differing], name="differing").save(part)
    try:
        made = leaves(on_torch(part, inputs))
    except KerasFailed:
        return False
    return all(
        compare(pairs[i][0], array, max_rel=bound, equal_nan=True).equal
        for i, array in zip(differing, made, strict=True)
    )


def _differs(layer: Any, on_torch: Callable[[Path, Arrays], Any], folder: Path, bound: float) -> bool:
    inputs = keras.tree.flatten(layer.input) if layer is not None else []
    if len(inputs) != 1 or "float" not in inputs[0].dtype:
        return False
    own = keras.Input(inputs[0].shape[1:], dtype=inputs[0].dtype)
    path = folder / f"{len(list(folder.iterdir()))}_alone.keras"
    keras.Model(own, layer(own), name="alone").save(path)
    shape = (BATCH, *(size or UNKNOWN for size in own.shape[1:]))
    arrays = [np.random.default_rng(0).standard_normal(shape).astype(np.float32)]
    truth = KerasModel.of_file(path).outputs(arrays)
    other = on_torch(path, arrays)
    if compare(other, truth, max_rel=bound, equal_nan=True).equal:
        return False
    made = PortedModel(port(path, verify=False)).run(arrays).outputs
    return any(compare(made, each, max_rel=bound, equal_nan=True).equal for each in (truth, other))


def _at(model: Any, path: str) -> Any:
    """The layer or operation at a path of names; None where there is none."""
    found: Any = model
    for name in path.split("/"):
        inside: Any = getattr(found, "operations", None) or getattr(found, "layers", ())
        found = next((layer for layer in inside if layer.name == name), None)
    return found
