"""What `Entry.mask` claims, shown for every case: run with a mask on each input, and the masks that come out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from equivalence.emit.draft import ForwardDraft
from equivalence.emit.emitter import Given, emit
from equivalence.emit.file_text import render_file
from equivalence.errors import Refused
from equivalence.keras_side.client import KerasFailed, KerasProcess
from equivalence.porting import filled_module
from equivalence.proofs.case_inputs import seed_of, statement
from equivalence.proofs.result import failed
from equivalence.schema import Case, Entry
from equivalence.torch_side.loading import run
from equivalence.torch_side.oracle import TorchOracle
from equivalence.translation.call_site import Value
from equivalence.translation.graph import ModelFile
from equivalence.translation.order import axes
from equivalence.translation.python_text import class_name
from equivalence.translation.structure import leaves, leaves_of
from equivalence.verification.compare import Comparison, compare
from equivalence.verification.keras_layout import to_keras_array


@dataclass(slots=True)
class Handed:
    """What came out, in Keras's layout."""

    outputs: list[np.ndarray]
    masks: list[np.ndarray | None]  # of the outputs
    same: list[int | None]  # for each output, the input that it is the very object of
    taken: list[int]  # inputs whose mask is gone afterwards

    def told(self) -> dict[str, object]:
        """All but the numbers of the outputs, to be compared exactly."""
        return {"masks": self.masks, "same": _numbers(self.same), "taken": _numbers(self.taken)}


def masked_inputs(entry: Entry, case: Case, inputs: Sequence[np.ndarray]) -> dict[int, np.ndarray]:
    """A random mask for every input that may have one: of its shape without the last axis, some of it True.

    None for what a call takes as a mask itself, and for inputs with one axis alone.
    """
    random = np.random.default_rng([seed_of(entry, case), 3])
    named = {value["$input"] for value in (case.call or {}).values() if isinstance(value, dict) and "$input" in value}
    found = {}
    for index, array in enumerate(inputs):
        if index in named or array.ndim < 2 or array.dtype.kind in "bU":
            continue
        mask = random.random(array.shape[:-1]) < 0.5
        mask.flat[0] = True
        found[index] = mask
    return found


def compare_masked(
    entry: Entry, case: Case, model: ModelFile, inputs: Sequence[np.ndarray], folder: Path, keras: KerasProcess
) -> dict[str, Comparison]:
    """The case with masks in both frameworks: outputs, masks handed on, objects returned, masks taken off.

    Nothing where no input can have a mask, or Keras itself cannot run the case with one.
    Raises Refused where the case is not translated with masks and does not say so.
    """
    masks = masked_inputs(entry, case, inputs)
    if not masks:
        return {}
    try:
        expected = _in_keras(case, inputs, masks, folder, keras)
    except KerasFailed:
        return {}
    try:
        found = _in_torch(entry, model, inputs, masks)
    except Refused:
        if case.masks_refused:
            return {}
        raise
    if case.masks_refused:
        return {"mask": failed("mask: masks are said to be refused, and are not")}
    return {
        "masked_forward": compare(found.outputs, expected.outputs, max_rel=case.max_rel, name="masked_forward"),
        "mask": compare(found.told(), expected.told(), max_rel=0.0, name="mask"),
    }


def compare_masked_loss(
    entry: Entry, case: Case, model: ModelFile, inputs: Sequence[np.ndarray], folder: Path, keras: KerasProcess
) -> dict[str, Comparison]:
    """A loss whose prediction comes with a mask, in both frameworks.

    Nothing where the prediction can have none, or Keras itself cannot run the case with one: it weighs each loss by
    the mask, which then must be of its shape.
    """
    if (case.trial or {}).get("behind"):
        return {}  # what is handed on there is the activation's
    masks = {index: mask for index, mask in masked_inputs(entry, case, inputs).items() if index == 1}
    if not masks:
        return {}
    given: dict[str, Any] = {f"arr_{index}": array for index, array in enumerate(inputs)}
    given |= {f"mask_{index}": mask for index, mask in masks.items()}
    np.savez(folder / "masked.npz", **given)
    out = folder / "masked_loss.npz"
    try:
        keras.call(
            "run_function", case=statement(entry, case), inputs=folder / "masked.npz", dtype="float64", out_path=out
        )
    except KerasFailed:
        return {}
    with np.load(out) as found:
        expected = [found["inference/output/0"]]
    outputs = _in_torch(entry, model, inputs, masks).outputs
    return {"masked_forward": compare(outputs, expected, max_rel=case.max_rel, name="masked_forward")}


def _in_keras(
    case: Case, inputs: Sequence[np.ndarray], masks: dict[int, np.ndarray], folder: Path, keras: KerasProcess
) -> Handed:
    given: dict[str, Any] = {f"arr_{index}": array for index, array in enumerate(inputs)}
    given |= {f"mask_{index}": mask for index, mask in masks.items()}
    np.savez(folder / "masked.npz", **given)
    out = folder / "handed.npz"
    answer = keras.call("run_masked", path=folder / "case.keras", inputs=folder / "masked.npz", out_path=out)
    with np.load(out) as found:
        count = range(answer["outputs"])
        outputs = [found[f"output/{index}"] for index in count]
        returned = [found[f"mask/{index}"] if f"mask/{index}" in found.files else None for index in count]
    return Handed(outputs, returned, answer["same"], answer["taken"])


def _in_torch(entry: Entry, model: ModelFile, inputs: Sequence[np.ndarray], masks: dict[int, np.ndarray]) -> Handed:
    given: Given = tuple(
        ((None, *spec.shape[1:-1]) if index in masks else None, index)
        for index, spec in enumerate(model.graph.specs.values())
    )
    draft = emit(model, TorchOracle(), class_name(f"{entry.name}_masked"), given=given)
    module = filled_module(model, draft, render_file(draft), floats="float64")
    forward = draft.classes[-1].forward
    held = [
        np.transpose(array, axes(value.order, array.ndim))
        for array, (_, value, _) in zip(inputs, forward.inputs, strict=True)
    ]
    passed = [masks[forward.mask_of[mask.token]] for _, mask in forward.masks]
    made = leaves(run(module, [*held, *passed], "float64"))
    outputs = leaves_of(Value, forward.outputs)
    arrays = [to_keras_array(array, value.order) for array, value in zip(made, outputs, strict=False)]
    by_token = {mask.token: array for mask, array in zip(forward.returned_masks, made[len(outputs) :], strict=True)}
    by_token |= {token: masks[index] for token, index in forward.mask_of.items()}
    handed = [None if value.mask is None else by_token[value.mask.token] for value in outputs]
    objects = [id(value.object) for _, value, _ in forward.inputs]
    same = [objects.index(id(value.object)) if id(value.object) in objects else None for value in outputs]
    return Handed(arrays, handed, same, _taken(forward))


def _taken(forward: ForwardDraft) -> list[int]:
    return sorted(index for index in forward.mask_of.values() if forward.inputs[index][1].mask is None)


def _numbers(found: Sequence[int | None]) -> list[np.ndarray]:
    return [np.array(-1 if number is None else number) for number in found]
