"""What `compile` was given for each output, as a script writes it: the terms of the loss, and metrics."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from equivalence.catalogue.index import fold
from equivalence.catalogue.named_objects import named_object
from equivalence.emit.beside_outputs import Further
from equivalence.emit.called_text import defined
from equivalence.emit.draft import FileDraft, Oracle
from equivalence.emit.told_apart import renamed, told_apart
from equivalence.emit.trained_parts import Functions
from equivalence.emit.written_text import WrittenText, emit_written
from equivalence.errors import Refused, printable
from equivalence.schema import Entry
from equivalence.translation.call_site import Value
from equivalence.translation.graph import Graph, Ref, Spec
from equivalence.translation.order import FIRST, KERAS
from equivalence.translation.structure import leaves_of, paths


class Output(NamedTuple):
    """One output of the model, and how a script names it and its target."""

    names: tuple[str, ...]  # in Keras: its key where the model returns a dictionary, the layer's
    shape: tuple[int | None, ...]  # in Keras
    seen: str  # with its axes as in Keras
    target: str
    mask: Further | None = None  # the mask that Keras has on it, by which losses and metrics weigh


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
    kept, found = {*model.forward.trees}, []
    for index, (value, where) in enumerate(zip(values, paths(model.outputs), strict=True)):
        if value.order not in (KERAS, FIRST):
            raise Refused(f"{source}: output {names[index]!r:.80} lies flattened in another order than in Keras")
        moved = ".movedim(1, -1)" if value.order == FIRST and value.rank > 2 else ""
        key = ast.literal_eval(where)[0] if re.fullmatch(r"\['[^']*'\]", where) else names[index]
        mask = None
        if value.mask is not None:
            if value.mask.token not in kept:
                raise Refused(
                    f"{source}: output {names[index]!r:.80} has a mask, by which Keras weighs the loss, and the port "
                    "has none"
                )
            says = "where their masks count them" if len(values) > 1 else "where its mask counts them"
            mask = Further(f"mask_{index}" if len(values) > 1 else "mask", says, value.mask)
        seen, target = f"outputs{where}{moved}", f"targets{where}"
        found.append(Output((key, names[index]), value.shape, seen, target, mask))
    return found


def by_output(given: Any, outputs: Sequence[Output], what: str) -> list[Any]:
    """What is given for each output: one thing for all, a list, or a dictionary by name."""
    if given is None:
        return [None] * len(outputs)
    if isinstance(given, dict) and "class_name" not in given:
        known = {name for output in outputs for name in output.names}
        if left := set(given) - known:
            raise Refused(f"{what} names {printable(ascii(min(left)), 60)}, which is no output of the model")
        by_key = {*given} <= {output.names[0] for output in outputs}
        return [given.get(output.names[0] if by_key else output.names[1]) for output in outputs]
    if isinstance(given, list):
        if len(given) != len(outputs):
            raise Refused(f"{what} is a list of {len(given)} for {len(outputs)} outputs")
        return given
    return [given] * len(outputs)


def loss_terms(given: Any, weights: Any, outputs: Sequence[Output], functions: Functions, *, mixed: bool) -> list[str]:
    """The terms of the loss, each a function of a target and an output, times its weight.

    Raises Refused where there is none, or one that no entry translates.
    """
    what, terms = f"{functions.where}: the loss", []
    factors = by_output(weights, outputs, f"{functions.where}: loss_weights")
    for output, loss, factor in zip(outputs, by_output(given, outputs, what), factors, strict=True):
        if loss is None:
            continue
        entry, config = named_object(loss, "keras.losses", what)
        target, fitted = target_of(entry, output, mixed)
        mask = output.mask.made.shape if output.mask and isinstance(output.mask.made, Value) else None
        name = functions.of(entry, config, [target, Spec("output", output.shape, "float32")], mask)
        if factor is not None and (isinstance(factor, bool) or not isinstance(factor, (int, float))):
            raise Refused(f"{functions.where}: loss_weights hold {factor!r:.60}, which is no number")
        times = "" if factor in (None, 1) else f"{float(factor)!r} * "
        given_mask = f", {output.mask.name}" if output.mask else ""
        terms.append(f"{times}{name}({fitted}, {output.seen}{given_mask})")
    if not terms:
        raise Refused(f"{functions.where} was compiled without a loss")
    return terms


def target_of(entry: Entry, output: Output, mixed: bool) -> tuple[Spec, str]:
    """What a loss is given as target for an output, and the expression of it.

    As in Keras, labels may have a last axis of length 1 that the loss does not want, and targets may lack one; torch
    would hold each target against each output. Numbers of another kind than the output's are taken as that, but with
    `mixed` precision, where that is a narrow one. What the
    loss wants is seen from its own first case.
    """
    (true, predicted, *_), draw = entry.cases[0].x, entry.cases[0].draw
    if len(true) == len(predicted):  # whole numbers here, so that the loss brings them to the output's dtype
        column = output.shape[-1] == 1
        return Spec(
            "target", output.shape, "float32" if mixed else "int32"
        ), f"{output.target}{f'.view_as({output.seen})' * column}"
    dtype = "int32" if str(draw[0]).startswith(("ids", "labels")) else "float32"
    if tuple(true) == tuple(predicted[:-1]):
        shape = f"{output.seen}.shape[:-1]"
        return Spec("target", output.shape[:-1], dtype), f"{output.target}.view({shape})"
    return Spec("target", (output.shape[0], *[None] * (len(true) - 1)), dtype), output.target


def metrics_of(
    compiled: Mapping[str, Any], outputs: Sequence[Output], oracle: Oracle, source: str, helpers: Sequence[str]
) -> list[Metric]:
    """The metrics of a model, those for each output one below the other; `helpers` are what the script has already.

    Raises Refused for one that has no entry.
    """
    found, known = list[Metric](), {defined(text): text for text in helpers}
    for key in ("metrics", "weighted_metrics"):
        _add_metrics(found, known, compiled.get(key), compiled.get("loss"), outputs, oracle, source)
    return found


def _add_metrics(
    found: list[Metric],
    known: dict[str, str],
    given: Any,
    losses: Any,
    outputs: Sequence[Output],
    oracle: Oracle,
    source: str,
) -> None:
    what = f"{source}: the metric"
    if isinstance(given, list) and len(outputs) == 1 and not any(isinstance(each, list) for each in given):
        given = [given]
    per_loss = by_output(losses, outputs, f"{source}: the loss")
    for output, metrics, loss in zip(outputs, by_output(given, outputs, what), per_loss, strict=True):
        for each in metrics if isinstance(metrics, list) else [metrics]:
            if each is None:
                continue
            entry, config = named_object(_meant(each, output, loss, what), "keras.metrics", what)
            text = emit_written(entry, config, oracle)
            names = told_apart(text.helpers, known)
            made, helpers = renamed(text.expression, names), tuple(renamed(each, names) for each in text.helpers)
            known.update((defined(each), each) for each in helpers)
            mask = f", mask={output.mask.name}" if output.mask and takes_mask(text) else ""
            base = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", entry.name).lower()
            taken = [metric.name for metric in found]
            name = base if base not in taken else f"{base}_{len(taken) + 1}"
            found.append(Metric(name, made, f"{output.target}, {output.seen}.detach(){mask}", helpers))


def takes_mask(metric: WrittenText) -> bool:
    """Whether the metric that is written weighs by a mask."""
    classes = {
        node.name: node for text in metric.helpers for node in ast.parse(text).body if isinstance(node, ast.ClassDef)
    }
    name = metric.expression.partition("(")[0]
    while name in classes:
        updates = [each for each in classes[name].body if isinstance(each, ast.FunctionDef) and each.name == "update"]
        if updates:
            return any(argument.arg == "mask" for argument in updates[0].args.args)
        name = ast.unparse(classes[name].bases[0]) if classes[name].bases else ""
    return False


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
