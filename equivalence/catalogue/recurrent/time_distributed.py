"""TimeDistributed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Difference, Entry, Inner
from equivalence.translation.order import KERAS

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

#: Layers that treat every element, or the last axis, alike: time is one more axis to them.
_ANY_RANK = frozenset(f"keras.layers.{name}" for name in ("Activation", "Dense", "Dropout", "ELU", "LeakyReLU", "ReLU"))

_BATCH_NORMALIZATION = "keras.layers.BatchNormalization"


def emit_time_distributed(site: Site) -> Value:
    """The layer on time and batch folded into one axis; as it stands, where time is one more axis to it."""
    x, inner = site.x, site.inside("layer").entry
    if x.rank < 3:
        site.refuse(f"its input has shape {x.shape}, not (batch, steps, ...)")
    mask = site.mask()
    if mask is not None and inner.mask == "own":
        site.refuse(f"its mask would go to {inner.name} step by step, which has no translation yet")
    if inner.keras in _ANY_RANK:
        made = _one(site, site.inner("layer", [x]))
    elif inner.keras == _BATCH_NORMALIZATION and site.exact_training:
        made = _step_by_step(site)
    else:
        if inner.keras == _BATCH_NORMALIZATION:
            site.note("Keras normalises every step by itself; here all steps are one batch.")
        made = _folded(site)
    made.mask = mask
    return made


def _folded(site: Site) -> Value:
    """Through (N*T, ...) and back; a TimeDistributed behind another one takes what is folded already."""
    x = site.x
    if x.folded is None:
        whole = site.take(x)
        x.folded = site.new(f"{whole}.flatten(0, 1)", KERAS), whole
    folded, sized = x.folded
    result = _one(site, site.inner("layer", [folded]))
    made = site.new(f"{site.take(result)}.unflatten(0, {sized}.shape[:2])", KERAS)
    made.folded = result, sized
    return made


def _step_by_step(site: Site) -> Value:
    """One call for each step: what Keras does, and what running statistics tell from one call for all."""
    x = site.take(site.x)
    if x.shape[1] is None:
        site.refuse("the number of its steps is unknown, so that they cannot be written one by one")
    steps = [site.new(f"{x}[:, {step}]", KERAS) for step in range(x.shape[1])]
    made = [site.take(_one(site, site.inner("layer", [step]))) for step in steps]
    return site.new(f"torch.stack(({', '.join(map(str, made))},), dim=1)", KERAS)


def _one(site: Site, made: Value | list[Value]) -> Value:
    if isinstance(made, list):
        site.refuse("the layer inside it returns several tensors")
    return made


#: Why masks of its input are refused where the wrapped layer would take one.
_STEP_BY_STEP = "the mask of each step would go to the layer inside"

TimeDistributed = Entry(
    whole_numbers="inside",
    keras="keras.layers.TimeDistributed",
    torch=("torch.flatten", "torch.unflatten"),
    says="Applies a layer to every step of a sequence alike.",
    arguments=(
        Argument(
            "layer", None, note="called on (batch * steps, ...); Dense and activations take the steps as they are"
        ),
        *LAYER_ARGUMENTS,
    ),
    inner=(Inner("layer", ("layer",)),),
    differences=(
        Difference(
            "steps-before-batch",
            "Batch and steps are folded in that order; unfolded steps first, only the shape can be put right.",
            case="convolution",
            swap=((".unflatten(0, {x}.shape[:2])", ".unflatten(0, {x}.shape[:2][::-1]).transpose(0, 1)"),),
        ),
    ),
    cases=(
        Case("dense", {"layer": {"class_name": "Dense", "config": {"units": 5}}}, x=(2, 7, 3)),
        Case(
            "dense-of-images",
            {"layer": {"class_name": "Dense", "config": {"units": 5, "activation": "relu"}}},
            x=(2, 7, 4, 3),
            declared=(None, 4, 3),
        ),
        Case(
            "convolution",
            {
                "layer": {
                    "class_name": "Conv2D",
                    "config": {"filters": 5, "kernel_size": 3, "padding": "same", "strides": 2},
                }
            },
            x=(2, 4, 8, 6, 3),
        ),
        Case(
            "unknown-steps",
            {"layer": {"class_name": "Conv1D", "config": {"filters": 5, "kernel_size": 3}}},
            x=(2, 4, 7, 3),
            declared=(None, 7, 3),
        ),
        Case("flatten", {"layer": {"class_name": "Flatten", "config": {}}}, x=(2, 4, 7, 3)),
        Case(
            "recurrent",
            {"layer": {"class_name": "LSTM", "config": {"units": 5}}},
            x=(2, 4, 7, 3),
            masks_refused=_STEP_BY_STEP,
        ),
        Case(
            "batch-normalization",
            {"layer": {"class_name": "BatchNormalization", "config": {}}},
            x=(5, 4, 7, 3),
            training="Keras normalises every step by itself; here all steps are one batch.",
            masks_refused=_STEP_BY_STEP,
        ),
        Case(
            "mask",
            {"layer": {"class_name": "Dense", "config": {"units": 5}}},
            x=[(2, 7, 3), (2, 7)],
            draw=["normal", "bool"],
            call={"mask": {"$input": 1}},
        ),
    ),
    aliases=("time_distributed", "TimeDistributedDense"),
    emit=emit_time_distributed,
    mask="own",
)
