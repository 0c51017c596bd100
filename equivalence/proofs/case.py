"""One case held to Keras: forward, gradients, training mode, weights there and back, float32."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from equivalence.errors import Refused
from equivalence.keras_side.client import KerasProcess
from equivalence.proofs.emitted import After, Emitted, emitted_forms
from equivalence.proofs.masked import compare_masked, compare_masked_loss
from equivalence.proofs.random_images import STANDARD_ERRORS
from equivalence.proofs.random_training import Drawn, compare_random, compare_statistics, drawn_by_keras
from equivalence.proofs.result import APART, CaseProof, NaiveProof, failed
from equivalence.proofs.shown import EXACT, PORT, Written, of_forms
from equivalence.proofs.trajectory import compare_trajectory
from equivalence.proofs.trial import prove_trial, written_forms
from equivalence.proofs.truth import INFERENCE, TRAINING, Oracles, Results, Truth, model_of, saved, truth_of
from equivalence.schema import RANDOM, WRITTEN, Case, Difference, Entry
from equivalence.verification.compare import Comparison, compare, largest
from equivalence.verification.rounding import float32_errors

#: Gradients this much smaller than the largest of their kind are rounding (the bias of attention keys).
_NOISE = 1e-12
#: What counts as equal in float64, where a case states nothing else.
EQUAL = Case._field_defaults["max_rel"]
#: Activations under which |W| |x| still bounds the rounding.
_KEEP_THE_BOUND = (None, "linear", "relu")


def prove_case(entry: Entry, case: Case, oracles: Oracles) -> CaseProof:
    """Run one case, and the naive forms that are shown by it, in both frameworks.

    Raises Refused where the case cannot be emitted, KerasFailed where Keras cannot run it, ValueError where
    a naive form exchanges what is never emitted.
    """
    keras = oracles.on(case.oracle)
    if entry.no_counterpart:
        return _refused(entry, case, keras)
    if entry.kind in WRITTEN:
        return prove_trial(entry, case, keras)
    with truth_of(entry, case, keras) as truth:
        forms = emitted_forms(entry, case, truth.model)
        proof = CaseProof(entry, case, of_forms(forms))
        port, random = forms[PORT], (case.training or entry.training) in RANDOM
        if random and not saved(entry, case):
            _drawn_numbers(proof, forms, truth)
            return proof
        drawn = drawn_by_keras(entry, case, keras) if random else None
        _inference(proof, port, truth)
        if saved(entry, case):
            _weights(proof, port)
            if drawn:
                proof.comparisons |= compare_random(drawn, port)
            else:
                _training(proof, forms, truth)
        if entry.kind in ("regularizer", "constraint"):
            proof.comparisons |= compare_trajectory(entry, case, port, keras)
        _float32(proof, port, truth)
        if entry.kind in ("layer", "operation") and saved(entry, case):
            proof.comparisons |= compare_masked(entry, case, truth.model, truth.inputs, truth.folder, keras)
        if entry.kind == "loss" and entry.is_class:
            proof.comparisons |= compare_masked_loss(entry, case, truth.model, truth.inputs, truth.folder, keras)
        for difference in entry.differences:
            if difference.case == case.id:
                naive = forms[difference.id]
                if drawn and difference.seen_in == "train":
                    proof.naive.append(_naive_random(difference, naive, drawn))
                else:
                    proof.naive.append(_naive(difference, naive, truth))
        return proof


def _drawn_numbers(proof: CaseProof, forms: Mapping[str, Emitted], truth: Truth) -> None:
    """Of a function that draws: the same distribution."""
    expected = truth.float64[INFERENCE].outputs
    for name, form in forms.items():
        pairs = zip(form.run(truth.inputs, truth.cotangents).results.outputs, expected, strict=True)
        found = [row for index, pair in enumerate(pairs) for row in compare_statistics(*pair, f"output[{index}]")]
        if name == PORT:
            proof.comparisons["distribution"] = Comparison(STANDARD_ERRORS, tuple(found))
        else:
            apart = max(row.max_rel for row in found)
            agrees = f"{name}: its naive form agrees with Keras (to {apart:.1f} standard errors)"
            proof.naive.append(NaiveProof(name, apart, "" if apart > STANDARD_ERRORS else agrees))


def written_for(entry: Entry, case: Case, oracles: Oracles) -> Written:
    """What the case emits, without running it: what a record of it goes stale by."""
    if entry.no_counterpart:
        return Written({PORT: entry.no_counterpart})
    if entry.kind in WRITTEN:
        return Written({name: form.shown for name, form in written_forms(entry, case).items()})
    with model_of(entry, case, oracles.on(case.oracle)) as (model, _):
        return of_forms(emitted_forms(entry, case, model))


def _refused(entry: Entry, case: Case, keras: KerasProcess) -> CaseProof:
    """What has no counterpart: Keras builds the model, and the port refuses it for the reason stated."""
    proof = CaseProof(entry, case, Written({PORT: entry.no_counterpart}))
    with model_of(entry, case, keras) as (model, _):
        try:
            emitted_forms(entry, case, model)
        except Refused as refusal:
            if entry.no_counterpart not in str(refusal):
                proof.comparisons["refusal"] = failed(f"refusal: it is refused for another reason: {refusal}")
        else:
            proof.comparisons["refusal"] = failed("refusal: is said to have no counterpart, and is ported")
    return proof


def _inference(proof: CaseProof, port: Emitted, truth: Truth) -> None:
    run = port.run(truth.inputs, truth.cotangents)
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


def _training(proof: CaseProof, forms: Mapping[str, Emitted], truth: Truth) -> None:
    """The same function of the same batch and the same state after it; where the entry says that torch's
    own layer differs, it must, and the form for exact training must not."""
    port = forms[PORT]
    if EXACT in forms:
        run = port.run(truth.inputs, truth.cotangents, training=True)
        proof.differs_in_training = _apart_in_training(port, run, truth)
        if proof.differs_in_training <= APART:
            proof.comparisons["training"] = failed("training: is said to differ from Keras, and does not")
        port = forms[EXACT]
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
            proof.comparisons["weights"] = failed(f"weights: {path} does not come back bit for bit")
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
            stated = proof.case.max_rel if proof.case.max_rel > EQUAL else 0.0
            errors = float32_errors(ours, keras, true, bound=bounds[index], stated=stated, name=name)
            proof.float32.append(errors)


def _naive(difference: Difference, naive: Emitted, truth: Truth) -> NaiveProof:
    """The naive form's distance from Keras, where the difference is said to be seen. It has to run first."""
    training = difference.seen_in == "train"
    expected = truth.float64[TRAINING if training else INFERENCE]
    try:
        run = naive.run(truth.inputs, training=training)
        outputs = compare(run.results.outputs, expected.outputs, name=f"{difference.id}: its naive output")
        if any(mismatch.what in ("structure", "shape") for mismatch in outputs.mismatches):
            return NaiveProof(difference.id, math.inf, outputs.message)
        apart = outputs.max_rel
        if difference.seen_in != "forward":
            run = naive.run(truth.inputs, truth.cotangents, training=training)
            apart = _apart_in_training(naive, run, truth) if training else _apart_in_gradients(naive, run, expected)
    except RuntimeError as error:
        return NaiveProof(difference.id, math.inf, f"{difference.id}: its naive form does not run ({error})")
    message = "" if apart > APART else f"{difference.id}: its naive form agrees with Keras (to {apart:.1e})"
    return NaiveProof(difference.id, apart, message)


def _naive_random(difference: Difference, naive: Emitted, drawn: Drawn) -> NaiveProof:
    """The naive form's distance from Keras in standard errors, which chance alone keeps small."""
    apart = compare_random(drawn, naive)["random_training"].max_rel
    agrees = f"{difference.id}: its naive form agrees with Keras (to {apart:.1f} standard errors)"
    return NaiveProof(difference.id, apart, "" if apart > STANDARD_ERRORS else agrees)


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
