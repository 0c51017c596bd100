"""Written optimizers are torch optimizers: state_dict, schedulers, GradScaler, closures, groups and copies work."""

from __future__ import annotations

import copy
import io
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from equivalence import catalogue
from equivalence.emit.written_text import emit_written
from equivalence.schema import Case, Entry
from equivalence.torch_side.oracle import TorchOracle
from equivalence.torch_side.written_object import Make, maker

SHAPES = [(3, 5), (7,), (2, 3, 4)]
WRITTEN = [
    pytest.param(entry, case, id=f"{entry.name}-{case.id}")
    for entry in catalogue.entries()
    if entry.kind == "optimizer" and not entry.no_counterpart and entry.name != "LossScaleOptimizer"
    for case in entry.cases
    if case.id in ("plain", "momentum", "accumulated", "amsgrad", "centered")
    if "class Keras" in emit_written(entry, case.config, TorchOracle()).shown  # torch's own are torch's to test
]
by_case = pytest.mark.parametrize(("entry", "case"), WRITTEN)


def make_of(entry: Entry, case: Case) -> Make:
    return maker(emit_written(entry, case.config, TorchOracle()))


def parameters() -> list[torch.nn.Parameter]:
    torch.manual_seed(7)
    return [torch.nn.Parameter(torch.randn(shape, dtype=torch.float64)) for shape in SHAPES]


def train(held: list[torch.nn.Parameter], steps: range, step: Callable[[], Any]) -> None:
    """The same gradients for the same numbers of steps, whoever trains."""
    for number in steps:
        random = torch.Generator().manual_seed(number)
        for each in held:
            each.grad = torch.randn(each.shape, dtype=torch.float64, generator=random)
        step()


def equal(one: list[torch.nn.Parameter], other: list[torch.nn.Parameter]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


@by_case
def test_the_state_goes_through_a_file_in_the_middle_of_a_training(entry: Entry, case: Case) -> None:
    make, whole, halves = make_of(entry, case), parameters(), parameters()
    optimizer = make(whole)
    train(whole, range(16), optimizer.step)
    first = make(halves)
    train(halves, range(7), first.step)
    file = io.BytesIO()
    torch.save(first.state_dict(), file)
    file.seek(0)
    second = make(halves)
    second.load_state_dict(torch.load(file, weights_only=True))
    train(halves, range(7, 16), second.step)
    assert equal(whole, halves)


@by_case
def test_a_copy_goes_on_as_the_optimizer_does(entry: Entry, case: Case) -> None:
    held = parameters()
    optimizer = make_of(entry, case)(held)
    train(held, range(5), optimizer.step)
    both = SimpleNamespace(held=held, optimizer=optimizer)
    other = copy.deepcopy(both)
    train(held, range(5, 9), optimizer.step)
    train(other.held, range(5, 9), other.optimizer.step)
    assert equal(held, other.held)


@by_case
def test_a_scheduler_sets_its_rate(entry: Entry, case: Case) -> None:
    make, by_scheduler, by_hand = make_of(entry, case), parameters(), parameters()
    scheduled, plain = make(by_scheduler), make(by_hand)
    first = plain.param_groups[0]["lr"]
    scheduler = torch.optim.lr_scheduler.LambdaLR(scheduled, lambda step: 0.5**step)
    for step in range(6):
        plain.param_groups[0]["lr"] = first * 0.5**step
        train(by_scheduler, range(step, step + 1), scheduled.step)
        train(by_hand, range(step, step + 1), plain.step)
        scheduler.step()
    assert equal(by_scheduler, by_hand)


@by_case
def test_a_scaler_leaves_out_the_step_that_overflows(entry: Entry, case: Case) -> None:
    make, scaled, plain = make_of(entry, case), parameters(), parameters()
    optimizer, other = make(scaled), make(plain)
    scaler = torch.amp.GradScaler("cpu", init_scale=8.0, growth_interval=3)

    def step() -> None:
        scale = scaler.scale(torch.ones(())).item()
        for each in scaled:
            assert each.grad is not None
            each.grad *= scale
        scaler.step(optimizer)
        scaler.update()

    for number in range(9):
        train(scaled, range(number, number + 1), step)
        train(plain, range(number, number + 1), other.step)
        if number == 4:
            train(scaled, range(99, 100), lambda: (scaled[0].grad.fill_(torch.inf), step()))  # type: ignore[union-attr]
    assert equal(scaled, plain)


@by_case
def test_a_closure_makes_the_gradients_and_its_loss_is_returned(entry: Entry, case: Case) -> None:
    make, by_closure, plain = make_of(entry, case), parameters(), parameters()
    optimizer, other = make(by_closure), make(plain)

    def loss_of(held: list[torch.nn.Parameter]) -> torch.Tensor:
        loss = torch.stack([each.sin().sum() for each in held]).sum()
        loss.backward()
        return loss

    for _ in range(4):
        optimizer.zero_grad()
        other.zero_grad()
        returned = optimizer.step(lambda: loss_of(by_closure))
        assert torch.equal(returned, loss_of(plain))
        other.step()
    assert equal(by_closure, plain)


@pytest.mark.parametrize(("entry", "case"), [each for each in WRITTEN if not each.id.endswith("-accumulated")])
def test_two_groups_have_each_its_rate(entry: Entry, case: Case) -> None:
    """A rate of 0 leaves a group alone, and the other where it would be without it; Ftrl divides by it."""
    make, grouped, alone = make_of(entry, case), parameters(), parameters()
    still = 1e-300 if entry.name == "Ftrl" else 0.0
    before = grouped[1].clone()
    optimizer = make([{"params": [grouped[0]]}, {"params": [grouped[1]], "lr": still}])
    other = make([alone[0]])
    train(grouped[:2], range(5), optimizer.step)
    train(alone[:1], range(5), other.step)
    assert torch.equal(grouped[0], alone[0])
    assert entry.name == "Ftrl" or torch.allclose(grouped[1], before, rtol=1e-12, atol=0)
