"""TimeDistributed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.recurrent.samples_alone import normalises_each_call, not_known_alone
from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Difference, Entry, Inner
from equivalence.translation.order import KERAS

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

#: Layers that treat every element, or the last axis, alike: time is one more axis to them.
_ANY_RANK = frozenset(f"keras.layers.{name}" for name in ("Activation", "Dense", "Dropout", "ELU", "LeakyReLU", "ReLU"))


def emit_time_distributed(site: Site) -> Value:
    """The layer on time and batch folded into one axis; as it stands, where time is one more axis to it."""
    x, inside = site.x, site.inside("layer")
    if x.rank < 3:
        site.refuse(f"its input has shape {x.shape}, not (batch, steps, ...)")
    if _keeps_state(site.config.value("layer")):
        site.refuse("the layer in it is stateful: Keras hands its state on from step to step, which is not translated")
    mask, normalises = site.mask(), normalises_each_call(inside.layer)
    if inside.entry.keras in _ANY_RANK:
        made = _one(site, site.inner("layer", [x]))
    elif not_known_alone(inside.layer) or (normalises and (site.exact_training or site.always)):
        made = _step_by_step(site, mask)
    else:
        if normalises and site.always is None:
            site.note("Keras normalises every step by itself; here all steps are one batch.")
        made = _folded(site, mask)
    made.mask = mask
    return made


def _keeps_state(config: Any) -> bool:
    """Whether a serialised layer, or one within it, is stateful."""
    if isinstance(config, dict):
        return config.get("stateful") is True or any(_keeps_state(value) for value in config.values())
    return isinstance(config, list) and any(_keeps_state(value) for value in config)


def _folded(site: Site, mask: Value | None) -> Value:
    """Through (N*T, ...) and back, and likewise the mask, of which the layer gets that of each step.

    A TimeDistributed behind another one takes what is folded already.
    """
    x = site.x
    if x.folded is None:
        whole = site.take(x)
        x.folded = site.new(f"{whole}.flatten(0, 1)", KERAS), whole
    folded, sized = x.folded
    keywords = {} if mask is None else {"mask": site.new(f"{mask}.flatten(0, 1)", KERAS, "mask")}
    steps = folded.as_object(type(folded.object)())  # in Keras every call has steps of its own, with masks of their own
    result = _one(site, site.inner("layer", [steps], keywords=keywords))
    made = site.new(f"{site.take(result)}.unflatten(0, {sized}.shape[:2])", KERAS)
    # Keras calls the layer inside past what makes masks: a mask that it would put on its result is on none
    made.folded = result.as_object(type(result.object)()), sized
    return made


def _step_by_step(site: Site, mask: Value | None) -> Value:
    """One call for each step: what Keras does, and what running statistics tell from one call for all."""
    x = site.take(site.x)
    if x.shape[1] is None:
        cause = not_known_alone(site.inside("layer").layer)
        because = f": {cause!r:.80} in it may bring the samples of a batch together" if cause else ""
        site.refuse(f"the number of its steps is unknown, so that they cannot be written one by one{because}")
    steps = [site.new(f"{x}[:, {step}]", KERAS) for step in range(x.shape[1])]
    keywords: list[dict[str, Value]] = [{} for _ in steps]
    if mask is not None:
        keywords = [{"mask": site.new(f"{mask}[:, {step}]", KERAS, "mask")} for step in range(len(steps))]
    made = [
        site.take(_one(site, site.inner("layer", [step], keywords=given)))
        for step, given in zip(steps, keywords, strict=True)
    ]
    return site.new(f"torch.stack(({', '.join(map(str, made))},), dim=1)", KERAS)


def _one(site: Site, made: Value | list[Value]) -> Value:
    if isinstance(made, list) and len(made) > 1:
        site.refuse("the layer inside it returns several tensors")
    return made[0] if isinstance(made, list) else made


_MODEL = {
    "module": "keras",
    "class_name": "Sequential",
    "config": {
        "name": "cnn",
        "layers": [
            {"class_name": "Conv2D", "config": {"filters": 5, "kernel_size": 3, "activation": "relu"}},
            {"class_name": "GlobalAveragePooling2D", "config": {}},
        ],
    },
}

TimeDistributed = Entry(
    trains_by_default=None,
    whole_numbers="inside",
    keras="keras.layers.TimeDistributed",
    torch=("torch.flatten", "torch.unflatten"),
    says="Applies a layer to every step of a sequence alike.",
    arguments=(
        Argument(
            "layer",
            None,
            note="a model too: called on (batch * steps, ...); Dense and activations take the steps as they are",
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
        ),
        Case("model", {"layer": _MODEL}, x=(2, 4, 8, 6, 3), declared=(None, 8, 6, 3)),
        Case(
            "batch-normalization",
            {"layer": {"class_name": "BatchNormalization", "config": {}}},
            x=(5, 4, 7, 3),
            training="Keras normalises every step by itself; here all steps are one batch.",
        ),
        Case(
            "mask-of-steps",
            {"layer": {"class_name": "GRU", "config": {"units": 5, "return_sequences": True, "go_backwards": True}}},
            x=[(3, 4, 7, 3), (3, 4, 7)],
            declared=[(None, 7, 3), (None, 7)],
            draw=["normal", "bool"],
            call={"mask": {"$input": 1}},
        ),
        Case(
            "mask-of-steps-mean",
            {"layer": {"class_name": "GlobalAveragePooling1D", "config": {}}},
            x=[(3, 4, 7, 3), (3, 4, 7)],
            draw=["normal", "bool"],
            call={"mask": {"$input": 1}},
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
