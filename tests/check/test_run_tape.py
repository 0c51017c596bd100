"""What the tape of a module says: every operation, its tensors as they were, whose it is and where it was called."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from equivalence.torch_side.run_tape import Operation, Tape, in_float64, record


class Lambda(nn.Module):
    """Runs a function."""

    def __init__(self, run: Callable[..., Any]) -> None:
        super().__init__()
        self.run = run

    def forward(self, *inputs: Tensor) -> Any:
        return self.run(*inputs)


def taped(run: Callable[..., Any], *shapes: tuple[int, ...], **options: Any) -> Tape:
    """The tape of a function on random numbers. Raises what the function raises."""
    generator = torch.Generator().manual_seed(3)
    inputs = [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes or [(2, 3)]]
    tape = record(Lambda(run), inputs, **options)
    if tape.error is not None:
        raise tape.error
    return tape


def names(tape: Tape) -> list[str]:
    return [operation.name for operation in tape.operations]


def swapped(x: Tensor) -> Tensor:
    x = x.clone()
    x[:, 0] = 7.0
    return x * 2


def zeros_beside(x: Tensor) -> Tensor:
    return torch.cat([x, torch.zeros(x.shape[0], 1)], dim=1)


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        pytest.param(lambda x: F.relu(x), ["relu"], id="functional"),
        pytest.param(lambda x: torch.tanh(x), ["tanh"], id="torch"),
        pytest.param(lambda x: x.sigmoid(), ["sigmoid"], id="method"),
        pytest.param(lambda x: x + 1, ["add"], id="operator"),
        pytest.param(lambda x: 1 - x, ["__rsub__"], id="operator from the right"),
        pytest.param(lambda x: x @ x.T, ["T", "matmul"], id="property and matmul"),
        pytest.param(lambda x: x.view(3, 2)[1:].flatten(), ["view", "__getitem__", "flatten"], id="views"),
        pytest.param(lambda x: torch.cat([x, x.permute(0, 1)], -1), ["permute", "cat"], id="list of tensors"),
        pytest.param(lambda x: x.chunk(3, dim=1), ["chunk"], id="several outputs"),
        pytest.param(swapped, ["clone", "__setitem__", "mul"], id="assignment"),
        pytest.param(lambda x: x.mul_(2).add_(1), ["mul_", "add_"], id="in place"),
        pytest.param(zeros_beside, ["zeros", "cat"], id="a new tensor"),
        pytest.param(lambda x: x * x.shape[0] + x.dim() + x.numel(), ["mul", "add", "add"], id="sizes are none"),
        pytest.param(lambda x: F.dropout(x, 0.5, training=False), ["dropout"], id="dropout"),
        pytest.param(
            lambda x: F.scaled_dot_product_attention(x, x, x),
            ["transpose", "matmul", "mul", "softmax", "matmul"],
            id="attention in steps",
        ),
    ],
)
def test_operations_in_the_order_in_which_they_run(run: Callable[..., Any], expected: list[str]) -> None:
    assert names(taped(run)) == expected


def test_each_tensor_is_followed_from_its_maker_to_its_users() -> None:
    tape = taped(lambda x, y: F.relu(x) + y * F.relu(x), (2, 3), (2, 3))
    one, other, product, total = tape.operations
    assert tape.inputs == [*one.seen(), product.seen()[0]]
    assert one.seen() == other.seen()
    assert product.seen() == [tape.inputs[1], other.outputs[0]]
    assert total.seen() == [one.outputs[0], product.outputs[0]]
    assert list(total.outputs) == tape.outputs
    assert tape.makers()[tape.outputs[0]] is total
    assert tape.users()[tape.inputs[0]] == [one, other]


def test_values_are_those_that_ran() -> None:
    tape = taped(lambda x: F.relu(x).sum(1))
    x = tape.values[tape.inputs[0]]
    relu, total = tape.operations
    assert torch.equal(tape.values[relu.outputs[0]], x.clamp(min=0))
    assert torch.equal(tape.values[total.outputs[0]], x.clamp(min=0).sum(1))


def add_one(x: Tensor) -> None:
    x.add_(1)


def augmented(x: Tensor) -> None:
    x += 1


def assigned(x: Tensor) -> None:
    x[:] = x + 1


def relu_in_place(x: Tensor) -> None:
    F.relu(x, inplace=True)


def relu_by_position(x: Tensor) -> None:
    F.relu(x, True)


@pytest.mark.parametrize(
    ("change", "becomes"),
    [
        (add_one, lambda x: x + 1),
        (augmented, lambda x: x + 1),
        (assigned, lambda x: x + 1),
        (relu_in_place, F.relu),
        (relu_by_position, F.relu),
    ],
)
def test_what_is_changed_in_place_keeps_its_earlier_value(
    change: Callable[[Tensor], None], becomes: Callable[[Tensor], Tensor]
) -> None:
    def run(x: Tensor) -> Tensor:
        made = x - 2
        change(made)
        return made * 3

    tape = taped(run)
    first, last = tape.operations[0], tape.operations[-1]
    before, after = first.outputs[0], last.seen()[0]
    x = tape.values[tape.inputs[0]]
    assert before != after
    assert torch.equal(tape.values[before], x - 2)
    assert torch.equal(tape.values[after], becomes(x - 2))
    assert tape.makers()[after].seen()[0] == before


@pytest.mark.parametrize(
    "same",
    [lambda x: F.dropout(x, 0.5, training=False), lambda x: x.contiguous(), lambda x: x.view(3, 2), lambda x: x.T],
    ids=["dropout", "contiguous", "view", "transposed"],
)
def test_what_lies_in_the_same_storage_keeps_its_earlier_value(same: Callable[[Tensor], Tensor]) -> None:
    def run(x: Tensor) -> Tensor:
        again = same(x - 2)
        again += 1
        return again

    tape = taped(run)
    first, *_, last = tape.operations
    x = tape.values[tape.inputs[0]]
    assert torch.equal(tape.values[first.outputs[0]], x - 2)
    assert torch.equal(tape.values[last.outputs[0]], same(x - 2) + 1)


def test_instead_is_not_written_to() -> None:
    def run(x: Tensor) -> Tensor:
        made = x - 2
        made += x
        return made

    given = torch.ones(2, 3, dtype=torch.float64)
    tape = taped(run, instead={(0, 0): given})
    assert torch.equal(given, torch.ones(2, 3, dtype=torch.float64))
    assert torch.equal(tape.values[tape.outputs[0]], 1 + tape.values[tape.inputs[0]])


def test_inputs_that_are_changed_in_place_keep_their_earlier_value() -> None:
    given = torch.arange(6.0, dtype=torch.float64).reshape(2, 3)
    before = given.clone()
    tape = record(Lambda(lambda x: x.mul_(2)), [given])
    assert torch.equal(tape.values[tape.inputs[0]], before)
    assert torch.equal(tape.values[tape.outputs[0]], 2 * before)


def test_buffers_are_as_they_were_before_they_are_written_to() -> None:
    norm = nn.BatchNorm1d(3).double().train()
    tape = record(norm, [torch.randn(5, 3, dtype=torch.float64) + 4])
    by_name = {name: tape.values[number] for number, name in tape.held.items()}
    assert torch.equal(by_name["running_mean"], torch.zeros(3, dtype=torch.float64))
    assert torch.equal(by_name["running_var"], torch.ones(3, dtype=torch.float64))
    assert float(norm.running_mean.min()) > 0.1


def test_parameters_and_buffers_are_known_by_name() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 2), nn.BatchNorm2d(4)).double().eval()
    tape = record(module, [torch.randn(2, 3, 5, 6, dtype=torch.float64)])
    held = [[tape.held[n] for n in operation.seen() if n in tape.held] for operation in tape.operations]
    assert held == [["0.weight", "0.bias"], ["1.running_mean", "1.running_var", "1.weight", "1.bias"]]


class Nested(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.block = nn.Sequential(nn.Linear(3, 4), nn.ReLU())
        self.shared = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.block(x)
        x = self.shared(self.shared(x))
        return torch.tanh(x)


def test_an_operation_belongs_to_the_innermost_module_that_runs() -> None:
    tape = record(Nested().double(), [torch.randn(2, 3, dtype=torch.float64)])
    assert [(operation.name, operation.module) for operation in tape.operations] == [
        ("linear", "block.0"), ("relu", "block.1"), ("linear", "shared"), ("linear", "shared"), ("tanh", ""),
    ]  # fmt: skip


def test_a_line_is_that_of_the_users_source() -> None:
    """Not torch's own nn.Linear, nor this package's."""
    tape = record(Nested().double(), [torch.randn(2, 3, dtype=torch.float64)])
    text, start = inspect.getsourcelines(Nested.forward)
    lines = [text[operation.line - start].strip() for operation in tape.operations]
    assert lines == [
        "x = self.block(x)", "x = self.block(x)", "x = self.shared(self.shared(x))",
        "x = self.shared(self.shared(x))", "return torch.tanh(x)",
    ]  # fmt: skip
    assert {Path(operation.file) for operation in tape.operations} == {Path(inspect.getfile(Nested))}


def test_what_torch_alone_calls_has_no_line() -> None:
    module = nn.Sequential(nn.Linear(3, 4), nn.ReLU()).double()
    tape = record(module, [torch.zeros(2, 3, dtype=torch.float64)])
    assert [(step.module, step.file, step.line) for step in tape.operations] == [("0", "", 0), ("1", "", 0)]


def test_places_are_left_out_where_nobody_asks() -> None:
    assert {(operation.file, operation.line) for operation in taped(F.relu, places=False).operations} == {("", 0)}


@pytest.mark.parametrize(
    "cast",
    [
        lambda x: x.float(),
        lambda x: x.to(torch.float32),
        lambda x: x.to(dtype=torch.float32),
        lambda x: x.type(torch.float32),
        lambda x: x + torch.full((3,), 1 / 3, dtype=torch.float32),
        lambda x: F.softmax(x, dim=-1, dtype=torch.float32),
    ],
    ids=["float", "to", "to by name", "type", "made", "softmax"],
)
def test_casts_to_float32_stay_in_float64(cast: Callable[[Tensor], Tensor]) -> None:
    tape = taped(cast)
    assert tape.values[tape.outputs[0]].dtype == torch.float64
    assert names(tape)


def test_other_casts_are_as_written() -> None:
    tape = taped(lambda x: (x.half(), x.long(), x.to(torch.bool)))
    assert [tape.values[number].dtype for number in tape.outputs] == [torch.float16, torch.int64, torch.bool]


def test_casts_are_as_written_in_float32() -> None:
    tape = record(Lambda(lambda x: x.double().float()), [torch.ones(2)], floats=torch.float32)
    assert tape.values[tape.outputs[0]].dtype == torch.float32


def test_an_error_ends_the_tape_and_is_kept() -> None:
    def run(x: Tensor) -> Tensor:
        return F.relu(x) @ x

    tape = record(Lambda(run), [torch.ones(2, 3, dtype=torch.float64)])
    assert names(tape) == ["relu"]
    assert isinstance(tape.error, RuntimeError)
    assert tape.outputs == []


@pytest.mark.parametrize(
    ("returned", "count"),
    [
        pytest.param(lambda x: x + 1, 1, id="tensor"),
        pytest.param(lambda x: (x + 1, [x, x - 1]), 3, id="nested"),
        pytest.param(lambda x: None, 0, id="none"),
        pytest.param(lambda x: (x + 1, None, 3), 1, id="others beside"),
    ],
)
def test_outputs_are_flattened(returned: Callable[[Tensor], Any], count: int) -> None:
    assert len(taped(returned).outputs) == count


def test_a_dictionary_of_outputs_is_in_the_order_of_its_keys() -> None:
    tape = taped(lambda x: {"b": x + 1, "a": x - 1})
    assert [tape.makers()[number].name for number in tape.outputs] == ["sub", "add"]


def test_instead_goes_on_in_place_of_an_output() -> None:
    def run(x: Tensor) -> Tensor:
        return F.relu(x).exp()

    plain = taped(run)
    given = torch.full((2, 3), 2.0, dtype=torch.float64)
    tape = taped(run, instead={(0, 0): given})
    assert torch.equal(tape.values[tape.operations[0].outputs[0]], given)
    assert torch.equal(tape.values[tape.outputs[0]], given.exp())
    assert [operation.outputs for operation in tape.operations] == [operation.outputs for operation in plain.operations]


def test_instead_goes_on_in_place_of_one_of_several_outputs() -> None:
    given = torch.full((2, 2), 5.0, dtype=torch.float64)
    tape = taped(lambda x: torch.cat(x.chunk(2, 1)[::-1], 1), (2, 4), instead={(0, 1): given})
    x = tape.values[tape.inputs[0]]
    assert torch.equal(tape.values[tape.outputs[0]], torch.cat([given, x[:, :2]], 1))


def test_instead_goes_on_in_place_of_what_is_changed_in_place() -> None:
    def run(x: Tensor) -> Tensor:
        made = x - 2
        view = made[:, :1]
        F.relu_(made)
        return view + made

    given = torch.arange(6.0, dtype=torch.float64).reshape(2, 3)
    tape = taped(run, instead={(2, 0): given})
    assert names(tape)[2] == "relu_"
    assert torch.equal(tape.values[tape.outputs[0]], given[:, :1] + given)


def test_a_module_is_unchanged_and_its_hooks_are_gone() -> None:
    module = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.4), nn.ReLU()).double().train()
    before = copy.deepcopy(module.state_dict())
    state = torch.random.get_rng_state()
    dtype = torch.get_default_dtype()
    fast = torch.backends.mha.get_fastpath_enabled()
    record(module, [torch.randn(2, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))])
    record(module, [torch.ones(2, 5, dtype=torch.float64)])  # it fails
    for part in module.modules():
        assert not part._forward_hooks and not part._forward_pre_hooks and not part._forward_hooks_always_called
        assert part.training
    assert all(torch.equal(module.state_dict()[name], held) for name, held in before.items())
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.get_default_dtype() is dtype
    assert torch.backends.mha.get_fastpath_enabled() is fast
    assert all(held.grad is None for held in module.parameters())


def test_what_is_random_is_so_by_the_seed() -> None:
    def drawn(seed: int) -> Tensor:
        tape = taped(lambda x: F.dropout(x, 0.5), (40, 3), seed=seed)
        return tape.values[tape.outputs[0]]

    assert torch.equal(drawn(1), drawn(1))
    assert not torch.equal(drawn(1), drawn(2))


def test_a_tap_marks_tensors() -> None:
    marking: list[Callable[[Any, Tensor], None]] = []

    def run(x: Tensor) -> Tensor:
        made = F.relu(x)
        marking[0]("here", made)
        return made + 1

    tape = taped(run, marking=marking.append)
    assert tape.marks == [("here", tape.operations[0].outputs[0])]


def test_an_encoder_layer_is_seen_step_by_step() -> None:
    """In eval mode torch has one kernel for the whole of it."""
    layer = nn.TransformerEncoderLayer(6, 2, 5, batch_first=True).double().eval()
    tape = record(layer, [torch.randn(2, 4, 6, dtype=torch.float64)])
    kinds = names(tape)
    assert kinds.count("linear") == 6  # queries, keys, values, output; two of the feed-forward network
    assert kinds.count("layer_norm") == 2 and kinds.count("softmax") == 1
    held = {tape.held[n] for operation in tape.operations for n in operation.seen() if n in tape.held}
    assert {"self_attn.in_proj_weight#0/3", "self_attn.in_proj_weight#2/3", "self_attn.in_proj_bias#1/3"} <= held
    expected = layer(tape.values[tape.inputs[0]])
    assert torch.allclose(tape.values[tape.outputs[0]], expected, rtol=0, atol=1e-12)


def test_in_float64_widens_floats_alone() -> None:
    made = in_float64([np.ones((2, 3), np.float32), np.arange(3)])
    assert [tensor.dtype for tensor in made] == [torch.float64, torch.int64]


def test_an_operation_names_its_tensors_in_order() -> None:
    tape = taped(lambda x, y, z: torch.where(x > 0, y, z), (2, 3), (2, 3), (2, 3))
    last: Operation = tape.operations[-1]
    assert last.seen()[1:] == tape.inputs[1:]
