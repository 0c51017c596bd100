"""Where two models that agree in inference part in training: statistics, dropout, what is trained, gradients."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from equivalence.diagnosis.carrying import Carrying
from equivalence.diagnosis.emitted_again import Again, emitted_again
from equivalence.diagnosis.fault_finding import place
from equivalence.diagnosis.findings import Cause, Fault, Place
from equivalence.diagnosis.matching import Board
from equivalence.diagnosis.operation_kinds import kind
from equivalence.diagnosis.reference import Reference
from equivalence.diagnosis.weight_carrying import observed_orders
from equivalence.diagnosis.weighted_pairs import Pairs, pair_weighted
from equivalence.torch_side.operation_arguments import named
from equivalence.torch_side.run_tape import Operation
from equivalence.torch_side.torch_arrays import read
from equivalence.torch_side.torch_gradients import Run, run_with_gradients
from equivalence.torch_side.without_dropout import WithoutDropout
from equivalence.verification.keras_layout import to_keras_array

#: What counts as equal after a step, relative to the largest number of the tensor.
_SAME = 1e-8
#: Gradients this much smaller than the largest of all are rounding.
_NOISE = 1e-12
_BATCH_NORM = "keras.layers.BatchNormalization"


@dataclass(slots=True)
class _Step:
    """One step of training of both, and what Keras's leaves where the torch module has it."""

    ours: Run
    theirs: Run
    state: dict[str, np.ndarray]  # statistics after it as Keras has them, by torch's names
    gradients: dict[str, np.ndarray]
    layers: dict[str, str]  # the Keras layer of each


def training_faults(reference: Reference, board: Board, module: Any, inputs: Sequence[np.ndarray]) -> Iterator[Fault]:
    """The faults in training of a module that agrees in inference, each with its cause."""
    yield from _dropout(reference, board)
    pairs = pair_weighted(reference, board.tape, {})
    step = _step(reference, board, module, inputs, pairs)
    places = {pairs.ours[i].layer: place(pairs.theirs[o].step) for i, o in pairs.chosen.items()}
    frozen = set(reference.ported.draft.frozen)
    seen: set[str] = set()
    for name, wanted in step.gradients.items():
        layer = step.layers[name]
        trained = name in step.theirs.by_parameter
        if layer not in seen and trained == (layer in frozen) and name in dict(module.named_parameters()):
            seen.add(layer)
            yield _frozen(layer, places.get(layer), wanted, trained)
    statistics = list(_statistics(reference, board, step, pairs, places, frozen))
    known = [fault for fault in statistics if fault.cause]
    # behind one that differs, the statistics of others do too, for no cause of their own
    yield from known or statistics[:1]
    if not statistics:
        yield from _gradients(step, places, seen)


def _step(reference: Reference, board: Board, module: Any, inputs: Sequence[np.ndarray], pairs: Pairs) -> _Step:
    exact = emitted_again(reference, exact_training=True)
    _freeze(exact, reference)
    cotangents = _cotangents(reference, board)
    with WithoutDropout():
        ours = run_with_gradients(exact.module.train(), exact.inputs, cotangents[0], training=True)
        theirs = run_with_gradients(module, inputs, cotangents[1], training=True)
    zeros = {name: np.zeros_like(array) for name, array in ours.state.items()}
    by_weight = Carrying(reference, board.tape, pairs, {**zeros, **ours.by_parameter})
    by_weight.order = observed_orders(reference, board.tape, pairs)
    by_weight.all()
    after = Carrying(reference, board.tape, pairs, ours.state).all()
    return _Step(ours, theirs, after.made, by_weight.made, by_weight.layers)


def _freeze(exact: Again, reference: Reference) -> None:
    """What Keras does with trainable=False: no gradients, and a BatchNormalization in inference mode."""
    frozen = set(reference.ported.draft.frozen)
    for placed in exact.draft.placements:
        if placed.layer in frozen:
            owner, _, name = placed.parameter.rpartition(".")
            part = exact.module.get_submodule(owner)
            if name in part._parameters:
                part._parameters[name].requires_grad_(False)
            if "running" in name:
                part.train = lambda mode=True, part=part: part
                part.eval()
                part.training = False


def _cotangents(reference: Reference, board: Board) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Random weights of each output, as either side has it."""
    random, ours, theirs = np.random.default_rng(5), [], []
    for index, number in enumerate(reference.tape.outputs):
        value = reference.tape.values[number]
        drawn = random.standard_normal(tuple(value.shape))
        returned = board.tape.outputs[index]
        match = next(m for m in board.matches[number] if m.number == returned)
        ours.append(drawn)
        shape = tuple(board.tape.values[returned].shape)
        lies = match.arranged.axes if match.arranged is not None else tuple(range(drawn.ndim))
        theirs.append(np.ascontiguousarray(np.transpose(drawn, lies)).reshape(shape))
    return ours, theirs


def _dropout(reference: Reference, board: Board) -> Iterator[Fault]:
    users = board.tape.users()
    for index, landmark in enumerate(reference.landmarks):
        own = [step for step in reference.operations(index) if kind(step.name) == "dropout"]
        if len(own) != 1 or len(reference.operations(index)) != 1:
            continue
        rate = named(own[0]).get("p")
        matches = board.matches.get(own[0].seen()[0], ())
        found = [user for match in matches for user in users.get(match.number, ()) if kind(user.name) == "dropout"]
        value = to_keras_array(read(reference.value(landmark)), landmark.order)
        fault = Fault(
            landmark.path, place(found[0]) if found else None, value.shape, None, None, None, None, seen_in="training"
        )
        if matches and not found:
            yield _with(
                fault, Cause(f"dropout is missing: Keras drops {rate:g} of the numbers in training", None, rate, None)
            )
        elif found and named(found[0]).get("p") != rate:
            other = named(found[0])["p"]
            says = f"dropout has the rate p={other:g}, where Keras has {rate:g}"
            yield _with(fault, Cause(says, None, rate, other, f"nn.Dropout({rate:g})"))


def _frozen(layer: str, where: Place | None, wanted: np.ndarray, trained: bool) -> Fault:
    if trained:
        cause = Cause("it is trained, and Keras has it frozen (trainable=False)", None, "trainable=False",
                      "requires_grad=True", "requires_grad_(False)")  # fmt: skip
    else:
        cause = Cause("it is frozen (requires_grad=False), and Keras trains it", None, "trainable=True",
                      "requires_grad=False", "requires_grad_(True)")  # fmt: skip
    return Fault(layer, where, wanted.shape, None, None, None, cause, seen_in="gradients")


def _statistics(
    reference: Reference,
    board: Board,
    step: _Step,
    pairs: Pairs,
    places: Mapping[str, Place],
    frozen: set[str],
) -> Iterator[Fault]:
    """Running statistics that are others after a step."""
    for ours, theirs in sorted(pairs.chosen.items()):
        mine, other = pairs.ours[ours].step, pairs.theirs[theirs].step
        if mine.name != "batch_norm" or other.name != "batch_norm":
            continue
        names = [
            board.tape.held.get(seen.number) if (seen := named(other).get(n)) is not None else None for n in _STATISTICS
        ]
        if None in names or any(name not in step.state for name in names):
            continue
        apart = [_apart(step.theirs.state[str(name)], step.state[str(name)]) for name in names]
        if max(apart) > _SAME:
            layer = pairs.ours[ours].layer
            cause = _of_statistics(reference, board, step, mine, other, names, layer in frozen)
            shape = step.state[str(names[0])].shape
            yield Fault(layer, places.get(layer), shape, shape, None, max(apart), cause, seen_in="training")


_STATISTICS = ("running_mean", "running_var")


def _of_statistics(
    reference: Reference,
    board: Board,
    step: _Step,
    mine: Operation,
    other: Operation,
    names: Sequence[Any],
    frozen: bool,
) -> Cause | None:
    before = {
        name: read(board.tape.values[named(other)[kind_].number])
        for name, kind_ in zip(names, _STATISTICS, strict=True)
    }
    if frozen:
        mode = "Keras keeps a frozen BatchNormalization in inference mode; here its statistics move, in training mode"
        return Cause(mode, None, "trainable=False", "training mode", "self.bn.eval() after every .train()")
    momentum, wanted = named(other).get("momentum"), named(mine).get("momentum")
    if momentum is None or wanted is None or momentum == 0:
        return None
    says: list[str] = []
    differences: list[str] = []
    made = {}
    for name in names:
        statistic = (step.theirs.state[name] - (1 - momentum) * before[name]) / momentum
        made[name] = (1 - wanted) * before[name] + wanted * statistic
    if momentum != wanted:
        says.append(f"momentum is {momentum:g}, where Keras's is {wanted:g} in torch's sense, 1 - {1 - wanted:g}")
        differences.append("momentum")
    if _apart(made[names[0]], step.state[names[0]]) > _SAME:
        return None
    if _apart(made[names[1]], step.state[names[1]]) > _SAME:
        kept = (1 - wanted) * before[names[1]]
        count = np.prod(reference.tape.values[mine.seen()[0]].shape) / len(kept)
        if _apart(made[names[1]], kept + (step.state[names[1]] - kept) * count / (count - 1)) > _SAME:
            return None
        says.append(f"torch keeps the unbiased variance, n / (n - 1) = {count / (count - 1):.6g} times Keras's")
        differences.append("unbiased-running-variance")
    fix = (
        f"momentum={wanted:g}"
        if momentum != wanted
        else "port(..., exact_training=True) writes a BatchNorm that keeps Keras's"
    )
    return Cause("; ".join(says), f"{_BATCH_NORM}#{differences[0]}", wanted, momentum, fix) if says else None


def _gradients(step: _Step, places: Mapping[str, Place], seen: set[str]) -> Iterator[Fault]:
    """The last layer whose gradients differ: what is wrong there goes on from it to those before."""
    largest = max((float(np.abs(array).max()) for array in step.gradients.values() if array.size), default=0.0)
    for name, wanted in reversed(step.gradients.items()):
        found = step.theirs.by_parameter.get(name)
        if found is None or step.layers[name] in seen or float(np.abs(wanted).max(initial=0)) <= _NOISE * largest:
            continue
        apart = _apart(found, wanted)
        if apart > _SAME:
            detail = f"the gradient of {name} is another than Keras's"
            where = places.get(step.layers[name])
            yield Fault(step.layers[name], where, wanted.shape, found.shape, None, apart, None, detail, "gradients")
            return


def _apart(found: np.ndarray, wanted: np.ndarray) -> float:
    if found.shape != wanted.shape:
        return float("inf")
    return float(np.abs(found - wanted).max(initial=0) / max(np.abs(wanted).max(initial=0), 1e-300))


def _with(fault: Fault, cause: Cause) -> Fault:
    from dataclasses import replace

    return replace(fault, cause=cause)


def regularised(reference: Reference) -> Iterator[str]:
    """A sentence for each layer whose weights Keras adds to the loss, which torch does nowhere by itself."""
    for path, layer in reference.layers.items():
        for key, value in layer.config.items():
            if key.endswith("_regularizer") and value:
                what = value.get("class_name", value) if isinstance(value, dict) else value
                yield f"{path}: Keras adds its {key.replace('_', ' ')} ({what}) to the loss; in torch, add it to yours."
