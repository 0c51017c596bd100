"""Two runs beside each other: in what the one is not the other, and what it gives with some of that as in the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from equivalence.diagnosis.aligning import aligned
from equivalence.diagnosis.minimal_edits import minimal, suffices
from equivalence.diagnosis.operation_kinds import keeps_numbers, kind
from equivalence.torch_side.arranged import Numbered, arrangement
from equivalence.torch_side.edited_run import rerun, run_edited
from equivalence.torch_side.run_tape import Operation, Tape, record
from equivalence.torch_side.stretch import Edit, Stretch, plain_value


class Side(nn.Module):
    """One side: a function of it and of its inputs."""

    def __init__(self, run: Callable[..., Any], seed: int = 5) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.run = run
        self.kernel = nn.Parameter(torch.randn(4, 3, 2, 3))
        self.scale = nn.Parameter(torch.rand(3) + 0.5)
        self.shift = nn.Parameter(torch.randn(3))
        self.register_buffer("mean", torch.randn(3))
        self.register_buffer("var", torch.rand(3) + 0.5)

    def forward(self, *inputs: Tensor) -> Any:
        return self.run(self, *inputs)


Run = Callable[..., Any]


def tapes(ours: Run, theirs: Run, last: bool, other_weights: bool = False) -> tuple[Tape, Tape]:
    """Both sides on the same numbers; the second on images whose channels are last, where `last` is set."""
    generator = torch.Generator().manual_seed(7)
    inputs = [torch.randn((2, 3, 8, 7), dtype=torch.float64, generator=generator) for _ in range(2)]
    given = [(x.movedim(1, -1) if last else x).clone() for x in inputs]
    made = [record(Side(ours).double(), inputs), record(Side(theirs, 6 if other_weights else 5).double(), given)]
    for tape in made:
        if tape.error is not None:
            raise tape.error
    return made[0], made[1]


def _like(one: Operation, other: Operation) -> float:
    return -1000.0 if kind(one.name) != kind(other.name) else 2.0 if one.name == other.name else 1.0


def stretch_of(ours: Run, theirs: Run, last: bool = False, other_weights: bool = False) -> tuple[Stretch, int]:
    """Both sides whole, with the number of what the first returns."""
    one, other = tapes(ours, theirs, last, other_weights)
    held = Numbered({number: value for number, value in other.values.items() if number not in other.held})
    wanted = Numbered({number: value for number, value in one.values.items() if number not in one.held})
    matches = {
        number: [(match.number, match.arranged) for match in found]
        for number in wanted.tensors
        if (found := held.holding(wanted.of(number)))
    }
    steps = aligned(one.operations, other.operations, _like)
    return Stretch(one, other, [(s.ours, s.theirs) for s in steps], matches, keeps_numbers), one.outputs[0]


def norm(eps: float) -> Run:
    return lambda m, x, y: F.batch_norm(x, m.mean, m.var, m.scale, m.shift, eps=eps)


ONE_MISTAKE: list[Any] = [
    pytest.param(norm(0.001), norm(1e-5), ("argument", "eps"), id="an argument"),
    pytest.param(
        lambda m, x, y: F.conv2d(x, m.kernel, stride=2, padding=1), lambda m, x, y: F.conv2d(x, m.kernel, stride=2),
        ("argument", "padding"), id="an argument that changes the shape"),
    pytest.param(
        lambda m, x, y: F.conv2d(x, m.kernel, padding=1), lambda m, x, y: F.conv2d(x, m.kernel.flip(1), padding=1),
        ("argument", "weight"), id="a weight"),
    pytest.param(
        lambda m, x, y: F.relu(x) + y, lambda m, x, y: F.relu(x) + x, ("input", "other"), id="another tensor"),
    pytest.param(
        lambda m, x, y: torch.cat([x, y.exp()], 1), lambda m, x, y: torch.cat([y.exp(), x], 1), ("input", "tensors"),
        id="another order of tensors"),
    pytest.param(lambda m, x, y: F.relu(x), lambda m, x, y: F.elu(x), ("operation", ""), id="another function"),
    pytest.param(
        lambda m, x, y: F.max_pool2d(F.relu(x - 1), 2), lambda m, x, y: F.max_pool2d(x - 1, 2), ("missing", ""),
        id="one missing"),
    pytest.param(
        lambda m, x, y: F.max_pool2d(x - 1, 2), lambda m, x, y: F.max_pool2d(F.relu(x - 1), 2), ("extra", ""),
        id="one too many"),
]  # fmt: skip


@pytest.mark.parametrize(("ours", "theirs", "edit"), ONE_MISTAKE)
def test_one_edit_is_enough_and_is_found(ours: Run, theirs: Run, edit: tuple[str, str]) -> None:
    stretch, wanted = stretch_of(ours, theirs)
    found = minimal(stretch, wanted)
    assert found is not None
    assert [(one.kind, one.name) for one in found] == [edit]
    expected = stretch.ours.values[wanted]
    made = run_edited(stretch, found, wanted)
    assert made is not None and torch.allclose(made, expected, rtol=0, atol=1e-12)
    without = run_edited(stretch, (), wanted)
    assert without is None or without.shape != expected.shape or not torch.allclose(without, expected, atol=1e-6)


def mean_of(dims: tuple[int, ...]) -> Run:
    return lambda m, x, y: F.relu(x).mean(dims)


@pytest.mark.parametrize(
    ("ours", "theirs", "edit"),
    [
        pytest.param(mean_of((2, 3)), mean_of((1, 3)), ("argument", "dim"), id="axes"),
        pytest.param(
            lambda m, x, y: torch.cat([F.relu(x), y], 1), lambda m, x, y: torch.cat([F.relu(x), y], 1),
            ("argument", "dim"), id="axis of a concatenation"),
        pytest.param(
            lambda m, x, y: F.softmax(x * 2, 1), lambda m, x, y: F.softmax(x * 2, 1), ("argument", "dim"),
            id="softmax"),
        pytest.param(
            lambda m, x, y: F.softmax(x * 2, 1) + y, lambda m, x, y: F.softmax(x * 2, -1) + x, ("input", "other"),
            id="another tensor"),
        pytest.param(
            lambda m, x, y: F.relu(x - 1).mean((2, 3)), lambda m, x, y: (x - 1).mean((1, 2)), ("missing", ""),
            id="one missing"),
    ],
)  # fmt: skip
def test_axes_are_counted_where_the_tensors_lie(ours: Run, theirs: Run, edit: tuple[str, str]) -> None:
    """The second side has its channels last, so an axis of the first is another number there."""
    stretch, wanted = stretch_of(ours, theirs, last=True)
    made = [one for one in stretch.edits() if (one.kind, one.name) == edit]
    assert len(made) == 1
    assert suffices(stretch, made, wanted)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        pytest.param(norm(0.001), norm(0.001), id="the same"),
        pytest.param(lambda m, x, y: x + y, lambda m, x, y: y + x, id="a sum in the other order"),
        pytest.param(lambda m, x, y: F.relu(x), lambda m, x, y: x.relu_(), id="in place"),
        pytest.param(
            lambda m, x, y: F.max_pool2d(x, 2, 1), lambda m, x, y: F.max_pool2d(x, (2, 2), (1, 1)),
            id="a pair of one number"),
        pytest.param(
            lambda m, x, y: F.relu(x).flatten(1), lambda m, x, y: F.relu(x.contiguous()).reshape(2, -1),
            id="moved about"),
        pytest.param(
            lambda m, x, y: F.relu(x), lambda m, x, y: F.dropout(F.relu(x), 0.4, training=False), id="dropout at rest"),
    ],
)  # fmt: skip
def test_what_makes_no_difference_is_no_edit_that_is_needed(ours: Run, theirs: Run) -> None:
    stretch, wanted = stretch_of(ours, theirs)
    assert suffices(stretch, (), wanted)
    assert [edit for edit in stretch.edits() if edit.kind in ("input", "missing", "extra", "argument")] == []


def test_several_things_are_the_fewest() -> None:
    def ours(m: Any, x: Tensor, y: Tensor) -> Tensor:
        return F.leaky_relu(F.batch_norm(x, m.mean, m.var, m.scale, m.shift, eps=0.001), 0.3) + y

    def theirs(m: Any, x: Tensor, y: Tensor) -> Tensor:
        return F.leaky_relu(F.batch_norm(x, m.mean, m.var, m.scale, m.shift, momentum=0.3, eps=1e-5), 0.01) + y

    stretch, wanted = stretch_of(ours, theirs)
    found = minimal(stretch, wanted)
    assert found is not None
    assert {edit.name for edit in stretch.edits()} == {"momentum", "eps", "negative_slope"}
    assert {edit.name for edit in found} == {"eps", "negative_slope"}


def test_where_nothing_helps_nothing_is_told() -> None:
    """Two operations that no single change makes the one of the other side."""
    stretch, wanted = stretch_of(lambda m, x, y: x.sort(-1).values.cumsum(-1), lambda m, x, y: x.logcumsumexp(2) * 3)
    found = minimal(stretch, wanted)
    assert found is None or suffices(stretch, found, wanted)


def test_what_does_not_run_gives_nothing() -> None:
    stretch, wanted = stretch_of(norm(0.001), norm(1e-5))
    stretch.steps[0][1].function = torch.matmul  # type: ignore[union-attr]
    assert run_edited(stretch, (), wanted) is None


def test_an_edit_leaves_both_tapes_as_they_are() -> None:
    stretch, wanted = stretch_of(lambda m, x, y: F.relu(x - 1), lambda m, x, y: (x - 1).abs_())
    before = [{n: v.clone() for n, v in tape.values.items()} for tape in (stretch.ours, stretch.theirs)]
    state = torch.random.get_rng_state()
    run_edited(stretch, [Edit("operation", 1)], wanted)
    run_edited(stretch, (), wanted)
    for tape, held in zip((stretch.ours, stretch.theirs), before, strict=True):
        assert all(torch.equal(tape.values[number], value) for number, value in held.items())
    assert torch.equal(torch.random.get_rng_state(), state)


def test_rerun_goes_on_from_other_tensors() -> None:
    tape = record(Side(lambda m, x: F.relu(x - 1).exp() * 2).double(), [torch.randn(2, 3, dtype=torch.float64)])
    given = torch.randn(2, 3, dtype=torch.float64)
    first = tape.operations[0].outputs[0]
    made = rerun(tape, tape.operations[1:], tape.outputs[0], {first: given})
    assert made is not None and torch.equal(made, F.relu(given).exp() * 2)
    assert rerun(tape, tape.operations[1:], tape.outputs[0], {first: torch.zeros(3, 3, 3)[0, 0, 0:0]}) is not None
    assert rerun(tape, tape.operations[:1], tape.outputs[0], {}) is None


@pytest.mark.parametrize(
    ("value", "plain"),
    [((2, 2), 2), ([1, 1, 1], 1), ((1, 2), (1, 2)), ([[0, 0], [0, 0]], 0), ((), ()), ("same", "same"), (None, None)],
)
def test_values_that_say_the_same(value: Any, plain: Any) -> None:
    assert plain_value(value) == plain


def test_weights_that_are_others_are_edits() -> None:
    stretch, wanted = stretch_of(norm(0.001), norm(0.001), other_weights=True)
    names = {edit.name for edit in stretch.edits() if edit.kind == "argument"}
    assert names == {"running_mean", "running_var", "weight", "bias"}
    assert suffices(stretch, stretch.edits(), wanted)
    made = run_edited(stretch, stretch.edits(), wanted)
    assert made is not None and arrangement(made, stretch.ours.values[wanted]) is not None
