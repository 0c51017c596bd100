"""What `compile` was given for each output, as a script writes it: the terms of the loss, and metrics."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from equivalence.catalogue.index import fold
from equivalence.catalogue.named_objects import named_object
from equivalence.emit.draft import FileDraft, Oracle
from equivalence.emit.trained_parts import Functions
from equivalence.emit.written_text import emit_written
from equivalence.errors import Refused, printable
from equivalence.translation.call_site import Value
from equivalence.translation.graph import Graph, Ref, Spec
from equivalence.translation.order import FIRST, KERAS
from equivalence.translation.structure import leaves_of, paths


class Output(NamedTuple):
    """One output of the model, and how a script names it and its target."""

    name: str  # in Keras
    shape: tuple[int | None, ...]  # in Keras
    seen: str  # with its axes as in Keras
    target: str


class Metric(NamedTuple):
    """A metric of a script."""

    name: str  # an attribute
    made: str  # the expression that makes it
    update: str  # what its update is given
    helpers: tuple[str, ...]


def outputs_of(draft: FileDraft, graph: Graph, source: str) -> list[Output]:
    """The outputs of a port. Raises Refused for one that lies flattened in another order than in Keras."""
    model, names = draft.classes[-1], [ref.layer for ref in leaves_of(Ref, graph.outputs)]
    values = leaves_of(Value, model.outputs)
    found = []
    for index, (value, where) in enumerate(zip(values, paths(model.outputs), strict=True)):
        if value.order not in (KERAS, FIRST):
            raise Refused(f"{source}: output {names[index]!r:.80} lies flattened in another order than in Keras")
        moved = ".movedim(1, -1)" if value.order == FIRST and value.rank > 2 else ""
        target = f"targets[{index}]" if len(values) > 1 else "targets"
        found.append(Output(names[index], value.shape, f"outputs{where}{moved}", target))
    return found


def by_output(given: Any, outputs: Sequence[Output], what: str) -> list[Any]:
    """What is given for each output: one thing for all, a list, or a dictionary by name."""
    if given is None:
        return [None] * len(outputs)
    names = [output.name for output in outputs]
    if isinstance(given, dict) and "class_name" not in given:
        if left := set(given) - set(names):
            raise Refused(f"{what} names {printable(ascii(min(left)), 60)}, which is no output of the model")
        return [given.get(name) for name in names]
    if isinstance(given, list):
        if len(given) != len(names):
            raise Refused(f"{what} is a list of {len(given)} for {len(names)} outputs")
        return given
    return [given] * len(names)


def loss_terms(given: Any, weights: Any, outputs: Sequence[Output], functions: Functions) -> list[str]:
    """The terms of the loss, each a function of a target and an output, times its weight.

    Raises Refused where there is none, or one that no entry translates.
    """
    what, terms = f"{functions.where}: the loss", []
    factors = by_output(weights, outputs, f"{functions.where}: loss_weights")
    for output, loss, factor in zip(outputs, by_output(given, outputs, what), factors, strict=True):
        if loss is None:
            continue
        entry, config = named_object(loss, "keras.losses", what)
        whole = entry.name.startswith("Sparse")
        target = Spec("target", output.shape[:-1] if whole else output.shape, "int32" if whole else "float32")
        name = functions.of(entry, config, [target, Spec("output", output.shape, "float32")])
        if factor is not None and (isinstance(factor, bool) or not isinstance(factor, (int, float))):
            raise Refused(f"{functions.where}: loss_weights hold {factor!r:.60}, which is no number")
        times = "" if factor in (None, 1) else f"{float(factor)!r} * "
        terms.append(f"{times}{name}({output.target}, {output.seen})")
    if not terms:
        raise Refused(f"{functions.where} was compiled without a loss")
    return terms


def clipped_note(given: Any, outputs: Sequence[Output], source: str) -> list[str]:
    """What is told of losses of probabilities, which Keras on TensorFlow computes from the logits behind them."""
    found = [each for each in by_output(given, outputs, f"{source}: the loss") if each is not None]
    for loss in found:
        entry, config = named_object(loss, "keras.losses", f"{source}: the loss")
        if "Crossentropy" in entry.name and not config.get("from_logits"):
            return [
                "Keras on TensorFlow looks for the logits behind a softmax or sigmoid and computes the loss from them; "
                "here it is computed from the probabilities, those within 1e-07 of 0 and 1 being clipped."
            ]
    return []


def metrics_of(given: Any, losses: Any, outputs: Sequence[Output], oracle: Oracle, source: str) -> list[Metric]:
    """The metrics that are given for each output, one below the other. Raises Refused for one that has no entry."""
    what = f"{source}: the metric"
    if isinstance(given, list) and len(outputs) == 1 and not any(isinstance(each, list) for each in given):
        given = [given]
    found: list[Metric] = []
    per_loss = by_output(losses, outputs, f"{source}: the loss")
    for output, metrics, loss in zip(outputs, by_output(given, outputs, what), per_loss, strict=True):
        for each in metrics if isinstance(metrics, list) else [metrics]:
            if each is None:
                continue
            entry, config = named_object(_meant(each, output, loss, what), "keras.metrics", what)
            text = emit_written(entry, config, oracle)
            base = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", entry.name).lower()
            taken = [metric.name for metric in found]
            name = base if base not in taken else f"{base}_{len(taken) + 1}"
            found.append(Metric(name, text.expression, f"{output.target}, {output.seen}.detach()", text.helpers))
    return found


#: What keras.metrics.get takes for a class, by its short name.
_SHORT = {
    "bce": "BinaryCrossentropy",
    "mse": "MeanSquaredError",
    "mae": "MeanAbsoluteError",
    "mape": "MeanAbsolutePercentageError",
    "msle": "MeanSquaredLogarithmicError",
}


def _meant(given: Any, output: Output, loss: Any, what: str) -> Any:
    """ "accuracy" and "crossentropy" are of the kind that the loss is (keras/src/trainers/compile_utils.py)."""
    if not isinstance(given, str):
        return given
    sparse = loss is not None and fold(named_object(loss, "keras.losses", what)[0].name).startswith("sparse")
    return metric_meant(given, one=output.shape[-1] == 1, sparse=sparse)


def metric_meant(given: str, *, one: bool, sparse: bool) -> str:
    """The class that a short name of a metric means, by whether the output is `one` number and the loss a `sparse`
    one."""
    kind = {"accuracy": "Accuracy", "acc": "Accuracy", "crossentropy": "Crossentropy", "ce": "Crossentropy"}
    if given.lower() in _SHORT:
        return _SHORT[given.lower()]
    if given.lower() not in kind:
        return given
    if one:
        return f"Binary{kind[given.lower()]}"
    return f"{'Sparse' if sparse else ''}Categorical{kind[given.lower()]}"
