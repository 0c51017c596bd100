"""Arguments of recorded operations by name, however they were called, and calls with others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from equivalence.torch_side.edited_run import called
from equivalence.torch_side.operation_arguments import called_with, named
from equivalence.torch_side.run_tape import Operation, Seen, Tape, record
from equivalence.torch_side.stretch import plain_value


class Lambda(nn.Module):
    """Runs a function."""

    def __init__(self, run: Callable[..., Any]) -> None:
        super().__init__()
        self.run = run

    def forward(self, *inputs: Tensor) -> Any:
        return self.run(*inputs)


IMAGE, SEQUENCE, TABLE = (2, 3, 8, 7), (2, 5, 3), (2, 3)
KERNEL = torch.randn(4, 3, 3, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
SCALE = torch.tensor([1.5, -0.5, 2.0], dtype=torch.float64)
MEAN, VAR = torch.tensor([0.1, 0.2, 0.3]).double(), torch.tensor([1.1, 1.2, 1.3]).double()


def last(run: Callable[..., Any], shape: tuple[int, ...]) -> tuple[Tape, Operation]:
    x = torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(4))
    tape = record(Lambda(run), [x])
    assert tape.error is None, tape.error
    return tape, tape.operations[-1]


def plain(arguments: dict[str, Any]) -> dict[str, Any]:
    """Those that are no tensors."""
    return {name: value for name, value in arguments.items() if not isinstance(value, Seen)}


# Several ways to call the same: each row's arguments must be the same, under the same names.
WAYS: list[tuple[str, tuple[int, ...], list[Callable[[Tensor], Any]], dict[str, Any]]] = [
    ("permute", SEQUENCE,
     [lambda x: x.permute(0, 2, 1), lambda x: x.permute((0, 2, 1)), lambda x: torch.permute(x, (0, 2, 1)),
      lambda x: x.permute(dims=(0, 2, 1))], {"dims": [0, 2, 1]}),
    ("transpose", SEQUENCE,
     [lambda x: x.transpose(1, 2), lambda x: torch.transpose(x, 1, 2), lambda x: x.transpose(dim0=1, dim1=2)],
     {"dim0": 1, "dim1": 2}),
    ("reshape", SEQUENCE,
     [lambda x: x.reshape(2, 15), lambda x: x.reshape((2, 15)), lambda x: torch.reshape(x, (2, 15))],
     {"shape": [2, 15]}),
    ("view", SEQUENCE, [lambda x: x.view(2, -1), lambda x: x.view((2, -1))], {"size": [2, -1]}),
    ("flatten", IMAGE,
     [lambda x: x.flatten(1), lambda x: torch.flatten(x, 1), lambda x: x.flatten(start_dim=1),
      lambda x: torch.flatten(x, start_dim=1, end_dim=-1), nn.Flatten()], {"start_dim": 1, "end_dim": -1}),
    ("mean", IMAGE,
     [lambda x: x.mean((2, 3)), lambda x: x.mean(dim=(2, 3)), lambda x: torch.mean(x, (2, 3), False)],
     {"dim": [2, 3], "keepdim": False}),
    ("softmax", SEQUENCE,
     [lambda x: F.softmax(x, 1), lambda x: F.softmax(x, dim=1), nn.Softmax(1)], {"dim": 1}),
    ("max_pool2d", IMAGE,
     [lambda x: F.max_pool2d(x, 2, 1), lambda x: F.max_pool2d(x, kernel_size=2, stride=1), nn.MaxPool2d(2, 1)],
     {"kernel_size": 2, "stride": 1, "padding": 0, "dilation": 1, "ceil_mode": False}),
    ("avg_pool2d", IMAGE,
     [lambda x: F.avg_pool2d(x, 2, 2, 1, False, False), lambda x: F.avg_pool2d(x, 2, 2, 1, count_include_pad=False),
      nn.AvgPool2d(2, padding=1, count_include_pad=False)],
     {"kernel_size": 2, "stride": 2, "padding": 1, "ceil_mode": False, "count_include_pad": False}),
    ("conv2d", IMAGE,
     [lambda x: F.conv2d(x, KERNEL, None, 2, 1), lambda x: F.conv2d(x, KERNEL, stride=2, padding=1),
      lambda x: torch.conv2d(x, KERNEL, stride=2, padding=1)],
     {"bias": None, "stride": 2, "padding": 1, "dilation": 1, "groups": 1}),
    ("conv2d", IMAGE,
     [lambda x: F.conv2d(x, KERNEL, padding="same"), lambda x: F.conv2d(x, KERNEL, None, 1, "same")],
     {"bias": None, "stride": 1, "padding": "same", "dilation": 1, "groups": 1}),
    ("batch_norm", IMAGE,
     [lambda x: F.batch_norm(x, MEAN, VAR, eps=0.01),
      lambda x: F.batch_norm(x, MEAN, VAR, None, None, False, 0.1, 0.01)],
     {"weight": None, "bias": None, "training": False, "momentum": 0.1, "eps": 0.01}),
    ("layer_norm", TABLE,
     [lambda x: F.layer_norm(x, (3,), SCALE, eps=0.01), lambda x: F.layer_norm(x, [3], weight=SCALE, eps=0.01)],
     {"bias": None, "eps": 0.01}),
    ("pad", IMAGE,
     [lambda x: F.pad(x, (1, 2, 0, 1)), lambda x: F.pad(x, pad=(1, 2, 0, 1), mode="constant", value=None)],
     {"pad": (1, 2, 0, 1), "mode": "constant", "value": None}),
    ("leaky_relu", TABLE,
     [lambda x: F.leaky_relu(x, 0.3), lambda x: F.leaky_relu(x, negative_slope=0.3), nn.LeakyReLU(0.3)],
     {"negative_slope": 0.3}),
    ("gelu", TABLE,
     [lambda x: F.gelu(x), lambda x: F.gelu(x, approximate="none"), nn.GELU()], {"approximate": "none"}),
    ("cat", TABLE,
     [lambda x: torch.cat([x, x], 1), lambda x: torch.cat((x, x), dim=1), lambda x: torch.cat(tensors=[x, x], dim=1)],
     {"dim": 1}),
    ("add", TABLE, [lambda x: x + 2, lambda x: torch.add(x, 2), lambda x: x.add(2)], {"other": 2, "alpha": 1}),
    ("clamp", TABLE,
     [lambda x: x.clamp(0, 6), lambda x: torch.clamp(x, min=0, max=6), lambda x: x.clamp(min=0, max=6)],
     {"min": 0, "max": 6}),
    ("interpolate", IMAGE,
     [lambda x: F.interpolate(x, None, 2, "bilinear", True), nn.Upsample(None, 2, "bilinear", True)],
     {"size": None, "mode": "bilinear", "align_corners": True}),
    ("chunk", TABLE, [lambda x: x.chunk(3, 1), lambda x: torch.chunk(x, 3, dim=1)], {"chunks": 3, "dim": 1}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "shape", "way", "expected"),
    [
        pytest.param(name, shape, way, expected, id=f"{name}-{index}")
        for name, shape, ways, expected in WAYS
        for index, way in enumerate(ways)
    ],
)
def test_names_are_the_same_however_it_is_called(
    name: str, shape: tuple[int, ...], way: Callable[[Tensor], Any], expected: dict[str, Any]
) -> None:
    _, operation = last(way, shape)
    assert operation.name == name
    found = plain(named(operation))
    assert {key: plain_value(found[key]) for key in expected} == {k: plain_value(v) for k, v in expected.items()}


@pytest.mark.parametrize("rows", [row for row in WAYS if row[0] not in ("interpolate",)], ids=lambda row: row[0])
def test_all_ways_have_the_same_names(rows: tuple[Any, ...]) -> None:
    _, shape, ways, _ = rows
    assert len({tuple(sorted(named(last(way, shape)[1]))) for way in ways}) == 1


def test_what_only_chooses_how_is_left_out() -> None:
    _, operation = last(lambda x: F.relu(x, inplace=False), TABLE)
    assert set(named(operation)) == {"input"}


@pytest.mark.parametrize(
    ("run", "shape", "changes", "becomes"),
    [
        pytest.param(lambda x: F.leaky_relu(x, 0.3), TABLE, {"negative_slope": 0.1},
                     lambda x: F.leaky_relu(x, 0.1), id="positional"),
        pytest.param(lambda x: F.leaky_relu(x, negative_slope=0.3), TABLE, {"negative_slope": 0.1},
                     lambda x: F.leaky_relu(x, 0.1), id="by name"),
        pytest.param(lambda x: F.leaky_relu(x), TABLE, {"negative_slope": 0.1},
                     lambda x: F.leaky_relu(x, 0.1), id="left out"),
        pytest.param(lambda x: x.permute(0, 2, 1), SEQUENCE, {"dims": [2, 0, 1]},
                     lambda x: x.permute(2, 0, 1), id="dims one by one"),
        pytest.param(lambda x: x.reshape(2, 15), SEQUENCE, {"shape": [6, 5]},
                     lambda x: x.reshape(6, 5), id="shape one by one"),
        pytest.param(lambda x: x.mean(1), SEQUENCE, {"dim": [2]}, lambda x: x.mean(2), id="dim"),
        pytest.param(lambda x: x + 2, TABLE, {"other": 5}, lambda x: x + 5, id="operator"),
        pytest.param(lambda x: 2 - x, TABLE, {"other": 5}, lambda x: 5 - x, id="operator from the right"),
        pytest.param(lambda x: x[:, 1], TABLE, {"1": (slice(None), 2)}, lambda x: x[:, 2], id="index"),
        pytest.param(lambda x: F.max_pool2d(x, 2), IMAGE, {"ceil_mode": True, "padding": 1},
                     lambda x: F.max_pool2d(x, 2, padding=1, ceil_mode=True), id="two at once"),
    ],
)  # fmt: skip
def test_a_call_with_others_gives_what_they_give(
    run: Callable[[Tensor], Tensor],
    shape: tuple[int, ...],
    changes: dict[str, Any],
    becomes: Callable[[Tensor], Tensor],
) -> None:
    tape, operation = last(run, shape)
    args, kwargs = called_with(operation, changes)
    found = called(operation, args, kwargs, lambda number: tape.values[number])[-1]
    assert torch.equal(found, becomes(tape.values[tape.inputs[0]]))
    assert not torch.equal(found, tape.values[tape.outputs[0]]) or found.shape != tape.values[tape.outputs[0]].shape


def test_a_call_with_nothing_changed_is_the_call() -> None:
    for _, shape, ways, _ in WAYS:
        for way in ways:
            tape, operation = last(way, shape)
            again = called(operation, *called_with(operation, {}), lambda number, tape=tape: tape.values[number])
            assert all(torch.equal(a, tape.values[b]) for a, b in zip(again, operation.outputs, strict=True))


def test_an_operation_that_writes_gives_what_it_wrote() -> None:
    def run(x: Tensor) -> Tensor:
        x[:, 0] = 3.0
        return x

    tape, operation = last(run, TABLE)
    before = tape.values[tape.inputs[0]].clone()
    made = called(operation, *called_with(operation, {}), lambda number: tape.values[number])
    assert torch.equal(made[0], tape.values[tape.outputs[0]])
    assert torch.equal(tape.values[tape.inputs[0]], before)
