"""Targets as people have them (columns, whole numbers, by name), and outputs with masks, in a training that goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import torch
from going_on import BATCH, DYADIC, batches, dense, goes_on, optimizer_of, script

import equivalence

Draw = Callable[[np.random.Generator], Any]


def head(units: int, activation: str | None = None) -> keras.Model:
    inputs = keras.Input((6,), name="x")
    hidden = keras.layers.Dense(5, activation="tanh", name="hidden")(inputs)
    return keras.Model(inputs, keras.layers.Dense(units, activation=activation, name="out")(hidden))


#: Layer at the end, loss, metrics, and targets of another shape or kind than the outputs.
TARGETS: dict[str, tuple[int, str | None, str, Draw]] = {
    "column-of-labels": (3, "softmax", "sparse_categorical_crossentropy", lambda r: r.integers(0, 3, (BATCH, 1))),
    "small-whole-numbers": (
        3, "softmax", "sparse_categorical_crossentropy", lambda r: r.integers(0, 3, (BATCH, 1)).astype("uint8")
    ),
    "numbers-without-an-axis": (1, None, "mse", lambda r: r.standard_normal(BATCH)),
    "yes-or-no": (1, "sigmoid", "binary_crossentropy", lambda r: r.integers(0, 2, BATCH)),
    "one-hot-whole-numbers": (
        3, "softmax", "categorical_crossentropy", lambda r: np.eye(3, dtype="int64")[r.integers(0, 3, BATCH)]
    ),
    "labels-of-a-loss-not-called-sparse": (
        3, "softmax", "CategoricalGeneralizedCrossEntropy", lambda r: r.integers(0, 3, BATCH)
    ),
}  # fmt: skip


@pytest.mark.parametrize("which", TARGETS)
def test_targets_are_taken_as_keras_takes_them(which: str, tmp_path: Path) -> None:
    units, activation, loss, draw = TARGETS[which]
    model = head(units, activation)
    compiled = getattr(keras.losses, loss)() if loss[0].isupper() else loss
    model.compile(optimizer_of("Adam", **DYADIC), compiled, metrics=["accuracy"])
    goes_on(model, batches(model, draw), tmp_path)


def test_a_loss_and_metrics_are_weighed_by_the_mask_of_the_output(tmp_path: Path) -> None:
    layers, inputs = keras.layers, keras.Input((7, 3), name="steps")
    x = layers.LSTM(4, return_sequences=True)(layers.Masking()(inputs))
    x = layers.Dense(5, activation="tanh", activity_regularizer=keras.regularizers.L2(2.0**-5), name="hidden")(x)
    model = keras.Model(inputs, layers.Dense(2, name="out")(x))
    model.compile(optimizer_of("Adam", **DYADIC), "mse", metrics=["mae"], weighted_metrics=["mae"])
    data = batches(model, lambda random: random.standard_normal((BATCH, 7, 2)))
    lengths = np.arange(BATCH) % 6 + 1
    data = [(np.where(np.arange(7)[None, :, None] < lengths[:, None, None], x, 0), y) for x, y in data]
    training = goes_on(model, data, tmp_path)
    source = (tmp_path / "net_train.py").read_text()
    assert "outputs, added, mask = with_penalty_and_mask(self.model, inputs)" in source
    expected = model.evaluate(*data[0], verbose=0, return_dict=True)
    x, y = map(torch.from_numpy, data[0])
    training.mean_absolute_error.reset()
    training.step(x, y)
    np.testing.assert_allclose(training.mean_absolute_error.compute().item(), expected["mae"], rtol=1e-9)


def test_targets_are_a_dictionary_where_outputs_are(tmp_path: Path) -> None:
    inputs = keras.Input((6,), name="x")
    hidden = keras.layers.Dense(5, activation="tanh")(inputs)
    outputs = {key: keras.layers.Dense(n, name=f"{key}_head")(hidden) for key, n in {"score": 2, "kind": 3}.items()}
    model = keras.Model(inputs, outputs)
    losses = {"score": "mae", "kind": keras.losses.SparseCategoricalCrossentropy(from_logits=True)}
    model.compile(optimizer_of("Adam", **DYADIC), losses, loss_weights={"score": 0.5, "kind": 2.0})
    model.save(tmp_path / "net.keras")
    equivalence.port(tmp_path / "net.keras", verify=False, training=True).save(tmp_path)
    source = (tmp_path / "net_train.py").read_text()
    assert "a dictionary, by the names of the outputs" in " ".join(source.split())
    assert "targets: dict[str, Tensor]" in source and 'targets["score"], outputs["score"]' in source
    random = np.random.default_rng(3)
    x, score, kind = random.standard_normal((4, 6)), random.standard_normal((4, 2)), random.integers(0, 3, 4)
    found = (
        script(tmp_path, "net")
        .Training()
        .step(torch.from_numpy(x), {"score": torch.from_numpy(score), "kind": torch.from_numpy(kind)})
    )
    expected = model.train_on_batch(x, {"score": score, "kind": kind}, return_dict=True)["loss"]
    np.testing.assert_allclose(found.item(), float(expected), rtol=1e-9)


def test_two_metrics_of_one_name_are_told_apart(tmp_path: Path) -> None:
    model = head(1, "sigmoid")
    metrics = [keras.metrics.BinaryAccuracy(threshold=at, name=f"at_{at}") for at in (0.25, 0.5, 0.75)]
    model.compile("sgd", "binary_crossentropy", metrics=metrics)
    random = np.random.default_rng(3)
    x, y = random.standard_normal((64, 6)), random.integers(0, 2, (64, 1))
    model.save(tmp_path / "net.keras")
    equivalence.port(tmp_path / "net.keras", verify=False, training=True).save(tmp_path)
    training = script(tmp_path, "net").Training()
    training.step(torch.from_numpy(x), torch.from_numpy(y))
    said = model.train_on_batch(x, y, return_dict=True)
    kept = [training.binary_accuracy, training.binary_accuracy_2, training.binary_accuracy_3]
    assert [round(float(each.compute()), 6) for each in kept] == [
        round(float(said[f"at_{at}"]), 6) for at in (0.25, 0.5, 0.75)
    ]


def test_what_keras_does_not_save_is_said(tmp_path: Path) -> None:
    model = dense()
    model.compile("sgd", keras.losses.Huber(delta=0.5))
    model.save(tmp_path / "net.keras")
    source = equivalence.port(tmp_path / "net.keras", verify=False, training=True).training[0]
    assert "does not say which delta its Huber has" in " ".join(source.split())


@pytest.fixture(scope="module")
def trained_embeddings() -> dict[str, np.ndarray]:
    """Embeddings after three steps on batches in which an index occurs twice, and in which none does."""
    found = {}
    for which, ids in {"twice": [[1, 1, 2], [1, 3, 1]], "once": [[0, 1, 2]]}.items():
        for how, penalty in {"slices": None, "whole": keras.regularizers.L2(0.0)}.items():
            keras.utils.set_random_seed(3)
            rows = keras.layers.Embedding(4, 3, embeddings_regularizer=penalty)
            model = keras.Sequential([keras.Input((3,), dtype="int32"), rows, keras.layers.Flatten()])
            model.add(keras.layers.Dense(1))
            model.compile(optimizer_of("Adam", **DYADIC), "mse")
            for _ in range(3):
                model.train_on_batch(np.array(ids), np.ones((len(ids), 1)))
            found[f"{which}-{how}"] = rows.get_weights()[0]
    return found


def test_keras_on_tensorflow_squares_the_gradient_of_each_occurrence(trained_embeddings: dict[str, Any]) -> None:
    """What the note of a script with embeddings says; with a penalty of 0 it is the square of the sum."""
    held = trained_embeddings
    np.testing.assert_allclose(held["once-slices"], held["once-whole"], rtol=1e-9)
    assert np.abs(held["twice-slices"] - held["twice-whole"]).max() > 1e-4


@pytest.mark.parametrize(
    ("optimizer", "penalty", "said"), [("adam", None, True), ("sgd", None, False), ("adam", "l2", False)]
)
def test_that_is_said_where_it_matters(optimizer: str, penalty: str | None, said: bool, tmp_path: Path) -> None:
    ids = keras.Input((3,), dtype="int32")
    x = keras.layers.Embedding(4, 3, embeddings_regularizer=penalty)(ids)
    model = keras.Model(ids, keras.layers.Dense(1)(keras.layers.Flatten()(x)))
    model.compile(optimizer, "mse")
    model.save(tmp_path / "net.keras")
    source = equivalence.port(tmp_path / "net.keras", verify=False, training=True).training[0]
    assert ("where one occurs several times" in " ".join(source.split())) is said
