"""What check takes, what it refuses, what it leaves as it was, and when it says that it cannot tell."""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import torch
from by_hand import Attention, Images, Sequences, filled, live, ported, randomised, verified
from keras import layers
from torch import Tensor, nn
from torch.nn import functional as F

from equivalence import Refused, check, port
from equivalence.verification.ported import Ported


def image(*shape: int) -> np.ndarray:
    return np.random.default_rng(5).normal(size=shape or (3, 14, 11, 3))


# -- the Keras model ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["live", "file"])
def test_a_live_model_and_its_file_are_ported_and_verified_first(kind: str, tmp_path: Path) -> None:
    """The whole way: a second Keras holds the port against the model."""
    source: Any = live("sequences")
    if kind != "live":
        source = tmp_path / "sequences.keras"
        live("sequences").save(source)
    said: list[str] = []
    found = check(source, Sequences(tanh=False), progress=said.append)
    assert [fault.keras for fault in found.faults] == ["head"]
    assert {"keras", "torch"} <= set(found.versions)
    assert "running the torch module" in said


def test_a_port_that_is_not_verified_is_nothing_to_hold_against() -> None:
    found = check(port(live("sequences"), verify=False), Sequences())
    assert found.equal is None
    assert "own port is not verified" in found.because and "not asked for" in found.because


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        ((3, Images), TypeError, "keras.Model"),
        (("images", lambda: lambda x: x), TypeError, "takes a torch.nn.Module as its second argument, not function"),
        (("images", lambda: live("images")), TypeError, "torch.nn.Module as its second argument, not Functional"),
        (("nowhere.keras", Images), Refused, "nowhere.keras"),
    ],
    ids=["number", "function", "two Keras models", "no file"],
)
def test_what_is_no_pair_of_models(given: tuple[Any, Callable[[], Any]], error: type[Exception], says: str) -> None:
    model = ported(given[0]) if given[0] == "images" else given[0]
    with pytest.raises(error, match=re.escape(says)):
        check(model, given[1]())


def test_other_weights_are_an_error() -> None:
    with pytest.raises(ValueError, match='weights must be "transfer" or "given", not \'copy\''):
        check(ported("images"), Images(), weights="copy")  # type: ignore[arg-type]


# -- inputs ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "inputs",
    [
        image(),
        [image()],
        {"image": image()},
        image().astype(np.float32),
        torch.from_numpy(image()),
        (image() * 9).astype(np.int64),
        image(1, 14, 11, 3),
    ],
    ids=["array", "list", "by name", "float32", "tensor", "whole numbers", "one sample"],
)
def test_inputs_in_keras_s_layout(inputs: Any) -> None:
    assert check(ported("images"), Images(), inputs).equal is True
    assert [fault.keras for fault in check(ported("images"), Images(slope=0.1), inputs).faults] == ["leaky"]


def test_several_inputs_are_in_the_model_s_order_or_by_name() -> None:
    tokens, extra = image(3, 5, 12), image(3, 5, 3)
    assert check(ported("attention"), Attention(), [tokens, extra]).equal is True
    assert check(ported("attention"), Attention(), {"extra": extra, "tokens": tokens}).equal is True


@pytest.mark.parametrize(
    ("name", "inputs", "says"),
    [
        ("images", {"images": image()}, "inputs: the model takes image, and was given images"),
        ("images", {"image": image(), "more": image()}, "inputs: the model takes image, and was given image, more"),
        ("images", [image(), image()], "inputs: the model takes 1, and was given 2"),
        ("images", [], "inputs: the model takes 1, and was given 0"),
        ("images", image(3, 3, 14, 11), "'image' has shape ('N', 14, 11, 3) in Keras's layout, and was given (3, 3"),
        ("images", image(14, 11, 3), "and was given (14, 11, 3)"),
        ("images", image(0, 14, 11, 3), "'image' is empty"),
        ("images", image() * np.nan, "'image' holds NaN or infinite numbers"),
        ("images", image() + np.inf, "'image' holds NaN or infinite numbers"),
        ("images", np.full((2, 14, 11, 3), "a"), "'image' takes float32, and was given <U1"),
        ("images", [[1, [2, 3]]], "'image' is no array"),
        ("attention", image(3, 5, 12), "inputs: the model takes 2, and was given 1"),
        ("sequences", np.full((2, 7), 0.5), "'words' takes int32, and was given numbers that are not whole"),
        ("sequences", np.full((2, 7), 99), "the Keras model's port does not run on them: index out of range"),
    ],
)
def test_inputs_that_are_not_the_model_s_are_refused(name: str, inputs: Any, says: str) -> None:
    with pytest.raises(Refused, match=re.escape(says)):
        check(ported(name), {"images": Images, "attention": Attention, "sequences": Sequences}[name](), inputs)


def test_inputs_are_not_changed() -> None:
    given = image()
    before = given.copy()

    class InPlace(Images):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x.mul_(1))

    check(ported("images"), InPlace(), given)
    assert np.array_equal(given, before)


class ChannelsLast(Images):
    """Takes images as Keras does."""

    def forward(self, x: Tensor) -> Tensor:
        assert x.shape[-1] == 3
        return super().forward(x.permute(0, 3, 1, 2))


def test_the_layout_of_the_module_s_inputs_is_found() -> None:
    assert check(ported("images"), ChannelsLast()).equal is True
    assert [fault.keras for fault in check(ported("images"), ChannelsLast(eps=1e-5)).faults] == ["bn"]


# -- what stays as it was ----------------------------------------------------------------------------


@pytest.mark.parametrize("train", [False, True], ids=["inference", "training"])
@pytest.mark.parametrize("weights", ["transfer", "given"])
def test_models_and_generators_are_as_they_were(weights: Any, train: bool) -> None:
    module = filled("images").train()
    module.head.weight.requires_grad_(False)
    module.bn.eval()
    before = copy.deepcopy(module.state_dict())
    modes = {name: part.training for name, part in module.named_modules()}
    keras_before = [weight.copy() for weight in live("images").get_weights()]
    torch.manual_seed(12)
    np.random.seed(12)
    random.seed(12)
    states = torch.random.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()
    found = check(ported("images"), module, weights=weights, train=train)
    assert found.equal is not None
    assert torch.equal(torch.random.get_rng_state(), states[0])
    assert np.random.get_state()[1].tolist() == states[1] and random.getstate() == states[2]
    assert {name: part.training for name, part in module.named_modules()} == modes
    assert module.state_dict().keys() == before.keys()
    assert all(torch.equal(held, before[name]) for name, held in module.state_dict().items())
    assert all(held.grad is None for held in module.parameters())
    assert not module.head.weight.requires_grad and module.conv.weight.requires_grad
    assert all(not part._forward_hooks and not part._forward_pre_hooks for part in module.modules())
    assert module.head.weight.dtype == torch.float32
    for weight, held in zip(live("images").get_weights(), keras_before, strict=True):
        assert np.array_equal(weight, held)
    assert torch.get_default_dtype() == torch.float32


def test_a_module_in_training_mode_is_compared_in_eval_mode() -> None:
    found = check(ported("images"), Images().train())
    assert found.equal is True
    assert found.notes == ["The module was in training mode; it is compared in eval mode."]
    assert check(ported("images"), Images()).notes == []


def test_a_check_says_the_same_each_time() -> None:
    one, other = (check(ported("images"), Images(eps=1e-5, slope=0.1)) for _ in range(2))
    assert one.to_json() == other.to_json()


# -- weights and pairs -------------------------------------------------------------------------------


def test_given_weights_are_those_of_the_module() -> None:
    assert check(ported("images"), filled("images"), weights="given").equal is True
    found = check(ported("images"), Images(), weights="given")
    assert found.equal is False
    assert {fault.keras for fault in found.faults} >= {"conv", "wide", "head"}
    assert found.weights.carried == () and found.weights.left_over == ()


def test_carried_weights_are_named_with_their_places() -> None:
    carried = check(ported("images"), Images()).weights
    assert "conv/kernel -> conv.weight" in carried.carried
    assert "bn/moving_variance -> bn.running_var" in carried.carried
    assert len(carried.carried) == 9 and carried.left_over == () and carried.ambiguous == ()


def test_weights_that_have_no_place_are_left_over() -> None:
    module = Images(bias=False)
    module.spare = nn.Linear(2, 3)
    carried = check(ported("images"), module).weights
    assert carried.left_over == ("wide/bias: wide has no bias", "torch's spare.weight", "torch's spare.bias")


@pytest.mark.parametrize(
    ("pairs", "says"),
    [
        (
            {"nowhere": "conv"},
            "pairs: the Keras model has no layer 'nowhere' with weights; it has bn, conv, head, wide",
        ),
        ({"relu": "conv"}, "pairs: the Keras model has no layer 'relu' with weights"),
        ({"conv": "nowhere"}, "pairs: 'conv': the torch module has no part 'nowhere'; it has bn, conv, drop"),
        ({"*": "x.*"}, "pairs: 'conv': the torch module has no part 'x.conv'"),
    ],
)
def test_pairs_that_name_nothing_are_refused(pairs: dict[str, str], says: str) -> None:
    with pytest.raises(Refused, match=re.escape(says)):
        check(ported("images"), Images(), pairs=pairs)


@pytest.mark.parametrize("pairs", [{"conv": "conv"}, {"*": "*"}, {"conv": "conv", "wid*": "wid*", "h*d": "h*d"}],
                         ids=["one", "all", "patterns"])  # fmt: skip
def test_pairs_that_are_right_change_nothing(pairs: dict[str, str]) -> None:
    assert check(ported("images"), Images(), pairs=pairs).equal is True


def twins() -> keras.Model:
    """Two layers of one shape on one input, behind which nothing but a sum: either may be either."""
    inputs = layers.Input((6,))
    x, y = layers.Dense(4, name="one")(inputs), layers.Dense(4, name="other")(inputs)
    return keras.Model(inputs, layers.Dense(3, name="end")(layers.Concatenate(name="both")([x, y])), name="twins")


class Twins(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c = nn.Linear(6, 4), nn.Linear(6, 4), nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        second, first = self.b(x), self.a(x)
        return self.c(torch.cat([first, second], -1))


def test_pairs_decide_and_may_be_wrong() -> None:
    keras.utils.clear_session()
    model: Ported = verified(randomised(twins()))
    right = check(model, Twins())
    assert right.equal is True
    assert {"one/kernel -> a.weight", "other/kernel -> b.weight"} <= set(right.weights.carried)
    wrong = check(model, Twins(), pairs={"one": "b", "other": "a"})
    assert {"one/kernel -> b.weight", "other/kernel -> a.weight"} <= set(wrong.weights.carried)
    assert wrong.equal is False


def test_what_is_computed_otherwise_with_the_same_numbers_is_equal() -> None:
    """A bias added by itself, a sum of a stack, a product for Dense, softmax by its logarithm."""

    class Otherwise(Images):
        def rest(self, x: Tensor) -> Tensor:
            y = F.elu(F.conv2d(F.pad(x, (1, 1, 1, 1)), self.wide.weight) + self.wide.bias[:, None, None])
            x = F.leaky_relu(self.pool(torch.stack([x, y]).sum(0)), 0.3)
            x = x.permute(0, 2, 3, 1).reshape(len(x), -1)
            x = x @ self.head.weight.T + self.head.bias
            return (x - x.logsumexp(-1, keepdim=True)).exp()

    module = Otherwise()
    module.load_state_dict(filled("images").state_dict())
    found = check(ported("images"), module, weights="given")
    assert found.equal is True, str(found)
