"""The port of a model written once more, in another form: by a mistaken translation, or exact in training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from equivalence.diagnosis.reference import Reference
from equivalence.emit.draft import FileDraft
from equivalence.emit.emitter import emit
from equivalence.emit.file_text import render_file
from equivalence.torch_side.loading import build, constants_of, fill
from equivalence.torch_side.oracle import TorchOracle
from equivalence.torch_side.torch_arrays import read
from equivalence.translation.graph import ModelFile
from equivalence.translation.order import axes
from equivalence.verification.arrays_back import arrays_back
from equivalence.verification.watching import Instances, watched
from equivalence.weights.placed_arrays import table_arrays
from equivalence.weights.rearranging import to_torch


@dataclass(slots=True)
class Again:
    """Another form of a port, its weights in float64."""

    draft: FileDraft
    module: Any
    instances: Instances
    inputs: list[np.ndarray]  # as its forward takes them


def emitted_again(
    reference: Reference,
    tap: Callable[..., Any] | None = None,
    part: tuple[ModelFile, Sequence[np.ndarray]] | None = None,
    **options: Any,
) -> Again:
    """The port with other options of emission, its weights those of the port that there is.

    `tap` sees every layer's output. `part`: of the model, with its inputs. Raises Refused and ValueError where the
    options do not suit the model.
    """
    ported = reference.ported
    whole = ModelFile(ported.draft.source, ported.format, ported.keras_version, ported.graph, lambda: None)
    model, inputs = part or (whole, reference.inputs)
    draft = emit(model, TorchOracle(), ported.draft.classes[-1].name, **options)
    form = draft.classes[-1]
    module = build(render_file(draft, taps=tap is not None), form.name, tap, floats="float64")
    fill(module, _state(reference, draft), constants_of(draft))
    given = [
        np.transpose(x, axes(value.order, value.rank)) for x, (_, value, _) in zip(inputs, form.inputs, strict=True)
    ]
    return Again(draft, module, watched(module, draft.root), given)


def _state(reference: Reference, draft: FileDraft) -> dict[str, np.ndarray]:
    ported = reference.ported
    held = {name: read(tensor) for name, tensor in ported.module.state_dict().items()}
    arrays = arrays_back(ported.draft, held)
    made = {}
    for placed in draft.placements:
        if placed.stored is None:
            made[placed.parameter] = np.full(placed.shape, placed.rule.otherwise, np.float64)
        else:
            array = to_torch(placed.rule, arrays[placed.stored.path], **placed.sizes)
            made[placed.parameter] = array.astype(np.float64) if array.dtype.kind == "f" else array
    for name, array in table_arrays(draft):
        made[name] = array.astype(np.float64) if array.dtype.kind == "f" else array
    return made
