"""keras.Model.fit, and each of its arguments that changes what the loop does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from equivalence.catalogue.training.loop_text import Lines
from equivalence.catalogue.training.training_parts import SHOWN, fitted, no_counterpart
from equivalence.schema import Argument, Case, Difference, Entry

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site

_ARGUMENTS = (
    Argument("x", "dataset", None, inert=True),
    Argument("y", "dataset", None, inert=True),
    Argument("batch_size", "batch_size", None, note="32 where it is None, of arrays; torch's DataLoader has 1"),
    Argument("epochs", None, 1, note="the loop's; with initial_epoch, it is the last one's number, not how many"),
    Argument("verbose", None, "auto", inert=True, note="print in the loop"),
    Argument("callbacks", None, None, note="see keras.Model.fit.callbacks"),
    Argument("validation_split", None, 0.0, note="the last rows, before anything is shuffled"),
    Argument("validation_data", None, None),
    Argument("shuffle", "shuffle", True, note="of a DataLoader, where it is False by default"),
    Argument("class_weight", None, None, note="not the weight= of torch's losses: see keras.Model.fit.class_weight"),
    Argument("sample_weight", None, None, note="a third tensor of the dataset"),
    Argument("initial_epoch", None, 0),
    Argument("steps_per_epoch", None, None, note="arrays go on where the last epoch left them"),
    Argument("validation_steps", None, None, note="batches of the validation, from its start each time"),
    Argument("validation_batch_size", None, None, note="batch_size where it is None"),
    Argument("validation_freq", None, 1, note="a list of epochs is refused by the port: test epoch in list"),
)


def lines_of(site: Site) -> Lines:
    """The lines that a loop with this configuration needs."""
    config = site.config
    given = {
        name: config.value(name) is not None
        for name in ("class_weight", "sample_weight", "validation_data", "steps_per_epoch", "validation_steps")
    }
    split = bool(config.number("validation_split"))
    data = config.value("validation_data")
    return Lines(
        metrics=True,
        class_weight=given["class_weight"],
        sample_weight=given["sample_weight"],
        validation=split or given["validation_data"],
        validation_weight=(split and given["sample_weight"]) or data == "x_val, y_val, sample_weight_val",
        validation_freq=config.integer("validation_freq") != 1,
        validation_steps=given["validation_steps"],
        initial_epoch=config.integer("initial_epoch", 0) != 0,
        steps_per_epoch=given["steps_per_epoch"],
        callbacks=config.value("callbacks") is not None,
    )


def emit_fit(site: Site) -> str:
    """The loop, with the lines that are needed."""
    lines = lines_of(site)
    names = ("validation_freq", "validation_steps", "initial_epoch", "steps_per_epoch")
    more: dict[str, Any] = {name: site.config.integer(name) for name in names if getattr(lines, name)}
    if lines.callbacks:
        more["callbacks"] = "callbacks"
    return fitted(site, lines, **more)


_VALIDATION = {"validation_data": "x_val, y_val"}


def _case(case: str, labels: str = "numbers", **config: Any) -> Case:
    settings = {"epochs": 3, "batch_size": 8, "shuffle": False, **config}
    return Case(case, settings, x=(), trial={"as": "fit", "labels": labels, **SHOWN})


def _argument(
    name: str,
    says: str,
    cases: tuple[Case, ...],
    differences: tuple[Difference, ...] = (),
    torch: tuple[str, ...] = (),
    aliases: tuple[str, ...] = (),
    related: tuple[str, ...] = (),
) -> Entry:
    return Entry(
        keras=f"keras.Model.fit.{name}", torch=(*torch, *related), related=related, says=says, emit=emit_fit,
        kind="training", arguments=_SILENT, differences=differences, cases=cases, aliases=aliases,
    )  # fmt: skip


#: In an entry of one argument the others are known, and not told again.
_SILENT = tuple(argument._replace(inert=True) for argument in _ARGUMENTS)
_BATCH = (
    Difference(
        "last-batch",
        "The loss of an epoch is the mean over its samples: the mean of the batches' means counts a smaller last batch "
        "too much.",
        case="plain",
        swap=(("value.item() * rows", "value.item()"), ("0.0) + rows", "0.0) + 1")),
    ),
)

Fit = Entry(
    keras="keras.Model.fit",
    torch=(
        "torch.Tensor.backward",
        "torch.optim.Optimizer.step",
        "torch.utils.data.DataLoader",
        "torch.nn.Module.train",
    ),
    says="Trains. In the order of Keras: the mode, the batches, of each the step and then the means of what was "
    "predicted before it, then the validation in eval mode, then the callbacks; the loss of an epoch is a mean over "
    "samples while the weights changed.",
    emit=emit_fit,
    kind="training",
    arguments=_ARGUMENTS,
    differences=_BATCH,
    cases=(
        _case("plain"),
        _case("validation", **_VALIDATION, validation_freq=2, validation_batch_size=16),
        _case("later", initial_epoch=1, validation_split=0.25),
        Case("shuffled", {"epochs": 3, "batch_size": 8, "shuffle": True}, x=(), trial={"as": "order", **SHOWN}),
    ),
    aliases=("fit", "model.fit", "training loop", "train a model", "epochs", "batch_size"),
)  # fmt: skip

ClassWeight = _argument(
    "class_weight",
    "Weighs the loss of each sample by its class; the validation is not weighed. A WeightedRandomSampler draws rows "
    "of some classes more often instead, which is another training.",
    (_case("plain", class_weight={0: 0.5, 2: 3.0}), _case("one-hot", "one-hot", class_weight={0: 0.5, 2: 3.0})),
    (
        Difference(
            "mean",
            "Keras divides by the number of samples; F.cross_entropy(weight=...) by the sum of their weights, which is "
            "another number in each batch.",
            case="plain",
            swap=((
                "(loss(predictions, targets) * weights).mean()",
                "(loss(predictions, targets) * weights).sum() / weights.sum()",
            ),),
        ),
    ),
    aliases=("class weight", "class weights", "imbalanced classes", "balanced"),
    related=("torch.utils.data.WeightedRandomSampler",),
)  # fmt: skip
SampleWeight = _argument(
    "sample_weight",
    "Weighs the loss of each sample by a number that comes with it.",
    (
        _case("plain", sample_weight="sample_weight"),
        _case("split", sample_weight="sample_weight", validation_split=0.25),
        _case("validation", validation_data="x_val, y_val, sample_weight_val"),
    ),
    (
        Difference(
            "mean",
            "Keras divides by the number of samples, not by the sum of their weights.",
            case="plain",
            swap=((
                "(loss(predictions, targets) * weights).mean()",
                "(loss(predictions, targets) * weights).sum() / weights.sum()",
            ),),
        ),
    ),
    aliases=("sample weight", "sample weights"),
)  # fmt: skip
ValidationSplit = _argument(
    "validation_split",
    "Keeps the last part of the rows, as they lie, for validation; only the others are shuffled.",
    (_case("plain", validation_split=0.25), _case("fraction", validation_split=0.3)),
    (
        Difference(
            "first-rows",
            "It is the last rows that are kept, not the first ones; random_split would draw them.",
            case="plain",
            swap=(
                ("x[:int(len(x) * 0.75)], y[:int(len(x) * 0.75)]", "x[int(len(x) * 0.25):], y[int(len(x) * 0.25):]"),
            ),
        ),
    ),
    torch=("torch.utils.data.TensorDataset",),
    aliases=("validation split", "train test split", "random_split"),
)
ValidationData = _argument(
    "validation_data",
    "Evaluates after each epoch, in eval mode and without gradients.",
    (_case("plain", **_VALIDATION), _case("batches", **_VALIDATION, validation_batch_size=5)),
    torch=("torch.nn.Module.eval", "torch.no_grad"),
    aliases=("validation data", "val_loss"),
)
ValidationFreq = _argument(
    "validation_freq",
    "Evaluates after each n-th epoch alone: val_loss has fewer numbers than loss then.",
    (_case("plain", **_VALIDATION, validation_freq=2),),
)
ValidationSteps = _argument(
    "validation_steps",
    "Evaluates on the first batches alone, the same ones each time.",
    (_case("plain", **_VALIDATION, validation_steps=2),),
)
StepsPerEpoch = _argument(
    "steps_per_epoch",
    "Ends an epoch after so many batches; the next one goes on with the rows that follow, and ends early, with a "
    "warning, where there are none left. Without batch_size, arrays are cut into so many batches.",
    (_case("plain", steps_per_epoch=3), _case("whole", steps_per_epoch=4, batch_size=None)),
    (
        Difference(
            "anew",
            "A loop that breaks after so many batches begins with the first rows again in each epoch.",
            case="plain",
            swap=(("        if seen == len(loader):\n            batches", "        if seen:\n            batches"),),
        ),
    ),
    aliases=("steps per epoch",),
)
InitialEpoch = _argument(
    "initial_epoch",
    "Numbers the first epoch; epochs is the number of the last, so that fewer are trained.",
    (_case("plain", initial_epoch=1),),
    aliases=("initial epoch", "resume epoch"),
)
Callbacks = _argument(
    "callbacks",
    "Tells each callback what is happening, in this order; the logs of a batch are the means of the epoch so far.",
    (_case("plain", **_VALIDATION, callbacks="callbacks"),),
    aliases=("callbacks",),
)
#: What a DataLoader asks which rows come next.
_SAMPLERS = tuple(
    f"torch.utils.data.{name}"
    for name in (
        "RandomSampler", "SequentialSampler", "SubsetRandomSampler", "DistributedSampler", "BatchSampler", "Sampler"
    )
)  # fmt: skip
Shuffle = Entry(
    keras="keras.Model.fit.shuffle",
    torch=("torch.utils.data.DataLoader", *_SAMPLERS),
    related=_SAMPLERS,
    says="Draws a new order of the rows for each epoch, by default. After keras.utils.set_random_seed, Keras on "
    'TensorFlow takes the same order in every epoch of a fit. shuffle="batch" changes the order of batches alone.',
    emit=emit_fit,
    kind="training",
    arguments=_SILENT,
    differences=(
        Difference(
            "default",
            "A DataLoader does not shuffle unless it is told to.",
            case="plain",
            swap=((", shuffle=True", ""),),
        ),
    ),
    cases=(Case("plain", {"epochs": 12, "batch_size": 8}, x=(), trial={"as": "order", **SHOWN}),),
    aliases=("shuffle data", "shuffle=True"),
)
Verbose = no_counterpart(
    "keras.Model.fit.verbose",
    "How much is printed.",
    "a loop of torch (2.13) prints nothing by itself; print(epoch, logs) after each epoch",
)

#: Names of fit's arguments, and of what each is in the loop; the tests count them against Keras.
OF_FIT: Mapping[str, Argument] = {argument.keras: argument for argument in _ARGUMENTS}
