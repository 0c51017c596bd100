"""The proof is itself tested: an entry that says something wrong must not hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from equivalence import catalogue
from equivalence.catalogue.core.dense import Dense
from equivalence.catalogue.normalization.batch import BatchNormalization
from equivalence.errors import Refused
from equivalence.proofs import Oracles, entries_named, prove_case, prove_entry
from equivalence.proofs.case_inputs import draw_inputs
from equivalence.proofs.random_images import compare_draws
from equivalence.proofs.random_training import SAMPLES, compare_statistics
from equivalence.proofs.written import keras_call
from equivalence.schema import Case, Difference, Entry, Weight
from equivalence.translation.call_site import Site, Value

RELU = Case("relu", {"units": 5, "activation": "relu"}, x=(2, 3, 7))
SQUARE = Case("square", {"units": 6}, x=(3, 6))


@pytest.fixture(scope="module")
def oracles() -> Iterator[Oracles]:
    with Oracles(threads=1) as started:
        yield started


def doubled(site: Site) -> Value:
    """Dense, and then twice that."""
    y = Dense.emit(site)
    return site.new(f"{y} * 2.0", y.order)


def as_registered(monkeypatch: pytest.MonkeyPatch, entry: Entry) -> Entry:
    """Have the emitter find this entry in the place of its namesake."""
    monkeypatch.setattr(catalogue, "find", lambda cls: entry if cls.name == entry.name else None)
    return entry


def test_what_is_right_holds(oracles: Oracles) -> None:
    proof = prove_case(Dense._replace(differences=()), RELU, oracles)
    assert proof.failures == [] and proof.holds
    assert proof.comparisons["forward"].max_rel < 1e-14
    assert {"forward", "input_gradients", "weight_gradients", "weights", "after_training"} <= set(proof.comparisons)


def test_a_wrong_value_is_found(monkeypatch: pytest.MonkeyPatch, oracles: Oracles) -> None:
    proof = prove_case(as_registered(monkeypatch, Dense._replace(emit=doubled)), RELU, oracles)
    assert not proof.comparisons["forward"].equal
    assert not proof.holds


def test_a_transposed_weight_is_found(monkeypatch: pytest.MonkeyPatch, oracles: Oracles) -> None:
    wrong = Dense._replace(weights=(Weight("kernel", "weight"), Weight("bias", "bias")), differences=())
    proof = prove_case(as_registered(monkeypatch, wrong), SQUARE, oracles)
    assert not proof.comparisons["forward"].equal
    assert proof.comparisons["weights"].equal  # it goes there and back all the same


def test_a_lost_gradient_is_found(monkeypatch: pytest.MonkeyPatch, oracles: Oracles) -> None:
    wrong = Dense._replace(emit=_without_gradient, differences=())
    proof = prove_case(as_registered(monkeypatch, wrong), RELU, oracles)
    assert proof.comparisons["forward"].equal
    assert not proof.comparisons["input_gradients"].equal


def _without_gradient(site: Site) -> Value:
    site.inputs[0] = site.new(f"{site.x}.detach()", site.x.order)
    return Dense.emit(site)  # type: ignore[no-any-return]


def test_a_momentum_taken_as_it_is_shows_in_training_alone(monkeypatch: pytest.MonkeyPatch, oracles: Oracles) -> None:
    config = {"momentum": 0.75, "epsilon": 2.0**-8}
    case = Case("momentum", config, x=(6, 5, 3))
    difference = Difference("m", "", case="momentum", swap=(("momentum=0.25", "momentum=0.75"),), seen_in="train")
    entry = as_registered(monkeypatch, BatchNormalization._replace(differences=(difference,)))
    (naive,) = prove_case(entry, case, oracles).naive
    assert naive.message == "" and naive.apart > 1e-3
    entry = as_registered(monkeypatch, entry._replace(differences=(difference._replace(seen_in="forward"),)))
    (naive,) = prove_case(entry, case, oracles).naive
    assert "agrees with Keras" in naive.message


def test_an_entry_that_is_said_to_train_alike_must(monkeypatch: pytest.MonkeyPatch, oracles: Oracles) -> None:
    wrong = as_registered(monkeypatch, BatchNormalization._replace(training="same", differences=()))
    proof = prove_case(wrong, Case("alike", {"epsilon": 2.0**-8}, x=(6, 5, 3)), oracles)
    assert any("running_var" in failure for failure in proof.failures)


def test_a_difference_in_training_that_is_none_is_found(monkeypatch: pytest.MonkeyPatch, oracles: Oracles) -> None:
    wrong = as_registered(monkeypatch, Dense._replace(training="It trains otherwise.", differences=()))
    proof = prove_case(wrong, RELU, oracles)
    assert proof.failures == ["training: is said to differ from Keras, and does not"]


def test_what_cannot_run_is_a_problem_of_its_case(oracles: Oracles) -> None:
    cases = (Case("impossible", {"units": -1}, x=(2, 3)),)
    proof = prove_entry(Dense._replace(cases=cases, differences=()), oracles)
    assert not proof.holds
    (problem,) = proof.problems()
    assert problem.startswith("keras.layers.Dense, case impossible: KerasFailed: Keras on tensorflow failed")


def test_an_entry_without_cases_is_not_proved(oracles: Oracles) -> None:
    assert not prove_entry(Dense._replace(cases=(), differences=()), oracles).holds


def dropped(rate: float, scale: float, seed: int) -> Any:
    kept = np.random.default_rng(seed).random((SAMPLES, 5)) >= rate
    return kept * scale


@pytest.mark.parametrize(
    ("rate", "scale", "same"),
    [(0.25, 4 / 3, True), (0.75, 4.0, False), (0.25, 1.0, False), (0.27, 1 / 0.73, False)],
    ids=["same", "kept-instead-of-dropped", "not-scaled", "nearly-the-rate"],
)
def test_random_layers_are_told_apart(rate: float, scale: float, same: bool) -> None:
    tensors = compare_statistics(dropped(rate, scale, 1), dropped(0.25, 4 / 3, 2), "output")
    assert all(tensor.mismatch is None for tensor in tensors) is same


def test_a_layer_that_is_not_random_at_all_is_held_exactly() -> None:
    ones = np.ones((SAMPLES, 5))
    assert all(tensor.mismatch is None for tensor in compare_statistics(ones, ones, "output"))
    assert any(tensor.mismatch for tensor in compare_statistics(ones * 1.001, ones, "output"))


def flipped(seed: int, how: str = "each") -> Any:
    """Three rows of five pixels in 400 calls, each row flipped or not."""
    random = np.random.default_rng(seed)
    rows = np.random.default_rng(0).random((3, 5))
    flips = random.random((400, 3, 1)) < 0.5
    if how == "together":
        flips = flips[:, :1]
    if how == "pixels":
        flips = random.random((400, 3, 5)) < 0.5
    return np.where(flips, rows[:, ::-1], rows)


@pytest.mark.parametrize("how", ["each", "together", "pixels"])
def test_draws_of_images_are_told_apart(how: str) -> None:
    """Rows flipped together have the means and the squares of rows flipped apart, and so have pixels."""
    tensors = compare_draws(flipped(1, how), flipped(2), "output")
    assert all(tensor.mismatch is None for tensor in tensors) is (how == "each")
    seen = {tensor.name for tensor in tensors if tensor.mismatch}
    assert seen <= {"output.joint_square", "output.joint_size"}


def test_images_of_another_shape_or_that_are_no_numbers_differ() -> None:
    right = flipped(1)
    assert any(tensor.mismatch for tensor in compare_draws(right[:, :2], right, "output"))
    assert any(tensor.mismatch for tensor in compare_draws(np.where(right > 0.9, np.nan, right), right, "output"))
    assert all(tensor.mismatch is None for tensor in compare_draws(right, right, "output"))


def test_inputs_are_the_same_every_time_and_others_for_every_case() -> None:
    first, again = draw_inputs(Dense, SQUARE)[0], draw_inputs(Dense, SQUARE)[0]
    assert np.array_equal(first, again)
    assert not np.array_equal(first, draw_inputs(Dense, SQUARE._replace(id="other"))[0])
    mixed = Case("mixed", {}, x=[(2, 3), (2, 5), (2, 4)], draw=["one-hot", "ids:7", "bool"])
    hot, ids, flags = draw_inputs(Dense, mixed)
    assert (hot.sum(1) == 1).all() and ids.max() < 7 and flags.dtype == bool
    with pytest.raises(ValueError, match="'even'"):
        draw_inputs(Dense, SQUARE._replace(draw="even"))


WRITTEN = {
    "layer": (Dense, RELU, "keras.layers.Dense(units=5, activation='relu')(inputs)"),
    "call": (
        Dense._replace(keras="keras.layers.LSTM"),
        Case("state", {"units": 2}, x=[(2, 3, 4), (2, 2)], call={"initial_state": [{"$input": 1}]}),
        "keras.layers.LSTM(units=2)(input_0, initial_state=[input_1])",
    ),
    "operation": (
        Dense._replace(keras="keras.ops.mean", kind="operation"),
        Case("axis", {"axis": (1, 2)}, x=(2, 3, 4)),
        "keras.ops.mean(inputs, axis=(1, 2))",
    ),
    "inner-layer": (
        Dense._replace(keras="keras.layers.TimeDistributed"),
        Case("dense", {"layer": {"class_name": "Dense", "config": {"units": 2}}}, x=(2, 3, 4)),
        "keras.layers.TimeDistributed(layer=keras.layers.Dense(units=2))(inputs)",
    ),
}


@pytest.mark.parametrize(("entry", "case", "text"), WRITTEN.values(), ids=WRITTEN.keys())
def test_a_case_is_written_as_a_call(entry: Entry, case: Case, text: str) -> None:
    assert keras_call(entry, case) == text


def test_a_name_means_every_symbol_that_ends_so() -> None:
    assert [entry.keras for entry in entries_named("layers.dense")] == ["keras.layers.Dense"]
    with pytest.raises(Refused, match="'Dens'"):
        entries_named("Dens")
