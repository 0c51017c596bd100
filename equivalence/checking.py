"""Hold a torch module that somebody wrote against a Keras model: the layers where they part, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Literal

from equivalence.diagnosis.arrays_for_model import arrays_for
from equivalence.diagnosis.fault_finding import Found, find_faults, place
from equivalence.diagnosis.findings import Carried, Check
from equivalence.diagnosis.inputs_as_taken import as_taken
from equivalence.diagnosis.larger_inputs import is_no_rounding, larger
from equivalence.diagnosis.matching import Board, derived
from equivalence.diagnosis.reference import Reference, norms_are_by_hand, reference, weighted_layers
from equivalence.diagnosis.said_pairs import said_pairs
from equivalence.diagnosis.training_faults import regularised, training_faults
from equivalence.diagnosis.weight_carrying import carry, folds, without_constants
from equivalence.errors import Refused, printable
from equivalence.formats.file_limits import Limits
from equivalence.keras_side.live import is_keras_model
from equivalence.porting import port
from equivalence.torch_side.arranged import same
from equivalence.torch_side.norms_in_steps import norms_apart, take_norms_apart
from equivalence.torch_side.own_copy import own_copy
from equivalence.torch_side.run_tape import Tape, in_float64, record
from equivalence.torch_side.torch_arrays import is_module, torch_version
from equivalence.torch_side.unpacked import unpacked
from equivalence.verification.padded_inputs import draw_padded
from equivalence.verification.ported import Ported

Weights = Literal["transfer", "given"]


@norms_apart(False)
def check(
    keras_model: Any,
    torch_module: Any,
    inputs: Any = None,
    *,
    weights: Weights = "transfer",
    pairs: Mapping[str, str] | None = None,
    train: bool = False,
    seed: int = 0,
    limits: Limits | None = None,
    progress: Callable[[str], None] | None = None,
) -> Check:
    """Where `torch_module` gives other numbers than `keras_model`, layer by layer, and the cause where one is proved.

    `keras_model`: a live `keras.Model`, the path of its file, or its verified port, which saves making one.
    `torch_module`: a `torch.nn.Module`; a copy of it is
    run, in float64 and in eval mode. `inputs`: arrays in Keras's layout, one, a list or a dictionary by the names of
    the inputs; drawn with `seed` if left out, and where both agree on those, larger ones, on which activations reach
    their bends. `weights`: "transfer" carries those of the Keras model to the copy
    first, "given" leaves what the module holds. `pairs`: names of Keras layers and of the torch modules that they
    are, where nothing else tells. `train`: gradients and one step's running statistics are compared as well.
    `limits`: what is allowed of what a model's file can make the reader do, as in `port`.

    A fault is a layer whose inputs agree and whose output does not; the true value then goes on in its place, so
    faults that do not depend on each other are all found. A cause is told only if changing that alone makes the
    layer's output equal.

    Raises:
        TypeError: not a Keras model (or a path) and a torch module.
        ValueError: `weights` is something else.
        Refused: the Keras model cannot be read or translated, or the inputs are not its.
    """
    if weights not in ("transfer", "given"):
        raise ValueError(f'weights must be "transfer" or "given", not {weights!r}')
    if not is_module(torch_module) or (is_keras_model(torch_module)):
        raise TypeError(f"check takes a torch.nn.Module as its second argument, not {type(torch_module).__name__}")
    say = progress or (lambda what: None)
    ported = keras_model if isinstance(keras_model, Ported) else port(keras_model, limits=limits, progress=say)
    if ported.report.verified is not True:
        because = ported.report.because
        return Check(
            None, because=f"the Keras model's own port is not verified, so nothing can be held against it: {because}"
        )
    say("recording the Keras model")
    module, notes = own_copy(torch_module), []
    held = draw_padded(ported, seed) if inputs is None else arrays_for(ported, inputs)
    try:
        ours = reference(ported, held)
    except (RuntimeError, ValueError, IndexError, TypeError) as error:
        raise Refused(f"inputs: the Keras model's port does not run on them: {printable(str(error), 200)}") from error
    if (where := _not_a_number(ours)) is not None:
        return Check(None, because=f"the Keras model itself gives NaN on these inputs, first in its layer {where!r}")
    said = said_pairs(pairs, weighted_layers(ours), (name for name, _ in module.named_modules()))
    if torch_module.training:
        notes.append("The module was in training mode; it is compared in eval mode.")
    say("running the torch module")
    taken = as_taken(module, held)
    if norms_are_by_hand(ours, module, in_float64(taken)):
        take_norms_apart()
        ours = reference(ported, held)
    carried, otherwise = (
        carry(ours, module, taken, said) if weights == "transfer" else (None, folds(ours, module, taken))
    )
    unfolded = ours
    if otherwise:
        ours = reference(ported, held, weights=otherwise)
    run = partial(_run, module, in_float64(taken), ours.tape)
    stopped = False

    def run_on(instead: Mapping[tuple[int, int], Any]) -> Tape:
        nonlocal carried, stopped
        tape = run(seed, instead)
        if stopped and tape.error is None:  # only now is it known what runs behind the place where it failed
            carried, _ = carry(unfolded, module, taken, said, instead)
            tape = run(seed, instead)
        stopped = carried is not None and tape.error is not None
        return tape

    found = find_faults(ours, run_on, say)
    agrees = _agrees(found)
    if agrees and not _same_each_time(found.first, run(seed + 1)):
        because = "the module gives other numbers each time it is called: something in it is random in eval mode"
        return Check(None, layers=found.rows, because=because)
    if agrees and _is_saturated(ours) and (unseen := [row.keras for row in found.rows if row.status == "within"]):
        because = (
            "the Keras model's outputs are all 0, 1 or -1 on these inputs, whatever comes before, and the module has "
            f"nothing that is what its layer {unseen[-1]!r} gives: check on inputs, or weights, that saturate less"
        )
        return Check(None, layers=found.rows, because=because)
    if agrees and inputs is None and (larger_too := larger(ours, otherwise)) is not None:
        factor, on_larger = larger_too
        say("the same on larger inputs")
        again = partial(_run, module, in_float64(as_taken(module, on_larger.inputs)), ours.tape, seed)
        beyond = find_faults(on_larger, again, say)
        if any(is_no_rounding(fault) for fault in beyond.faults):
            beyond.faults = [fault for fault in beyond.faults if is_no_rounding(fault)]
            notes.append(f"The two agree on the inputs drawn first, and not on {factor:.3g} times as large ones.")
            found, agrees = beyond, False
    if train:
        notes += regularised(ours)
        if agrees:
            say("one step of training")
            try:
                found.faults += list(training_faults(unfolded, found.last, module, taken))
            except Exception as error:  # the user's code may raise anything
                fails = printable(f"{type(error).__name__}: {error}", 300)
                because = f"the two agree in inference, and in training the module fails: {fails}"
                return Check(None, layers=found.rows, weights=carried or Carried(), because=because, notes=notes)
        else:
            notes.append("Training is compared once inference agrees.")
    if (more := len(found.last.tape.outputs) - len(ours.tape.outputs)) > 0:
        notes.append(
            f"The module returns {len(found.last.tape.outputs)} tensors, and the Keras model {len(ours.tape.outputs)}: "
            f"the last {'one is' if more == 1 else f'{more} are'} held against nothing."
        )
    if found.rounded:
        notes.append(
            f"Constants are Keras's but for the rounding of float32: {', '.join(dict.fromkeys(found.rounded))}."
        )
    equal, because = _verdict(found)
    if equal and carried is not None:
        carried = without_constants(carried, module)
    return Check(
        equal=equal,
        faults=[] if equal is None else found.faults,
        layers=found.rows,
        unmatched_torch=sorted({str(place(step)) for step in found.last.their_off_operations()}),
        weights=carried or Carried(),
        because=because,
        notes=notes,
        versions={**ported.report.versions, "torch": torch_version()},
    )


def _run(
    module: Any, inputs: list[Any], keras: Tape, seed: int, instead: Mapping[tuple[int, int], Any] | None = None
) -> Tape:
    return unpacked(record(module, inputs, instead=instead, seed=seed), keras)


def _agrees(found: Found) -> bool:
    return not found.faults and not found.beyond and found.last.tape.error is None


def _same_each_time(board: Board, again: Tape) -> bool:
    outputs = [board.tape.values[number] for number in board.tape.outputs]
    return all(same(again.values[number], output) for number, output in zip(again.outputs, outputs, strict=True))


def _is_saturated(ours: Reference) -> bool:
    """Whether all that the Keras model gives is at the end of what a softmax, sigmoid or tanh gives."""
    outputs = [ours.tape.values[number] for number in ours.tape.outputs]
    return all(output.is_floating_point() and bool(((output == 0) | (output.abs() == 1)).all()) for output in outputs)


def _not_a_number(ours: Reference) -> str | None:
    """The first layer that gives NaN, if the model does."""
    if not any(bool(ours.tape.values[number].isnan().any()) for number in ours.tape.outputs):
        return None
    return next((mark.path for mark in ours.landmarks if bool(ours.value(mark).isnan().any())), "")


def _verdict(found: Found) -> tuple[bool | None, str]:
    """Whether the two are equal, and what is to be said beside the faults. None where that cannot be told."""
    error = found.last.tape.error
    if error is None and not derived(found.last.tape) & set(found.last.tape.outputs):
        return None, "what the module returns is not computed from its inputs by functions of torch's"
    if error is not None:
        fails = f"the module fails: {printable(f'{type(error).__name__}: {error}', 300)}"
        return (False, f"behind the faults, {fails}") if found.faults else (None, fails)
    corresponds = any(fault.torch is not None for fault in found.faults)
    if not corresponds and not any(row.status == "equal" for row in found.rows):
        return None, "nothing that the Keras model computes is found in the torch module, so they cannot be aligned"
    return not found.faults and not found.beyond, found.beyond
