"""One case held to Keras: forward, gradients, training mode, weights there and back, float32."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from equivalence.compare import Comparison, Mismatch, Tensor, compare, json_number, largest
from equivalence.proofs.emitted import After, Emitted
from equivalence.proofs.random_training import compare_random
from equivalence.proofs.truth import INFERENCE, TRAINING, Oracles, Results, Truth, truth_of
from equivalence.rounding import Float32Errors, float32_errors
from equivalence.schema import Case, Difference, Entry

#: A naive form must be further from Keras than this.
APART = 1e-6
#: Gradients this much smaller than the largest of their kind are rounding (the bias of attention keys).
_NOISE = 1e-12
#: Activations under which |W| |x| still bounds the rounding.
_KEEP_THE_BOUND = (None, "linear", "relu")


@dataclass(frozen=True, slots=True)
class NaiveProof:
    """A naive form's distance from Keras: at least `APART`, or the difference was not shown."""

    id: str
    apart: float
    message: str = ""  # why it does not show the difference


@dataclass(slots=True)
class CaseProof:
    """What a case showed. It holds if `failures` is empty."""

    entry: Entry
    case: Case
    shown: str  # the emitted PyTorch
    comparisons: dict[str, Comparison] = field(default_factory=dict)  # in float64, by what was compared
    float32: list[Float32Errors] = field(default_factory=list)
    differs_in_training: float | None = None  # where the entry says that torch's own layer differs
    naive: list[NaiveProof] = field(default_factory=list)

    @property
    def failures(self) -> list[str]:
        """One sentence for each thing that was not as it should be, without the naive forms."""
        found = [mismatch.message for each in self.comparisons.values() for mismatch in each.mismatches]
        return [*found, *(errors.message for errors in self.float32 if not errors.within)]

    @property
    def holds(self) -> bool:
        return not self.failures and not any(naive.message for naive in self.naive)

    def to_json(self) -> dict[str, Any]:
        """Ids and measured errors, rounded to two digits."""
        record: dict[str, Any] = {"id": self.case.id, "oracle": self.case.oracle}
        record["float64"] = {name: _digits(each.max_rel) for name, each in self.comparisons.items()}
        if self.float32:
            record["float32"] = {
                "port": _digits(max(errors.max_rel for errors in self.float32)),
                "keras": _digits(max(errors.keras_max_rel for errors in self.float32)),
            }
        if self.differs_in_training is not None:
            record["differs_in_training"] = _digits(self.differs_in_training)
        return record


def prove_case(entry: Entry, case: Case, oracles: Oracles) -> CaseProof:
    """Run one case, and the naive forms that are shown by it, in both frameworks.

    Raises Refused where the case cannot be emitted, KerasFailed where Keras cannot run it.
    """
    keras = oracles.on(case.oracle)
    with truth_of(entry, case, keras) as truth:
        port = Emitted(entry, truth.model)
        proof = CaseProof(entry, case, port.shown)
        run = port.run(truth.inputs, truth.cotangents)
        _inference(proof, port, run, truth)
        if TRAINING in truth.float64:
            _weights(proof, port)
            if entry.training == "random":
                proof.comparisons |= compare_random(entry, case, keras, port)
            else:
                _training(proof, port, truth)
        _float32(proof, port, truth)
        for difference in entry.differences:
            if difference.case == case.id:
                naive = Emitted(entry, truth.model, naive=difference)
                proof.naive.append(_naive(difference, naive, port, truth, case))
        return proof


def _inference(proof: CaseProof, port: Emitted, run: After, truth: Truth) -> None:
    expected = truth.float64[INFERENCE]
    proof.comparisons["forward"] = _compare(proof, "forward", run.results.outputs, expected.outputs)
    _gradients(proof, port, run, expected, "")


def _gradients(proof: CaseProof, port: Emitted, run: After, expected: Results, where: str) -> None:
    name = f"{where}input_gradients"
    given, wanted = _without_noise(dict(enumerate(run.results.by_input)), dict(enumerate(expected.by_input)))
    proof.comparisons[name] = _compare(proof, name, given, wanted)
    if expected.by_weight:
        name = f"{where}weight_gradients"
        wanted = port.in_torch(expected.by_weight, set(run.results.by_weight))
        held = {key: run.results.by_weight[key] for key in wanted}
        proof.comparisons[name] = _compare(proof, name, *_without_noise(held, wanted))


def _training(proof: CaseProof, port: Emitted, truth: Truth) -> None:
    """The same function of the same batch and the same state after it; where the entry says that torch's
    own layer differs, it must, and the form for exact training must not."""
    if proof.entry.training != "same":
        run = port.run(truth.inputs, truth.cotangents, training=True)
        proof.differs_in_training = _apart_in_training(port, run, truth)
        if proof.differs_in_training <= APART:
            proof.comparisons["training"] = _failed("training: is said to differ from Keras, and does not")
        port = Emitted(proof.entry, truth.model, exact_training=True)
    run = port.run(truth.inputs, truth.cotangents, training=True)
    expected = truth.float64[TRAINING]
    name = "training_forward"
    proof.comparisons[name] = _compare(proof, name, run.results.outputs, expected.outputs)
    _gradients(proof, port, run, expected, "training_")
    if truth.after:
        after = port.in_torch(truth.after, set(run.state))
        held = {key: run.state[key] for key in after}
        proof.comparisons["after_training"] = _compare(proof, "after_training", held, after)


def _weights(proof: CaseProof, port: Emitted) -> None:
    """From the file into torch and back: the same bits."""
    back, original = port.round_trip()
    for path, array in original.items():
        if back[path].dtype != array.dtype or back[path].tobytes() != array.tobytes():
            proof.comparisons["weights"] = _failed(f"weights: {path} does not come back bit for bit")
            return
    if original:
        proof.comparisons["weights"] = compare(back, original, max_rel=0.0, name="weights")


def _float32(proof: CaseProof, port: Emitted, truth: Truth) -> None:
    actual = port.run(truth.inputs, dtype="float32").results.outputs
    bounds: list[Any] = [None] * len(actual)
    if proof.entry.linear and proof.case.config.get("activation") in _KEEP_THE_BOUND:
        bounds = port.with_magnitudes().run([np.abs(x) for x in truth.inputs]).results.outputs
    outputs = truth.float64[INFERENCE].outputs
    for index, (ours, keras, true) in enumerate(zip(actual, truth.float32, outputs, strict=True)):
        if true.dtype == np.float64:
            name = f"float32[{index}]"
            proof.float32.append(float32_errors(ours, keras, true, bound=bounds[index], name=name))


def _naive(difference: Difference, naive: Emitted, port: Emitted, truth: Truth, case: Case) -> NaiveProof:
    """The naive form's distance, where the difference is said to be seen."""
    training = difference.seen_in == "train"
    run = naive.run(truth.inputs, truth.cotangents, training=training)
    expected = truth.float64[TRAINING if training else INFERENCE]
    outputs = compare(run.results.outputs, expected.outputs)
    if any(mismatch.what in ("structure", "shape") for mismatch in outputs.mismatches):
        return NaiveProof(difference.id, outputs.max_rel, f"{difference.id}: {outputs.message}")
    apart = outputs.max_rel
    if training:
        apart = _apart_in_training(naive, run, truth)
    elif difference.seen_in == "gradients":
        apart = _apart_in_gradients(naive, run, expected)
    message = "" if apart > APART else f"{difference.id}: its naive form agrees with Keras (to {apart:.1e})"
    return NaiveProof(difference.id, apart, message)


def _apart_in_gradients(port: Emitted, run: After, expected: Results) -> float:
    wanted = port.in_torch(expected.by_weight, set(run.results.by_weight))
    by_weight = compare({key: run.results.by_weight[key] for key in wanted}, wanted)
    return max(compare(run.results.by_input, expected.by_input).max_rel, by_weight.max_rel)


def _apart_in_training(port: Emitted, run: After, truth: Truth) -> float:
    expected = truth.float64[TRAINING]
    after = port.in_torch(truth.after, set(run.state))
    state = compare({key: run.state[key] for key in after}, after)
    outputs = compare(run.results.outputs, expected.outputs)
    return max(outputs.max_rel, state.max_rel, _apart_in_gradients(port, run, expected))


def _compare(proof: CaseProof, name: str, actual: Any, expected: Any) -> Comparison:
    return compare(actual, expected, max_rel=proof.case.max_rel, name=name)


def _without_noise(actual: Mapping[Any, Any], expected: Mapping[Any, Any]) -> tuple[Any, Any]:
    """Gradients with those set to zero that are nothing but rounding, in both, beside the largest."""
    arrays = [array for array in expected.values() if array is not None]
    floor = _NOISE * max((largest(array) for array in arrays), default=0.0)

    def cleaned(array: Any, other: Any) -> Any:
        if array is None or other is None or not (largest(array) < floor and largest(other) < floor):
            return array
        return np.zeros_like(array)

    return (
        {key: cleaned(array, expected.get(key)) for key, array in actual.items()},
        {key: cleaned(array, actual.get(key)) for key, array in expected.items()},
    )


def _failed(message: str) -> Comparison:
    inf = float("inf")
    return Comparison(0.0, (Tensor(message.partition(":")[0], inf, inf, Mismatch("value", message)),))


def _digits(number: float) -> float | str:
    found = json_number(number)
    return found if isinstance(found, str) else float(f"{found:.1e}")
