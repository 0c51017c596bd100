"""A training that Keras began goes on in PyTorch: the script's next fifty steps are Keras's, loss by loss."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import torch
from going_on import BATCH, DYADIC, as_port, as_tensors, batches, classes, dense, goes_on, numbers, optimizer_of, script

import equivalence
from equivalence import catalogue

#: Of those whose entries say why they are not equal to rounding: Keras's own float32 constant, and what amplifies it.
BOUNDS = {"Nadam": 1e-6, "Muon": 1e-6}
#: The rate of a schedule is a power of two at every step: Keras computes it in float32.
SCHEDULE = {
    "module": "keras.optimizers.schedules",
    "class_name": "PiecewiseConstantDecay",
    "config": {"boundaries": [3, 20], "values": [2.0**-5, 2.0**-6, 2.0**-8]},
    "registered_name": None,
}
OPTIMIZERS = [
    pytest.param(entry.name, {**case.config, **more}, id=f"{entry.name}-{case.id}")
    for entry in catalogue.entries()
    if entry.kind == "optimizer" and not entry.no_counterpart
    for case in entry.cases
    for more in [{"learning_rate": SCHEDULE} if case.id == "schedule" else {}]
    if case.id in ("plain", "momentum", "centered", "amsgrad")
    or (
        entry.name in ("Adam", "Nadam", "SGD", "RMSprop") and case.id in ("schedule", "average", "accumulated", "decay")
    )
]


@pytest.mark.parametrize(("name", "config"), OPTIMIZERS)
def test_the_next_fifty_steps_of_each_optimizer_are_those_of_keras(
    name: str, config: dict[str, Any], tmp_path: Path
) -> None:
    model = dense()
    model.compile(optimizer_of(name, **config), "mse")
    goes_on(model, batches(model, numbers), tmp_path, bound=BOUNDS.get(name, 1e-9))


def convolutional() -> keras.Model:
    """Weights that lie otherwise in torch, penalties and bounds for them, a frozen layer and one that is not."""
    layers, zeros = keras.layers, {"kernel_initializer": "he_normal", "bias_initializer": "glorot_normal"}
    inputs = keras.Input((6, 5, 2), name="image")
    asked = {"kernel_regularizer": keras.regularizers.L1L2(2.0**-9, 2.0**-8)}
    asked["kernel_constraint"] = keras.constraints.MaxNorm(0.5, axis=[0, 1, 2])
    x = layers.Conv2D(4, 3, **asked, name="conv")(inputs)
    x = layers.BatchNormalization(name="frozen", trainable=False)(x)
    x = layers.DepthwiseConv2D(2, depthwise_regularizer=keras.regularizers.L1(0.125), name="depthwise")(x)
    x = layers.BatchNormalization(scale=False, momentum=0.75, name="norm")(x)
    x = layers.Flatten()(layers.Activation("relu")(x))
    x = layers.Dense(7, kernel_constraint=keras.constraints.UnitNorm(), activation="tanh", name="hidden", **zeros)(x)
    outputs = layers.Dense(3, activation="softmax", bias_regularizer=keras.regularizers.L2(0.25), name="out")(x)
    return keras.Model(inputs, outputs)


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_penalties_bounds_and_frozen_layers_are_those_of_keras(ending: str, tmp_path: Path) -> None:
    model = convolutional()
    random = np.random.default_rng(2)
    model.get_layer("frozen").set_weights([random.uniform(0.5, 2, 4) for _ in range(4)])
    model.compile(optimizer_of("Adam", **DYADIC, clipnorm=0.5), "sparse_categorical_crossentropy")
    goes_on(model, batches(model, classes), tmp_path, ending)


def test_a_frozen_normalization_of_torch_s_keeps_its_statistics(tmp_path: Path) -> None:
    model = convolutional()
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.save(tmp_path / "net.keras")
    equivalence.port(tmp_path / "net.keras", verify=False, training=True).save(tmp_path)
    training = script(tmp_path, "net").Training()
    (x, y), *_ = batches(model, classes)
    training.step(torch.from_numpy(as_port(x)), as_tensors(y))
    assert training.model.frozen.num_batches_tracked == 0
    assert training.model.norm.num_batches_tracked == 1


def recurrent() -> keras.Model:
    """Weights in several layers of a layer, gates in another order, one array that is two parameters; two outputs."""
    layers, inputs = keras.layers, keras.Input((5, 3), name="steps")
    shared = layers.LSTM(4, return_sequences=True, bias_initializer="glorot_normal")
    x = layers.Bidirectional(shared, name="both")(inputs)
    x = layers.GRU(4, bias_initializer="glorot_normal", name="gru")(x)
    inner = keras.Input((4,))
    nested = keras.Model(inner, layers.Dense(5, activation="tanh", name="inside")(inner), name="nested")
    x = nested(x)
    return keras.Model(inputs, [layers.Dense(3, name="first")(x), layers.Dense(2, name="second")(x)])


def test_several_outputs_have_each_its_loss_and_weight(tmp_path: Path) -> None:
    model = recurrent()
    losses = {"first": "mae", "second": "huber"}
    model.compile(
        optimizer_of("RMSprop", learning_rate=2.0**-8, rho=0.75, epsilon=2.0**-10),
        losses,
        loss_weights={"first": 1.0, "second": 0.25},
    )
    both = batches(model, lambda random: (random.standard_normal((BATCH, 3)), random.standard_normal((BATCH, 2))))
    goes_on(model, both, tmp_path)


def around_layers() -> keras.Model:
    """Penalties and bounds of layers inside layers: one for each direction, and one in two parameters of torch."""
    layers, penalties, steps = keras.layers, keras.regularizers, keras.Input((5, 3), name="steps")
    ahead = layers.GRU(
        4, return_sequences=True, kernel_regularizer=penalties.L2(0.125), bias_regularizer=penalties.L1(2.0**-10)
    )
    back = layers.SimpleRNN(
        4, return_sequences=True, go_backwards=True, recurrent_constraint="max_norm", recurrent_regularizer="l2"
    )
    x = layers.Bidirectional(layers.LSTM(2, return_sequences=True, recurrent_regularizer="l1"))(steps)
    x = layers.Bidirectional(ahead, backward_layer=back, name="both")(x)
    x = layers.RNN(layers.SimpleRNNCell(4, kernel_regularizer=penalties.L1(0.0625)), return_sequences=True)(x)
    inner = layers.Dense(3, kernel_regularizer=penalties.L1L2(0.125, 0.25), kernel_constraint="unit_norm", name="inner")
    x = layers.TimeDistributed(inner, name="each")(x)
    bound = keras.constraints.MaxNorm(0.25, axis=[0, 1])
    convolved = layers.Conv1D(2, 2, use_bias=False, kernel_constraint=bound, bias_regularizer="l2")
    x = layers.TimeDistributed(convolved)(layers.Reshape((5, 3, 1))(x))
    return keras.Model(steps, layers.Dense(3, name="out")(layers.Flatten()(x)))


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_penalties_and_bounds_of_layers_inside_layers_are_those_of_keras(ending: str, tmp_path: Path) -> None:
    model = around_layers()
    model.compile(optimizer_of("SGD", learning_rate=2.0**-6), "mse")
    goes_on(model, batches(model, numbers), tmp_path, ending)


def bounded_gates() -> keras.Model:
    """Bounds of weights whose gates lie in another order in torch, of a bias in two parameters, of numbers alone."""
    layers, constraints, steps = keras.layers, keras.constraints, keras.Input((5, 3), name="steps")
    bounds = {"kernel_constraint": constraints.MaxNorm(0.5), "recurrent_constraint": constraints.UnitNorm(axis=1)}
    x = layers.GRU(4, return_sequences=True, bias_constraint="non_neg", bias_initializer="ones", **bounds)(steps)
    narrow = constraints.MinMaxNorm(0.25, 0.75, rate=0.5, axis=[0, 1])
    x = layers.Bidirectional(layers.GRU(2, return_sequences=True, reset_after=False, kernel_constraint=narrow))(x)
    x = layers.PReLU(shared_axes=[1], alpha_initializer="ones", alpha_constraint="non_neg")(x)
    return keras.Model(steps, layers.Dense(3, name="out")(layers.Flatten()(x)))


def test_bounds_of_gates_are_those_of_keras(tmp_path: Path) -> None:
    model = bounded_gates()
    model.compile(optimizer_of("SGD", learning_rate=2.0**-4, momentum=0.5), "mse")
    goes_on(model, batches(model, numbers), tmp_path)


def active() -> keras.Model:
    """Penalties of what layers give: channels last, in two calls, of an input, of an output, by a layer of its own."""
    layers, penalties = keras.layers, keras.regularizers
    inputs = keras.Input((6, 5, 2), name="image")
    x = layers.ActivityRegularization(l1=2.0**-6)(inputs)
    x = layers.Conv2D(4, 3, activation="relu", activity_regularizer=penalties.L2(2.0**-5), name="conv")(x)
    shared = layers.Dense(4, activation="tanh", activity_regularizer=penalties.L1(2.0**-7), name="shared")
    x = layers.Flatten()(layers.BatchNormalization()(shared(shared(x))))
    x = layers.ActivityRegularization(l2=2.0**-4, name="own")(layers.Dense(7, name="hidden")(x))
    return keras.Model(inputs, layers.Dense(3, activity_regularizer=penalties.L1L2(0.25, 0.5), name="out")(x))


def test_penalties_of_what_layers_give_are_those_of_keras(tmp_path: Path) -> None:
    model = active()
    model.compile(optimizer_of("Adam", **DYADIC), "mse")
    goes_on(model, batches(model, numbers), tmp_path)
    source = (tmp_path / "net_train.py").read_text()
    assert "outputs, added = with_penalty(self.model, inputs)" in source


def test_what_was_never_trained_begins_at_step_0(tmp_path: Path) -> None:
    model = dense()
    model.compile("sgd", "mse")
    model.save(tmp_path / "net.keras")
    ported = equivalence.port(tmp_path / "net.keras", verify=False, training=True)
    ported.save(tmp_path)
    training = script(tmp_path, "net").Training()
    assert "from step" not in ported.training[0] and training.optimizer.param_groups[0]["lr"] == 0.01


def test_fit_says_the_mean_loss_and_the_metrics_of_each_epoch(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    model = dense()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer_of("Adam", **DYADIC, use_ema=True, ema_momentum=0.75), loss, metrics=["accuracy"])
    data = batches(model, classes)[:4]
    model.train_on_batch(*data[0])
    model.save(tmp_path / "net.keras")
    equivalence.port(tmp_path / "net.keras", verify=False, training=True).save(tmp_path)
    training = script(tmp_path, "net").Training()
    training.fit([(torch.from_numpy(x), torch.from_numpy(y)) for x, y in data], epochs=2)
    whole = (np.concatenate([x for x, _ in data]), np.concatenate([y for _, y in data]))
    history = model.fit(*whole, BATCH, epochs=2, shuffle=False, verbose=0).history
    expected = [
        f"epoch {epoch + 1}: loss {history['loss'][epoch]:.4f}, "
        f"sparse_categorical_accuracy {history['accuracy'][epoch]:.4f}"
        for epoch in range(2)
    ]
    assert capsys.readouterr().out.splitlines() == expected
    kernel = model.get_layer("hidden").kernel.numpy().T
    np.testing.assert_allclose(training.model.hidden.weight.detach().numpy(), kernel, rtol=1e-9)


def test_metrics_that_are_named_in_short_are_those_of_keras(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = dense()
    model.compile(optimizer_of("SGD", learning_rate=2.0**-6), "mse", metrics=["mae", "msle"])
    model.save(tmp_path / "net.keras")
    equivalence.port(tmp_path / "net.keras", verify=False, training=True).save(tmp_path)
    data = batches(model, numbers)[:3]
    script(tmp_path, "net").Training().fit([(torch.from_numpy(x), torch.from_numpy(y)) for x, y in data])
    whole = (np.concatenate([x for x, _ in data]), np.concatenate([y for _, y in data]))
    history = model.fit(*whole, BATCH, shuffle=False, verbose=0).history
    names = {"loss": "loss", "mean_absolute_error": "mae", "mean_squared_logarithmic_error": "msle"}
    said = ", ".join(f"{name} {history[kept][0]:.4f}" for name, kept in names.items())
    assert capsys.readouterr().out == f"epoch 1: {said}\n"
