"""Two models that agree in inference: where they part in training, and why."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import keras
import pytest
import torch
from by_hand import Images, live, ported, randomised, verified
from keras import layers
from torch import Tensor, nn
from torch.nn import functional as F

from equivalence import check
from equivalence.diagnosis.findings import Check
from equivalence.verification.ported import Ported


class KerasNorm(nn.BatchNorm2d):
    """Keeps the biased variance, as Keras does."""

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        with torch.no_grad():
            self.running_mean.lerp_(x.mean((0, 2, 3)), self.momentum)
            self.running_var.lerp_(x.var((0, 2, 3), correction=0), self.momentum)
        return F.batch_norm(x, None, None, self.weight, self.bias, True, 0.0, self.eps)


class Trained(Images):
    """Images with a BatchNormalization of Keras's statistics."""

    def build(self) -> None:
        super().build()
        self.bn = KerasNorm(6, eps=self.eps, momentum=self.momentum)


def trained(module: nn.Module, model: Ported | None = None) -> Check:
    found = check(model or ported("images"), module, train=True)
    assert all(fault.seen_in != "inference" for fault in found.faults), str(found)
    return found


def test_nothing_differs_where_everything_is_keras_s() -> None:
    found = trained(Trained())
    assert found.equal is True and found.faults == []


def test_training_is_compared_where_it_is_asked_for() -> None:
    module = Trained(momentum=0.1)
    assert check(ported("images"), module).equal is True
    assert trained(module).equal is False


@pytest.mark.parametrize(
    ("module", "layer", "says", "difference", "values"),
    [
        pytest.param(
            lambda: Trained(momentum=0.1), "bn",
            "momentum is 0.1, where Keras's is 0.01 in torch's sense, 1 - 0.99", "momentum", (0.01, 0.1),
            id="momentum"),
        pytest.param(
            lambda: Images(), "bn", "torch keeps the unbiased variance, n / (n - 1) = 1.012",
            "unbiased-running-variance", (0.01, 0.01), id="unbiased variance"),
        pytest.param(
            lambda: Images(momentum=0.99), "bn", "momentum is 0.99.*; torch keeps the unbiased variance", "momentum",
            (0.01, 0.99), id="both"),
    ],
)  # fmt: skip
def test_running_statistics(
    module: Callable[[], nn.Module], layer: str, says: str, difference: str, values: tuple[float, float]
) -> None:
    found = trained(module())
    assert [fault.keras for fault in found.faults] == [layer]
    fault = found.faults[0]
    assert fault.seen_in == "training"
    assert fault.cause is not None
    assert re.search(says.replace("(", r"\(").replace(")", r"\)"), fault.cause.says), fault.cause.says
    assert fault.cause.difference == f"keras.layers.BatchNormalization#{difference}"
    assert (fault.cause.keras_value, fault.cause.torch_value) == pytest.approx(values)


@pytest.mark.parametrize(
    ("rate", "says", "values"),
    [
        (0.3, "dropout has the rate p=0.3, where Keras has 0.4", (0.4, 0.3)),
        (0.6, "dropout has the rate p=0.6, where Keras has 0.4", (0.4, 0.6)),
        (None, "dropout is missing: Keras drops 0.4 of the numbers in training", (0.4, None)),
    ],
    ids=["less", "kept instead of dropped", "missing"],
)
def test_dropout(rate: float | None, says: str, values: tuple[float, float | None]) -> None:
    found = trained(Trained(rate=rate))
    assert [(fault.keras, fault.seen_in) for fault in found.faults] == [("drop", "training")]
    cause = found.faults[0].cause
    assert cause is not None and cause.says == says
    assert (cause.keras_value, cause.torch_value) == values


def frozen_in_torch(*names: str) -> nn.Module:
    module = Trained()
    for name in names:
        module.get_parameter(name).requires_grad_(False)
    return module


def test_a_part_that_torch_does_not_train_is_told_once() -> None:
    found = trained(frozen_in_torch("wide.weight", "wide.bias"))
    assert [(fault.keras, fault.seen_in) for fault in found.faults] == [("wide", "gradients")]
    cause = found.faults[0].cause
    assert cause is not None and cause.says == "it is frozen (requires_grad=False), and Keras trains it"
    assert cause.fix == "requires_grad_(True)"


@cache
def frozen() -> Ported:
    """The images model with a frozen convolution and BatchNormalization."""
    keras.utils.clear_session()
    model = keras.models.clone_model(live("images"))
    randomised(model)
    model.get_layer("wide").trainable = False
    model.get_layer("bn").trainable = False
    return verified(model)


def test_what_keras_has_frozen_and_torch_trains() -> None:
    found = trained(Trained(), frozen())
    told = {(fault.keras, fault.seen_in): fault.cause.says for fault in found.faults if fault.cause}
    assert "it is trained, and Keras has it frozen" in told["wide", "gradients"]
    assert "it is trained, and Keras has it frozen" in told["bn", "gradients"]
    assert "Keras keeps a frozen BatchNormalization in inference mode" in told["bn", "training"]
    assert len(found.faults) == 3


class Frozen(Trained):
    """Frozen on both sides: a BatchNormalization stays in inference mode."""

    def build(self) -> None:
        super().build()
        for part in (self.wide, self.bn):
            part.requires_grad_(False)

    def train(self, mode: bool = True) -> Any:
        super().train(mode)
        self.bn.eval()
        return self


def test_what_is_frozen_on_both_sides_is_equal() -> None:
    found = trained(Frozen(), frozen())
    assert found.equal is True, str(found)


class Detached(Trained):
    """The same numbers, other gradients."""

    def rest(self, x: Tensor) -> Tensor:
        return super().rest(x.detach() + (x - x.detach()) * 3)


def test_gradients_that_differ_are_told_at_the_layer_nearest_to_the_output() -> None:
    """What `wide` hands back is right; what goes back through its input is not."""
    found = trained(Detached())
    assert [(fault.keras, fault.seen_in) for fault in found.faults] == [("bn", "gradients")]
    assert found.faults[0].cause is None
    assert "gradient of" in found.faults[0].detail


def test_training_waits_for_inference() -> None:
    found = check(ported("images"), Trained(momentum=0.1, slope=0.2), train=True)
    assert [(fault.keras, fault.seen_in) for fault in found.faults] == [("leaky", "inference")]
    assert "Training is compared once inference agrees." in found.notes


def regularised() -> keras.Model:
    inputs = layers.Input((6,))
    x = layers.Dense(4, kernel_regularizer="l2", name="heavy")(inputs)
    return keras.Model(inputs, layers.Dense(3, bias_regularizer=keras.regularizers.L1(0.1), name="end")(x))


def test_regularisers_are_noted_and_no_fault() -> None:
    keras.utils.clear_session()
    model = verified(randomised(regularised()))
    module = nn.Sequential(nn.Linear(6, 4), nn.Linear(4, 3))
    found = check(model, module, train=True)
    assert found.equal is True
    assert [note.partition(":")[0] for note in found.notes if "adds its" in note] == ["heavy", "end"]
    assert any("Keras adds its kernel regularizer (L2) to the loss" in note for note in found.notes)
    assert not [note for note in check(model, module).notes if "adds its" in note]


def test_the_module_keeps_its_mode_gradients_and_statistics() -> None:
    module = Trained(momentum=0.1).eval()
    before = module.bn.running_mean.clone()
    trained(module)
    assert torch.equal(module.bn.running_mean, before)
    assert all(parameter.grad is None for parameter in module.parameters())
    assert not any(part.training for part in module.modules())


def test_functional_dropout_is_seen() -> None:
    class Functional(Trained):
        def rest(self, x: Tensor) -> Tensor:
            self.drop = lambda y: F.dropout(y, 0.2, self.training)
            return super().rest(x)

    module = Functional()
    del module.drop
    found = trained(module)
    assert [(fault.keras, fault.cause and fault.cause.torch_value) for fault in found.faults] == [("drop", 0.2)]


class FailsInTraining(Trained):
    def rest(self, x: Tensor) -> Tensor:
        if self.training:
            raise RuntimeError("no training here")
        return super().rest(x)


class FailsBackwards(Trained):
    def rest(self, x: Tensor) -> Tensor:
        made = x.sigmoid()
        held = made * 1
        made.mul_(0)  # its gradient needs what it was
        return super().rest(x + 0 * made) + 0 * held.sum()


@pytest.mark.parametrize("module", [FailsInTraining, FailsBackwards])
def test_a_module_that_fails_in_training_cannot_be_told(module: type[Images]) -> None:
    assert check(ported("images"), module()).equal is True
    found = check(ported("images"), module(), train=True)
    assert found.equal is None and found.faults == []
    assert found.because.startswith("the two agree in inference, and in training the module fails: RuntimeError: ")
