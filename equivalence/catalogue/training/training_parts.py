"""What the entries of fit and its siblings have in common: the call of the emitted loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.training.loop_text import (
    ACCURACY,
    CALLBACK,
    CLASS_WEIGHTS,
    MEANS,
    Lines,
    evaluate_text,
    fit_text,
)
from equivalence.schema import Argument, Entry, refuse_without_counterpart
from equivalence.translation.python_text import call, literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site

#: What a method is called with first, and which of its settings are names of arrays.
SHOWN: dict[str, Any] = {"given": "x, y", "named": ("sample_weight", "validation_data", "callbacks")}
BATCH = 32  # rows, where nothing is said


def loader(rows: str, batch_size: int | str, shuffle: bool = False) -> str:
    """A DataLoader over tensors; its last batch is smaller, as Keras's is."""
    shuffled = ", shuffle=True" if shuffle else ""
    return f"DataLoader(TensorDataset({rows}), batch_size={batch_size}{shuffled})"


def class_weights(site: Site) -> str | None:
    """The dictionary of `class_weight` as text. Raises Refused for what is none."""
    given = site.config.value("class_weight")
    if given is None:
        return None
    if not isinstance(given, dict):
        site.config.refuse("class_weight", given, "should be a dictionary, the weight of each class's number")
    pairs = ((int(which), float(weight)) for which, weight in given.items())
    return "{" + ", ".join(f"{which}: {literal(weight)}" for which, weight in pairs) + "}"


def fitted(site: Site, lines: Lines, **more: Any) -> str:
    """The call of the emitted fit, over tensors x and y, and what goes with `lines`."""
    config = site.config
    size = config.value("batch_size")
    weights = class_weights(site)
    split = config.number("validation_split")
    train, held = _rows(lines.sample_weight), ""
    if split:
        kept, names = f"int(len(x) * {literal(1 - split)})", train.split(", ")
        train = ", ".join(f"{name}[:{kept}]" for name in names)
        held = ", ".join(f"{name}[{kept}:]" for name in names)
    elif lines.validation:
        held = "x_val, y_val, sample_weight_val" if lines.validation_weight else "x_val, y_val"
    steps = config.value("steps_per_epoch")
    batch: int | str = size or BATCH
    if steps and not size:
        batch = f"math.ceil(len(x) / {steps})"
    validation_batch = config.value("validation_batch_size") or batch
    told: dict[str, Any] = {"metrics": "metrics"} if lines.metrics else {}
    if weights:
        told["class_weight"] = weights
    if held:
        told["validation"] = loader(held, validation_batch)
    helpers(site, lines)
    return call(
        site.helper(fit_text(lines)), "model", "loss", "optimizer", loader(train, batch, config.flag("shuffle")),
        epochs=config.integer("epochs"),
        **told, **more,
    )  # fmt: skip


def helpers(site: Site, lines: Lines) -> None:
    """The definitions that a loop with `lines` needs."""
    for text, wanted in (
        (MEANS, True),
        (CALLBACK, lines.callbacks),
        (CLASS_WEIGHTS, lines.class_weight),
        (evaluate_text(lines), lines.validation),
    ):
        if wanted:
            site.helper(text)


def accuracy(site: Site) -> str:
    """The helper of the metric."""
    return site.helper(ACCURACY)


def _rows(weighted: bool) -> str:
    return "x, y, sample_weight" if weighted else "x, y"


def no_counterpart(keras: str, says: str, because: str, *arguments: Argument, aliases: tuple[str, ...] = ()) -> Entry:
    """The entry of what torch has nothing for, or of what a loop has no need of."""
    return Entry(
        keras=keras, torch=(), says=says, emit=refuse_without_counterpart, kind="training", arguments=arguments,
        aliases=aliases, no_counterpart=because,
    )  # fmt: skip
