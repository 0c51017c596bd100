"""Networks as others port them: convolutions without the biases that Keras has, other names, another order of branches,
an epsilon that is off by a thousandth, the stride in another layer of the block."""

from __future__ import annotations

import copy
from functools import cache

import keras
import numpy as np
import pytest
import torch
from by_hand import randomised, verified
from keras import layers
from torch import Tensor, nn
from torch.nn import functional as F

from equivalence import check
from equivalence.diagnosis.reference import reference
from equivalence.diagnosis.structural_transfer import into_module, structure
from equivalence.verification.ported import Ported
from equivalence.verification.sample_inputs import draw_inputs

EPSILON = 1.001e-5
CHANNELS = 16


def block(x: keras.KerasTensor, name: str, filters: int, stride: int, shortcut: bool) -> keras.KerasTensor:
    """As keras.applications writes a bottleneck: the shortcut before the last convolution, the stride in the first."""

    def conv(x: keras.KerasTensor, which: int, width: int, size: int, stride: int = 1) -> keras.KerasTensor:
        x = layers.Conv2D(width, size, strides=stride, padding="same", name=f"{name}_{which}_conv")(x)
        return layers.BatchNormalization(epsilon=EPSILON, name=f"{name}_{which}_bn")(x)

    y = layers.ReLU(name=f"{name}_1_relu")(conv(x, 1, filters, 1, stride))
    y = layers.ReLU(name=f"{name}_2_relu")(conv(y, 2, filters, 3))
    if shortcut:
        x = conv(x, 0, 4 * filters, 1, stride)
    y = conv(y, 3, 4 * filters, 1)
    return layers.ReLU(name=f"{name}_out")(layers.Add(name=f"{name}_add")([x, y]))


@cache
def residual_network() -> Ported:
    image = keras.Input((12, 12, 3))
    x = layers.ReLU()(
        layers.BatchNormalization(epsilon=EPSILON, name="bn")(layers.Conv2D(CHANNELS, 1, name="conv")(image))
    )
    for index, stride in enumerate((1, 2)):
        x = block(x, f"block{index}a", 4 if stride == 1 else 8, stride, True)
        x = block(x, f"block{index}b", 4 if stride == 1 else 8, 1, False)
    return verified(randomised(keras.Model(image, layers.Dense(5)(layers.GlobalAveragePooling2D()(x)))))


class Bottleneck(nn.Module):
    """As torchvision writes it: no biases, the shortcut last, the stride in the 3x3 convolution where `late`."""

    def __init__(self, channels: int, width: int, stride: int, shortcut: bool, eps: float, late: bool) -> None:
        super().__init__()
        first, second = (1, stride) if late else (stride, 1)
        self.conv1 = nn.Conv2d(channels, width, 1, first, bias=False)
        self.bn1 = nn.BatchNorm2d(width, eps=eps)
        self.conv2 = nn.Conv2d(width, width, 3, second, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width, eps=eps)
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width, eps=eps)
        self.downsample = None
        if shortcut:
            self.downsample = nn.Sequential(
                nn.Conv2d(channels, 4 * width, 1, stride, bias=False), nn.BatchNorm2d(4 * width, eps=eps)
            )

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResidualNetwork(nn.Module):
    def __init__(self, eps: float = EPSILON, late: bool = False) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, CHANNELS, 1, bias=False), nn.BatchNorm2d(CHANNELS, eps=eps), nn.ReLU())
        self.layer1 = nn.Sequential(Bottleneck(CHANNELS, 4, 1, True, eps, late), Bottleneck(16, 4, 1, False, eps, late))
        self.layer2 = nn.Sequential(Bottleneck(16, 8, 2, True, eps, late), Bottleneck(32, 8, 1, False, eps, late))
        self.fc = nn.Linear(32, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.layer2(self.layer1(self.stem(x))).mean((2, 3)))


def test_biases_that_the_norm_behind_swallows_are_no_fault() -> None:
    found = check(residual_network(), ResidualNetwork())
    assert found.equal is True, [(fault.keras, fault.cause) for fault in found.faults]
    assert not found.weights.left_over and not found.weights.ambiguous
    assert any("block0a_0_conv/kernel -> layer1.0.downsample.0.weight" in each for each in found.weights.carried)


def test_a_module_that_holds_such_weights_already_has_no_fault() -> None:
    found = check(residual_network(), carried(), weights="given")
    assert found.equal is True, [(fault.keras, fault.cause) for fault in found.faults]


def carried() -> ResidualNetwork:
    """The network with Keras's weights, biases folded into running means."""
    module, ported = ResidualNetwork(), residual_network()
    into_module(structure(reference(ported, draw_inputs(ported)), module, {}), module)
    return module


def exchanged(one: nn.Module, other: nn.Module) -> None:
    states = copy.deepcopy((one.state_dict(), other.state_dict()))
    one.load_state_dict(states[1])
    other.load_state_dict(states[0])


@pytest.mark.parametrize("parts", [("conv2",), ("conv1", "bn1", "conv2", "bn2")], ids=", ".join)
def test_weights_of_blocks_that_look_alike_exchanged(parts: tuple[str, ...]) -> None:
    module = carried()
    for part in parts:
        exchanged(*(module.get_submodule(f"layer1.{block}.{part}") for block in (0, 1)))
    found = check(residual_network(), module, weights="given")
    layers = [(block, part.replace("conv", ""), "conv") for block in "ab" for part in parts if "conv" in part]
    layers += [(block, part.replace("bn", ""), "bn") for block in "ab" for part in parts if "bn" in part]
    assert {fault.keras for fault in found.faults} == {f"block0{block}_{which}_{what}" for block, which, what in layers}
    for fault in found.faults:
        other = fault.keras.replace("0a", "0X").replace("0b", "0a").replace("0X", "0b")
        assert fault.cause is not None
        assert f"that of {other}." in fault.cause.says or f"those of another layer, {other}" in fault.cause.says


def test_a_bias_that_was_not_folded_is_missing() -> None:
    module = carried()
    ported = residual_network()
    bias = ported.module.state_dict()["block0b_2_conv.bias"]
    module.layer1[1].bn2.running_mean += bias
    (fault,) = check(ported, module, weights="given").faults
    assert fault.keras == "block0b_2_conv" and fault.cause is not None
    assert fault.cause.says == "it has no bias, and Keras has one"


def test_one_momentum_among_norms_that_swallow_biases() -> None:
    module = ResidualNetwork()
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.momentum = 0.01
    module.layer2[0].bn2.momentum = 0.1
    faults = {fault.keras: fault.cause for fault in check(residual_network(), module, train=True).faults}
    for layer, cause in faults.items():
        assert cause is not None
        assert ("momentum is 0.1" in cause.says) == (layer == "block1a_2_bn")
    assert len(faults) == 15  # all of them: torch keeps the unbiased variance


def test_an_epsilon_off_by_a_thousandth_is_one_kind_of_fault_and_nothing_besides() -> None:
    found = check(residual_network(), ResidualNetwork(eps=1e-5))
    norms = [layer.keras for layer in found.layers if layer.kind == "BatchNormalization"]
    assert [fault.keras for fault in found.faults] == norms
    for fault in found.faults:
        assert fault.cause is not None
        assert fault.cause.says == "eps of batch_norm is 1e-05, where Keras (epsilon) needs 1.001e-05"
    report = str(found)
    assert f"Different: {len(norms)} faults of 1 kind, the first at bn." in report
    assert f"and so in {len(norms) - 1} more: block0a_1_bn, " in report


@pytest.mark.parametrize("eps", [EPSILON, 1e-5])
def test_a_stride_in_another_layer_of_the_block(eps: float) -> None:
    found = check(residual_network(), ResidualNetwork(eps=eps, late=True))
    causes = {fault.keras: fault.cause.says for fault in found.faults if fault.cause and "eps" not in fault.cause.says}
    assert causes == {
        "block1a_1_conv": "stride of conv2d is 1, where Keras (strides) needs 2",
        "block1a_2_conv": "stride of conv2d is 2, where Keras (strides) needs 1",
    }


class Factorised(nn.Module):
    """Rows and columns by turns: kernels of one size in all."""

    def __init__(self) -> None:
        super().__init__()
        self.parts = nn.ModuleList(
            nn.Conv2d(4, 4, size, padding="same") for size in ((5, 1), (1, 5), (5, 1), (1, 5), (1, 5), (5, 1))
        )

    def forward(self, x: Tensor) -> Tensor:
        a, b, c, d, e, f = self.parts
        one, other = f(F.relu(e(x))), d(F.relu(c(F.relu(b(F.relu(a(x)))))))
        return one + 2 * other


@cache
def factorised() -> Ported:
    image = keras.Input((9, 7, 4))

    def conv(x: keras.KerasTensor, size: tuple[int, int], act: str | None = "relu") -> keras.KerasTensor:
        return layers.Conv2D(4, size, padding="same", activation=act)(x)

    one = conv(conv(image, (1, 5)), (5, 1), None)
    other = conv(conv(conv(conv(image, (5, 1)), (1, 5)), (5, 1)), (1, 5), None)
    return verified(randomised(keras.Model(image, one + 2.0 * other)))


def test_kernels_of_one_size_are_told_by_their_shapes() -> None:
    found = check(factorised(), Factorised())
    assert found.equal is True, [(fault.keras, fault.cause) for fault in found.faults]
    assert not found.weights.ambiguous


class Product(layers.Layer):
    """A layer of somebody's own, which multiplies by its weight as it is: square, so that no shape tells its axes."""

    def build(self, shape: tuple[int | None, ...]) -> None:
        self.w = self.add_weight(shape=(shape[-1], shape[-1]), name="w")

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        return keras.ops.matmul(x, self.w)


class Products(nn.Module):
    """The same twice: as a product of matrices, and by nn.Linear, which holds its weight the other way round."""

    def __init__(self) -> None:
        super().__init__()
        self.v = nn.Parameter(torch.zeros(5, 5))
        self.linear = nn.Linear(5, 5, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(F.relu(x @ self.v))


def test_weights_of_products_are_carried_as_each_side_holds_them() -> None:
    x = keras.Input((5,))
    model = randomised(keras.Model(x, Product(name="two")(layers.ReLU()(Product(name="one")(x)))))
    ported, module = verified(model), Products().double()
    into_module(structure(reference(ported, draw_inputs(ported)), module, {}), module)
    inputs = np.random.default_rng(0).normal(size=(3, 5))
    found = module(torch.tensor(inputs)).detach().numpy()
    expected = np.maximum(inputs @ model.layers[1].get_weights()[0], 0) @ model.layers[3].get_weights()[0]
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)
    assert check(ported, Products()).equal is True


@cache
def inverted_residuals() -> Ported:
    """Two blocks as EfficientNet has them: the second's sum is with what goes into it, behind dropout."""
    image = keras.Input((10, 8, 3))
    x = layers.Conv2D(6, 3, use_bias=False, name="stem_conv")(image)
    x = layers.Activation("swish", name="stem_swish")(layers.BatchNormalization(name="stem_bn")(x))
    for name, filters in (("a", 4), ("b", 4)):
        y = layers.Conv2D(12, 1, use_bias=False, name=f"{name}_expand")(x)
        y = layers.Activation("swish", name=f"{name}_swish")(layers.BatchNormalization(name=f"{name}_expand_bn")(y))
        y = layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_project")(y)
        y = layers.BatchNormalization(name=f"{name}_project_bn")(y)
        x = y if name == "a" else layers.Add(name=f"{name}_add")([layers.Dropout(0.2, name=f"{name}_drop")(y), x])
    return verified(randomised(keras.Model(image, layers.Dense(5)(layers.GlobalAveragePooling2D()(x)))))


class InvertedResidual(nn.Module):
    """As torchvision writes it: activations and the sum in place, stochastic depth handing on its very input."""

    def __init__(self, channels: int, eps: float) -> None:
        super().__init__()
        self.block = nn.Sequential(
            nn.Conv2d(channels, 12, 1, bias=False), nn.BatchNorm2d(12, eps=eps), nn.SiLU(inplace=True),
            nn.Conv2d(12, 4, 1, bias=False), nn.BatchNorm2d(4, eps=eps),
        )  # fmt: skip
        self.stochastic_depth = nn.Dropout(0.2)
        self.use_res_connect = channels == 4

    def forward(self, input: Tensor) -> Tensor:
        result = self.block(input)
        if self.use_res_connect:
            result = self.stochastic_depth(result)
            result += input
        return result


class InvertedResiduals(nn.Module):
    def __init__(self, eps: float = 0.001) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 6, 3, bias=False), nn.BatchNorm2d(6, eps=eps), nn.SiLU(inplace=True))
        self.features = nn.Sequential(InvertedResidual(6, eps), InvertedResidual(4, eps))
        self.classifier = nn.Linear(4, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.features(self.stem(x)).mean((2, 3)))


@pytest.mark.parametrize("eps", [0.001, 0.0011, 1e-5])
def test_sums_and_activations_in_place(eps: float) -> None:
    found = check(inverted_residuals(), InvertedResiduals(eps))
    norms = [layer.keras for layer in found.layers if layer.kind == "BatchNormalization"]
    assert [fault.keras for fault in found.faults] == (norms if eps != 0.001 else [])
    for fault in found.faults:
        assert fault.cause is not None
        assert fault.cause.says == f"eps of batch_norm is {eps:g}, where Keras (epsilon) needs 0.001"
    assert found.equal is (eps == 0.001), found.because
    assert "within" not in {layer.status for layer in found.layers if layer.kind in ("Dropout", "Add")}


class ScaledSum(layers.Layer):
    """A layer of somebody's own, whose operations have no names in Keras."""

    def call(self, one: keras.KerasTensor, other: keras.KerasTensor) -> keras.KerasTensor:
        return one + 0.25 * other


class WithSum(nn.Module):
    def __init__(self, scale: float) -> None:
        super().__init__()
        self.linear, self.out = nn.Linear(5, 5), nn.Linear(5, 3)
        self.scale = scale

    def forward(self, x: Tensor) -> Tensor:
        return self.out(F.relu(x + self.scale * self.linear(x)))


def test_a_fault_within_a_layer_of_somebody_s_own_has_its_name() -> None:
    x = keras.Input((5,))
    y = layers.ReLU(name="behind")(ScaledSum(name="sum")(x, layers.Dense(5, name="dense")(x)))
    ported = verified(randomised(keras.Model(x, layers.Dense(3, name="out")(y))))
    assert check(ported, WithSum(0.25)).equal is True
    (fault,) = check(ported, WithSum(0.2)).faults
    assert (fault.keras, fault.cause and fault.cause.says) == ("sum", "x * 0.2 stands where Keras has x * 0.25")


@cache
def branches() -> Ported:
    """Two branches that split in two, as InceptionV3's last blocks."""
    image = keras.Input((8, 9, 6))

    def halves(name: str) -> list[keras.KerasTensor]:
        x = layers.ReLU(name=f"{name}_relu")(layers.Conv2D(6, 1, name=name)(image))
        sizes = ((1, 3), (3, 1))
        return [layers.Conv2D(6, size, padding="same", name=f"{name}_{at}")(x) for at, size in enumerate(sizes)]

    return verified(randomised(keras.Model(image, layers.Concatenate()([*halves("left"), *halves("right")]))))


class Branches(nn.Module):
    def __init__(self, takes: str) -> None:
        super().__init__()
        self.takes = takes
        self.left, self.right = (nn.Conv2d(6, 6, 1) for _ in range(2))
        self.left_0, self.right_0 = (nn.Conv2d(6, 6, (1, 3), padding=(0, 1)) for _ in range(2))
        self.left_1, self.right_1 = (nn.Conv2d(6, 6, (3, 1), padding=(1, 0)) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        held = {"left_relu": F.relu(self.left(x)), "right_relu": F.relu(self.right(x))}
        held["left_0"] = self.left_0(held["left_relu"])
        last = self.right_1(held[self.takes])
        right = self.right_0(held["right_relu"])
        return torch.cat([held["left_0"], self.left_1(held["left_relu"]), right, last], 1)


@pytest.mark.parametrize("takes", ["right_relu", "left_relu", "left_0"])
def test_a_branch_from_the_wrong_place(takes: str) -> None:
    found = check(branches(), Branches(takes))
    says = f"conv2d takes another tensor: the output of '{takes}' instead of the output of 'right_relu'"
    expected = [] if takes == "right_relu" else [("right_1", says)]
    assert [(fault.keras, fault.cause and fault.cause.says) for fault in found.faults] == expected
