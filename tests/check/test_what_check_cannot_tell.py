"""Modules of which a check can say nothing, or not everything: one sentence, and no wrong verdict."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import torch
from by_hand import Images, ported, randomised, verified
from keras import layers
from torch import Tensor, nn

from equivalence import Refused, check


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


class ReturnsMore(Images):
    """What Keras returns, then more."""

    def forward(self, x: Tensor) -> Any:
        made = super().forward(x)
        return (made, made.argmax(1), x.mean())[: self.count]

    count = 2


@pytest.mark.parametrize(("count", "says"), [(2, "the last one is"), (3, "the last 2 are")])
def test_what_is_returned_beside_is_said(count: int, says: str) -> None:
    module = ReturnsMore()
    module.count = count
    found = check(ported("images"), module)
    assert found.equal is True
    note = f"The module returns {count} tensors, and the Keras model 1: {says} held against nothing."
    assert found.notes == [note]
    assert note.split()[-1] in str(found)


class Saturated(nn.Module):
    def __init__(self, forgotten: bool) -> None:
        super().__init__()
        self.hidden, self.head, self.forgotten = nn.Linear(4, 6), nn.Linear(6, 3), forgotten

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.hidden(x)
        return torch.softmax(self.head(hidden if self.forgotten else hidden.relu()), -1)


@pytest.mark.parametrize("forgotten", [False, True])
def test_outputs_that_hide_what_comes_before(forgotten: bool) -> None:
    """A softmax of numbers that lie far apart is 1 and 0, whatever its layers are."""
    hidden, head = layers.Dense(6, activation="relu"), layers.Dense(3, activation="softmax")
    model = keras.Sequential([keras.Input((4,)), hidden, head])
    rng = np.random.default_rng(0)
    hidden.set_weights([rng.uniform(-1, 1, (4, 6)), np.zeros(6)])
    head.set_weights([rng.uniform(-1, 1, (6, 3)), np.array([1e5, 0, 0])])
    found = check(model, Saturated(forgotten))
    assert found.equal is (None if forgotten else True)
    assert ("all 0, 1 or -1" in found.because) is forgotten
