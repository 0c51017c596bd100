"""Sequences with a mask, and ports of them that pack theirs: what is the same, and what is not."""

from __future__ import annotations

from functools import cache
from typing import Any

import keras
import numpy as np
import pytest
import torch
from by_hand import randomised, verified
from keras import layers
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from equivalence import check, transfer
from equivalence.verification.padded_inputs import draw_padded
from equivalence.verification.ported import Ported

STEPS = 7


@cache
def live(both: bool, sequences: bool) -> keras.Model:
    words = layers.Input((STEPS,), dtype="int32", name="words")
    x = layers.Embedding(11, 4, mask_zero=True, name="embed")(words)
    for name, size, all_steps in (("one", 3, True), ("other", 5, sequences)):
        layer = layers.LSTM(size, return_sequences=all_steps, name=name)
        x = (layers.Bidirectional(layer, name=name) if both else layer)(x)
    return randomised(keras.Model(words, layers.Dense(2, name="head")(x)))


@cache
def ported(both: bool, sequences: bool) -> Ported:
    return verified(live(both, sequences))


class Packed(nn.Module):
    def __init__(self, both: bool, sequences: bool, packs: bool = True) -> None:
        super().__init__()
        self.embed = nn.Embedding(11, 4)
        ways = 2 if both else 1
        self.one = nn.LSTM(4, 3, batch_first=True, bidirectional=both)
        self.other = nn.LSTM(3 * ways, 5, batch_first=True, bidirectional=both)
        self.head = nn.Linear(5 * ways, 2)
        self.sequences, self.packs = sequences, packs
        self.eval()

    def forward(self, words: Tensor) -> Tensor:
        lengths = (words != 0).sum(1)
        x, _ = self.run(self.one, self.embed(words), lengths)
        x, state = self.run(self.other, x, lengths)
        return self.head(x if self.sequences else torch.cat(tuple(state), 1))

    def run(self, layer: nn.LSTM, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        if not self.packs:
            return layer(x)[0], layer(x)[1][0]
        packed, states = layer(pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False))
        return pad_packed_sequence(packed, batch_first=True, total_length=STEPS)[0], states[0]


def filled(both: bool, sequences: bool, **mistakes: Any) -> Packed:
    """With Keras's weights. The last states do not depend on what is in masked steps, so these can be carried."""
    module, right = Packed(both, sequences, **mistakes), Packed(both, False)
    same = live(both, False)
    same.set_weights(live(both, sequences).get_weights())
    transfer(same, right)
    module.load_state_dict(right.state_dict())
    return module


@pytest.mark.parametrize(("both", "sequences"), [(True, True), (True, False), (False, False)])
@pytest.mark.parametrize("weights", ["given", "transfer"])
def test_packed_sequences_are_the_same(both: bool, sequences: bool, weights: Any) -> None:
    module = filled(both, sequences) if weights == "given" else Packed(both, sequences)
    found = check(ported(both, sequences), module, weights=weights)
    assert (found.equal, found.because) == (True, "")
    assert not found.weights.left_over and not found.weights.ambiguous


def test_zeros_in_masked_steps_are_told_where_the_output_depends_on_them() -> None:
    (fault,) = check(ported(False, True), Packed(False, True)).faults
    assert fault.keras == "other" and fault.cause is not None
    assert fault.cause.difference == "keras.layers.LSTM#masked-outputs"
    assert fault.max_rel is not None and fault.max_rel > 0.01


@pytest.mark.parametrize(("both", "symbol"), [(True, "Bidirectional"), (False, "LSTM")])
def test_a_mask_that_is_ignored(both: bool, symbol: str) -> None:
    found = check(ported(both, False), filled(both, False, packs=False), weights="given")
    assert [fault.keras for fault in found.faults] == ["one", "other"]
    causes = [fault.cause and fault.cause.difference for fault in found.faults]
    known = f"keras.layers.{symbol}#masked-steps"
    assert causes == [known, known if both else None]


@pytest.mark.parametrize(("both", "sequences"), [(True, True), (False, True), (False, False)])
def test_gates_in_another_order_are_told_at_their_layer(both: bool, sequences: bool) -> None:
    module = filled(both, sequences)
    with torch.no_grad():
        weight = module.one.weight_hh_l0
        weight.copy_(weight.reshape(4, 3, 3)[[0, 2, 1, 3]].reshape(12, 3))
    first = check(ported(both, sequences), module, weights="given").faults[0]
    assert first.keras == "one" and first.cause is not None
    assert first.cause.says == "its one.weight_hh_l0 is Keras's with its 4 blocks in the order (0, 2, 1, 3)"


def test_what_is_drawn_ends_in_padding() -> None:
    (words,) = draw_padded(ported(False, False))
    lengths = (words != 0).sum(1)
    assert lengths[0] == STEPS and 0 < lengths[1] < STEPS
    assert all(not row[length:].any() for row, length in zip(words, lengths, strict=True))


def test_masked_numbers_end_in_padding_too() -> None:
    steps = layers.Input((6, 3), name="steps")
    masked = layers.Masking(mask_value=-1.0, name="mask")(steps)
    (drawn,) = draw_padded(verified(randomised(keras.Model(steps, layers.GRU(4, name="gru")(masked)))))
    whole = (drawn == -1.0).all(-1)
    assert not whole[0].any() and whole[1, -1] and not whole[1, 0]
    assert np.array_equal(np.sort(whole[1]), whole[1])
