"""What a layer is called with counts: states, masks, flags and modes are in the answer, or the call is refused."""

from __future__ import annotations

from typing import Any

import pytest

from equivalence.looking_up import lookup


def translation(call: str) -> dict[str, Any]:
    found: dict[str, Any] = lookup(call)[0]["translation"]
    return found


@pytest.mark.parametrize(
    ("call", "keras", "lines"),
    [
        ("Dropout(0.5)(x, training=True)", "Dropout(0.5)(inputs, training=True)", [
            "dropout = nn.Dropout(0.5)", "dropout.train()", "dropout(inputs)",
        ]),
        ("BatchNormalization(epsilon=1e-5)(x, training=False)", "(inputs, training=False)", [
            "batch_normalization = nn.BatchNorm2d(num_features, momentum=0.01)",
            "batch_normalization.eval()",
            "batch_normalization(inputs)",
        ]),
        ("Dropout(0.5)(x, training=None)", "(inputs, training=None)", ["nn.Dropout(0.5)(inputs)"]),
        ("y = GRU(3)(x, initial_state=h)", "(inputs, initial_state=h)", [
            "nn.GRU(input_size, 3, batch_first=True)(input_0, input_1[None])[0][:, -1]"
        ]),
        ("LSTM(7, return_state=True)(x)", "(inputs)", [
            "lstm = nn.LSTM(input_size, 7, batch_first=True)",
            "lstm.bias_hh_l0.requires_grad_(False)",
            "lstm_out, (lstm_h, lstm_c) = lstm(inputs)",
            "(lstm_out[:, -1], lstm_h[0], lstm_c[0])",
        ]),
        ("GlobalAveragePooling1D()(x, mask=m)", "(inputs, mask=m)", [
            "kept = input_1.unsqueeze(1)", "torch.where(kept, input_0, 0).sum(dim=2) / kept.sum(dim=2)",
        ]),
        ("MultiHeadAttention(2, 4)(x, x, use_causal_mask=True)", "(inputs, use_causal_mask=True)", [
            "multi_head_attention = MultiHeadAttention(in_channels, heads=2, size=4)",
            "multi_head_attention(input_0, input_1, input_1, causal=True)",
        ]),
        ("Attention()([q, v], return_attention_scores=True)", "(inputs, return_attention_scores=True)", [
            "scores = F.softmax(input_0 @ input_1.mT, dim=-1)", "x = scores @ input_1", "(x, scores)",
        ]),
        ("ops.split(x, 3, axis=-1)", "split(x, 3, axis=-1)", ["inputs.chunk(3, dim=-1)"]),
    ],
    ids=lambda value: value if isinstance(value, str) and value.endswith(")") and "inputs" not in value else "",
)  # fmt: skip
def test_what_it_is_called_with_is_in_the_answer(call: str, keras: str, lines: list[str]) -> None:
    found = translation(call)
    assert found["keras"].endswith(keras)
    assert found["forms"][0]["torch"] == lines


@pytest.mark.parametrize(
    ("call", "because"),
    [
        ("Dense(3)(x, foo=1)", "it is called with foo=1, which this translation does not know."),
        ("LSTM(4)(x, foo=m)", "no case of LSTM is called with foo"),
        ("Conv2D(3, 3)(x, **settings)", "what stands behind ** is not known here"),
    ],
)
def test_what_is_not_translated_is_refused(call: str, because: str) -> None:
    found = translation(call)
    assert found["forms"] == [] and because in found["refused"]
