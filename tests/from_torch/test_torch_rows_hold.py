"""Every row's cases are run in torch and, translated, in Keras: forward, gradients, in training, in float64."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from equivalence.catalogue.from_torch import torch_index
from equivalence.catalogue.from_torch.torch_rows import FromTorch, row
from equivalence.proofs.torch_first_record import prove_row, read, stale
from equivalence.proofs.truth import Oracles

ROWS = [each for each, _ in torch_index.rows()]


@pytest.fixture(scope="module")
def oracles() -> Iterator[Oracles]:
    with Oracles(threads=1) as found:
        yield found


RECORDED = read()


@pytest.mark.parametrize(
    "each",
    [
        pytest.param(
            each, id=each.torch.partition(")(")[0], marks=pytest.mark.recorded(RECORDED.get(each.torch), each.torch)
        )
        for each in ROWS
        if each.keras
    ],
)
def test_a_row_holds(each: FromTorch, oracles: Oracles) -> None:
    assert not prove_row(each, oracles).problems


def test_the_record_is_of_today() -> None:
    assert not stale(ROWS), "run `python -m equivalence.proofs.torch_proofs`"
    assert RECORDED


WRONG = {
    "other-numbers": row("torch.sin(input)", "keras.ops.cos(input)", "torch.sin(x)"),
    "other-shape": row("torch.sum(input)", "keras.ops.sum(input, axis=0)", "torch.sum(x)"),
    "other-kind": row("torch.argmax(input)", "keras.ops.max(input)", "torch.argmax(x)"),
    "other-gradient": row("torch.abs(input)", "keras.ops.abs(keras.ops.stop_gradient(input))", "torch.abs(x)"),
    "one-output-less": row("torch.max(input, dim)", "keras.ops.max(input, axis=dim)", "torch.max(x, 1)"),
    "same-padding": row(
        "nn.Conv2d(in_channels, out_channels, kernel_size, stride=1, padding=0)(x)",
        "keras.layers.Conv2D(out_channels, kernel_size, strides=stride, padding='same')(x)",
        "nn.Conv2d(4, 6, 3, stride=2, padding=1)(image)",
    ),
    "epsilon": row(
        "nn.BatchNorm2d(num_features)(x)", "keras.layers.BatchNormalization()(x)", "nn.BatchNorm2d(4)(image)"
    ),
    "momentum": row(
        "nn.BatchNorm2d(num_features)(x)",
        "keras.layers.BatchNormalization(epsilon=1e-5, momentum=0.1)(x)",
        "nn.BatchNorm2d(4)(image)",
    ),
    "rate": row("torch.rand(*size)", "keras.random.uniform(size, maxval=1.25)", "torch.rand(50, 80)", kind="random"),
    "raises": row("torch.sin(input)", "keras.ops.sine(input)", "torch.sin(x)"),
    "unread": row("torch.sin(input)", "keras.ops.sin(input)", "torch.sine(x)"),
}


@pytest.mark.parametrize("each", WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_refused(each: FromTorch, oracles: Oracles) -> None:
    assert prove_row(each, oracles).problems


def test_a_row_without_a_case_is_no_proof(oracles: Oracles) -> None:
    assert prove_row(row("torch.sin(input)", "keras.ops.sin(input)"), oracles).problems
