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


# -- modules of which nothing can be said ------------------------------------------------------------


class Fails(Images):
    def forward(self, x: Tensor) -> Tensor:
        raise RuntimeError("cannot\nrun")


class FailsBehind(Images):
    def rest(self, x: Tensor) -> Tensor:
        return self.wide(x) @ x


class TakesTwo(Images):
    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return super().forward(x)


class TakesNone(Images):
    def forward(self) -> Tensor:
        return self.head.weight


class ReturnsNothing(Images):
    def forward(self, x: Tensor) -> None:
        super().forward(x)


class ReturnsAConstant(Images):
    def forward(self, x: Tensor) -> Tensor:
        return torch.zeros(len(x), 5)


class ReturnsNumPy(Images):
    def forward(self, x: Tensor) -> Any:
        return super().forward(x).detach().numpy()


class GoesThroughNumPy(Images):
    def rest(self, x: Tensor) -> Tensor:
        return super().rest(torch.from_numpy(np.array(x.detach())))


class Draws(Images):
    """Right by chance, or not."""

    def forward(self, x: Tensor) -> Tensor:
        made = super().forward(x)
        return torch.where(torch.rand(()) < self.chance, made, made * 2)

    chance = 0.8


@pytest.mark.parametrize(
    ("module", "says"),
    [
        (Fails, "the module fails: RuntimeError: cannot run"),
        (FailsBehind, "the module fails: RuntimeError: "),
        (TakesTwo, "the module fails: TypeError: .*missing 1 required positional argument: 'y'"),
        (TakesNone, "the module fails: TypeError: .*takes 1 positional argument but 2 were given"),
        (ReturnsNothing, "what the module returns is not computed from its inputs"),
        (ReturnsAConstant, "what the module returns is not computed from its inputs"),
        (ReturnsNumPy, "what the module returns is not computed from its inputs"),
        (GoesThroughNumPy, "what the module returns is not computed from its inputs"),
    ],
)
def test_what_cannot_be_told_is_said_in_one_sentence(module: type[Images], says: str) -> None:
    found = check(ported("images"), module())
    assert found.equal is None
    assert found.faults == []
    assert re.match(says, found.because), found.because
    assert "\n" not in found.because


def test_faults_before_a_failure_are_told_with_it() -> None:
    class Both(FailsBehind):
        pass

    found = check(ported("images"), Both(eps=1e-5))
    assert found.equal is False
    assert [fault.keras for fault in found.faults] == ["bn"]
    assert found.because.startswith("behind the faults, the module fails: RuntimeError")


def test_a_module_that_is_random_is_never_called_equal() -> None:
    answers = [check(ported("images"), Draws(), seed=seed).equal for seed in range(3)]
    assert True not in answers


class NaNInside(Images):
    def rest(self, x: Tensor) -> Tensor:
        return super().rest(x / 0 * 0)


class NaNAtTheEnd(Images):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) * float("nan")


@pytest.mark.parametrize(("module", "layer"), [(NaNInside, "wide"), (NaNAtTheEnd, "head")])
def test_nan_is_a_fault_where_it_begins(module: type[Images], layer: str) -> None:
    found = check(ported("images"), module())
    assert found.equal is False
    assert [fault.keras for fault in found.faults] == [layer]
    assert found.faults[0].max_abs != found.faults[0].max_abs
    assert '"max_abs": "nan"' in found.to_text() or "NaN" not in found.to_text()


def test_nan_of_keras_s_own_is_nothing_to_hold_against() -> None:
    keras.utils.clear_session()
    inputs = layers.Input((4,))
    model = randomised(keras.Model(inputs, layers.Dense(3, name="sqrt", activation=None)(inputs)))
    model.get_layer("sqrt").bias.assign([1.0, float("nan"), 2.0])
    found = check(verified(model), nn.Linear(4, 3))
    assert found.equal is None
    assert found.because == "the Keras model itself gives NaN on these inputs, first in its layer 'sqrt'"


def lazy() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.LazyLinear(5))


def scripted() -> nn.Module:
    return nn.Sequential(nn.Flatten(), torch.jit.trace(nn.Linear(462, 5), torch.zeros(2, 462)))


class NoCopies(Images):
    def __deepcopy__(self, memo: Any) -> Any:
        raise RuntimeError("holds a lock")


@pytest.mark.filterwarnings("ignore:`torch.jit")
@pytest.mark.parametrize(
    ("made", "says"),
    [
        (lazy, "the module's 1.weight has no shape yet: call the module once before"),
        (scripted, "the module is TorchScript, whose operations cannot be followed"),
        (lambda: Images().to("meta"), "the module's conv.weight is on the meta device"),
        (NoCopies, "the module cannot be copied, and it is not changed itself: RuntimeError: holds a lock"),
    ],
    ids=["lazy", "TorchScript", "meta", "no copies"],
)
def test_modules_that_cannot_be_followed_are_refused(made: Callable[[], nn.Module], says: str) -> None:
    with pytest.raises(Refused, match=re.escape(says)):
        check(ported("images"), made())


def test_a_compiled_module_is_the_module_it_was_made_of() -> None:
    found = check(ported("images"), torch.compile(Images(slope=0.1)))
    assert [fault.keras for fault in found.faults] == ["leaky"]
    assert found.faults[0].torch is not None and found.faults[0].torch.file.endswith("by_hand.py")


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64], ids=str)
def test_everything_runs_in_float64_whatever_the_module_is_in(dtype: torch.dtype) -> None:
    found = check(ported("images"), Images(slope=0.1).to(dtype))
    assert [fault.keras for fault in found.faults] == ["leaky"]


class Casts(Images):
    """Casts to float32 in between, as code for mixed precision does."""

    def rest(self, x: Tensor) -> Tensor:
        return super().rest(x.float().to(torch.float32))


def test_casts_to_float32_are_no_fault() -> None:
    assert check(ported("images"), Casts()).equal is True


def test_another_network_is_different_or_cannot_be_aligned() -> None:
    class Another(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.only = nn.Linear(462, 5)

        def forward(self, x: Tensor) -> Tensor:
            return torch.sigmoid(self.only(x.flatten(1)))

    found = check(ported("images"), Another())
    assert found.equal is not True
    assert found.because


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
