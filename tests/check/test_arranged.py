"""Whether two tensors hold the same numbers, and how the one lies in the other."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from equivalence.torch_side.arranged import (
    Arrangement,
    Numbered,
    Numbers,
    arrangement,
    deviation,
    filled_up,
    possible,
    same,
)

NAN, INF = float("nan"), float("inf")


def drawn(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(
    ("moved", "axes"),
    [
        pytest.param(lambda x: x, (0, 1, 2, 3), id="as it is"),
        pytest.param(lambda x: x.movedim(1, -1), (0, 2, 3, 1), id="channels last"),
        pytest.param(lambda x: x.movedim(-1, 1), (0, 3, 1, 2), id="channels first"),
        pytest.param(lambda x: x.permute(3, 1, 0, 2), (3, 1, 0, 2), id="any order"),
        pytest.param(lambda x: x.flatten(1), (0, 1, 2, 3), id="merged"),
        pytest.param(lambda x: x.permute(0, 2, 3, 1).flatten(1), (0, 2, 3, 1), id="moved and merged"),
        pytest.param(lambda x: x.permute(0, 2, 1, 3).flatten(2), (0, 2, 1, 3), id="two merged"),
        pytest.param(lambda x: x.unsqueeze(1).unsqueeze(-1), (0, 1, 2, 3), id="axes of one more"),
    ],
)
@pytest.mark.parametrize("shape", [(2, 3, 5, 7), (4, 4, 4, 4), (2, 3, 3, 2)], ids=["distinct", "square", "pairs"])
def test_the_arrangement_is_found_and_goes_back(
    shape: tuple[int, ...], moved: Callable[[Tensor], Tensor], axes: tuple[int, ...]
) -> None:
    wanted = drawn(*shape)
    found = moved(wanted)
    lies = arrangement(found, wanted)
    assert lies == Arrangement(axes)
    assert torch.equal(lies.there(wanted, tuple(found.shape)), found)
    assert torch.equal(lies.back(found, shape), wanted)
    assert lies.plain is (axes == tuple(range(4)))


def test_axes_of_one_are_left_out() -> None:
    wanted = drawn(2, 1, 5)
    assert arrangement(wanted[:, 0], wanted) == Arrangement((0, 1, 2))
    assert arrangement(wanted[:, 0].T, wanted) is not None


@pytest.mark.parametrize(
    "moved",
    [
        pytest.param(lambda x: x.reshape(6, 2, 5), id="taken apart otherwise"),
        pytest.param(lambda x: x.flatten()[torch.randperm(60)].reshape(3, 4, 5), id="shuffled"),
        pytest.param(lambda x: x.flip(1), id="reversed"),
        pytest.param(lambda x: x * (1 + 1e-8), id="scaled by little"),
        pytest.param(lambda x: torch.cat([x, x[:1]]), id="more of them"),
        pytest.param(lambda x: x[..., :4], id="fewer of them"),
        pytest.param(lambda x: torch.where(x == x.max(), NAN, x), id="one NaN"),
        pytest.param(lambda x: torch.where(x == x.max(), INF, x), id="one infinite"),
    ],
)
def test_other_numbers_or_orders_are_none(moved: Callable[[Tensor], Tensor]) -> None:
    torch.manual_seed(1)
    assert arrangement(moved(drawn(3, 4, 5)), drawn(3, 4, 5)) is None


@pytest.mark.parametrize("special", [NAN, INF, -INF])
def test_what_is_not_finite_in_one_place_is_the_same(special: float) -> None:
    wanted = drawn(3, 4, 5)
    wanted[1, 2, 3] = special
    assert arrangement(wanted.permute(0, 2, 1), wanted) == Arrangement((0, 2, 1))
    other = drawn(3, 4, 5)
    other[1, 2, 4] = special
    assert arrangement(other, wanted) is None


def test_infinities_of_other_signs_are_others() -> None:
    wanted, found = drawn(3, 4), drawn(3, 4)
    wanted[0, 0], found[0, 0] = INF, -INF
    assert not same(found, wanted)


def test_rounding_is_the_same_and_more_is_not() -> None:
    wanted = drawn(3, 4, 5)
    assert same(wanted * (1 + 1e-15), wanted)
    assert not same(wanted * (1 + 1e-9), wanted)
    assert same(wanted * (1 + 1e-9), wanted, max_rel=1e-8)


def test_what_is_small_counts_against_the_largest() -> None:
    wanted = torch.tensor([1e6, 1e-6], dtype=torch.float64)
    assert deviation(wanted + torch.tensor([0.0, 1e-6]), wanted) == (pytest.approx(1e-6), pytest.approx(1e-12))


@pytest.mark.parametrize(
    ("found", "wanted", "expected"),
    [
        pytest.param([], [], (0.0, 0.0), id="nothing"),
        pytest.param([0.0], [0.0], (0.0, 0.0), id="zeros"),
        pytest.param([1.0], [0.0], (1.0, INF), id="against zeros"),
        pytest.param([3.0, 5.0], [4.0, -8.0], (13.0, 1.625), id="largest"),
        pytest.param([NAN, 1.0], [NAN, 2.0], (1.0, 0.5), id="NaN in both"),
        pytest.param([INF, 1.0], [INF, 2.0], (1.0, 0.5), id="infinite in both"),
    ],
)
def test_deviations(found: list[float], wanted: list[float], expected: tuple[float, float]) -> None:
    assert deviation(torch.tensor(found), torch.tensor(wanted)) == expected


def test_a_deviation_from_nan_is_nan() -> None:
    most, relative = deviation(torch.tensor([NAN, 1.0]), torch.tensor([1.0, 1.0]))
    assert most != most and relative != relative


def test_constants_lie_as_they_are() -> None:
    assert arrangement(torch.ones(2, 3, 4), torch.ones(2, 3, 4)) == Arrangement((0, 1, 2))
    assert arrangement(torch.ones(2, 4, 3), torch.ones(2, 3, 4)) == Arrangement((0, 2, 1))
    assert arrangement(torch.ones(2, 3), torch.zeros(2, 3)) is None


def test_complex_numbers_and_booleans_are_compared() -> None:
    wanted = torch.complex(drawn(3, 4), drawn(3, 4, seed=2))
    assert arrangement(wanted.T, wanted) == Arrangement((1, 0))
    assert arrangement(wanted.conj().T.resolve_conj(), wanted) is None
    mask = drawn(3, 4) > 0
    assert arrangement(mask.T, mask) == Arrangement((1, 0))
    assert arrangement(~mask, mask) is None


def test_more_axes_than_six_are_not_tried() -> None:
    assert list(possible((1,) * 6 + (2,), (2,))) == []
    assert arrangement(drawn(2, 1, 2, 1, 2, 1), drawn(2, 1, 2, 1, 2, 1)) is not None


@pytest.mark.parametrize("steps_first", [False, True], ids=["batch first", "steps first"])
def test_sequences_filled_up_are_right_in_their_own_steps(steps_first: bool) -> None:
    wanted = drawn(3, 7, 4)
    found = wanted[:, :6].clone()  # to the longest sequence
    found[0, 2:] = 0
    found[1, 5:] = 0
    lies = filled_up(found.transpose(0, 1) if steps_first else found, wanted)
    assert lies == Arrangement((1, 0, 2) if steps_first else (0, 1, 2))
    found[0, 1, 1] += 1e-3
    assert filled_up(found, wanted) is None


def test_nothing_but_zeros_is_no_sequence() -> None:
    assert filled_up(torch.zeros(3, 6, 4), drawn(3, 7, 4)) is None


@pytest.mark.parametrize(
    ("change", "like"),
    [
        pytest.param(lambda x: x.permute(2, 0, 1).contiguous(), True, id="permuted"),
        pytest.param(lambda x: x.flatten().flip(0), True, id="reversed"),
        pytest.param(lambda x: x + 1e-3, False, id="shifted"),
        pytest.param(lambda x: -x, False, id="negative"),
        pytest.param(lambda x: torch.where(x == x.max(), x + 1e-6, x), False, id="one number"),
    ],
)
def test_a_multiset_is_the_same_in_any_order(change: Callable[[Tensor], Tensor], like: bool) -> None:
    wanted = drawn(3, 4, 5)
    assert Numbers(change(wanted)).same(Numbers(wanted)) is like


def test_tensors_that_hold_given_numbers() -> None:
    wanted = drawn(3, 4, 5)
    shuffled = wanted.flatten().flip(0).reshape(5, 12)
    held = Numbered(
        {0: drawn(3, 4, 5, seed=2), 2: shuffled, 5: wanted.permute(0, 2, 1), 7: wanted.flatten(1), 9: drawn(2)}
    )
    found = held.holding(Numbers(wanted))
    assert [(match.number, match.arranged) for match in found] == [
        (5, Arrangement((0, 2, 1))), (7, Arrangement((0, 1, 2))), (2, None),
    ]  # fmt: skip


def test_tensors_of_an_earlier_run_are_kept_where_they_are_the_same() -> None:
    one, other = drawn(3), drawn(3, seed=2)
    before = Numbered({0: one, 1: other})
    after = Numbered({0: one, 1: other * 2}, before, unchanged=1)
    assert after.of(0) is before.of(0)
    assert [match.number for match in after.holding(Numbers(other * 2))] == [1]
