"""Masks hang on Keras's tensor objects: which operations drop them, what MultiHeadAttention takes off, and when."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import sqrt
from pathlib import Path
from typing import Any

import keras
import pytest
from keras import layers, ops

from equivalence import Ported


def embedded() -> tuple[Any, Any]:
    """Words, of which about a fifth are padding, and their vectors with a mask."""
    words = keras.Input((7,), dtype="int32", name="words")
    return words, layers.Embedding(5, 6, mask_zero=True)(words)


def model(words: Any, outputs: Any) -> Any:
    return keras.Model(words, outputs, name="model")


def attend(x: Any) -> Any:
    return layers.MultiHeadAttention(2, 4)(x, x)


def product_ends_the_mask() -> Any:
    words, x = embedded()
    return model(words, layers.LSTM(4)(x * 2.0))


def addition_ends_the_mask() -> Any:
    words, x = embedded()
    return model(words, layers.GlobalAveragePooling1D()(ops.add(x, 1.0)))


def function_ends_the_mask() -> Any:
    words, x = embedded()
    return model(words, layers.GRU(4)(ops.relu(x)))


def cast_to_the_same_keeps_the_mask() -> Any:
    words, x = embedded()
    return model(words, layers.LSTM(4)(ops.cast(x, "float32")))


def scaled_before_attention() -> Any:
    words, x = embedded()
    h = x * sqrt(6.25)
    return model(words, layers.MultiHeadAttention(2, 4)(h, h))


def token_and_position() -> Any:
    words, x = embedded()
    place = keras.Input((7,), dtype="int32", name="place")
    return keras.Model([words, place], attend(x + layers.Embedding(7, 6)(place)), name="model")


def layer_adds_token_and_position() -> Any:
    words, x = embedded()
    place = keras.Input((7,), dtype="int32", name="place")
    both = layers.Add()([x, layers.Embedding(7, 6)(place)])
    return keras.Model([words, place], attend(both), name="model")


def attention_takes_the_mask_of_every_order() -> Any:
    words, x = embedded()
    b = layers.BatchNormalization()(x)
    a = attend(b)
    return model(words, [layers.Multiply()([b, a]), layers.Conv1D(3, 2)(b)])


def attention_takes_the_mask_of_what_dropout_was_given() -> Any:
    words, x = embedded()
    d = layers.Dropout(0.1)(x)
    return model(words, layers.Multiply()([x, attend(d)]))


def the_same_object(layer: Any) -> Callable[[], Any]:
    def make() -> Any:
        words, x = embedded()
        return model(words, layers.Multiply()([x, attend(layer()(x))]))

    make.__name__ = f"the_same_object_after_{layer().name}"
    return make


def attention_runs_before_what_the_file_lists_first() -> Any:
    words, x = embedded()
    a = attend(x)
    g = layers.Multiply()([x, layers.Dense(6)(x)])
    return model(words, [a, g])


def a_longer_way_runs_first() -> Any:
    words, x = embedded()
    a = attend(x)
    deep = layers.Dense(6)(layers.Dense(6)(layers.Dense(6)(x)))
    return model(words, [layers.GlobalAveragePooling1D()(x), layers.Add()([a, deep])])


def scores_carry_the_mask_of_attention() -> Any:
    words, x = embedded()
    attended, scores = layers.MultiHeadAttention(2, 4)(x, x, return_attention_scores=True)
    return model(words, [layers.LSTM(3)(attended), layers.Softmax()(scores)])


# -- masks into and out of nested models -------------------------------------------------------


def encoder(*rest: Any) -> Any:
    steps = keras.Input((7, 6), name="steps")
    x = steps
    for layer in rest:
        x = layer(x)
    return keras.Model(steps, x, name="encoder")


def mask_goes_in() -> Any:
    words, x = embedded()
    return model(words, encoder(layers.LSTM(4))(x))


def mask_goes_through() -> Any:
    words, x = embedded()
    return model(words, layers.LSTM(4)(encoder(layers.Dense(5), layers.Dropout(0.1))(x)))


def mask_goes_through_a_chain() -> Any:
    words, x = embedded()
    chain = keras.Sequential([keras.Input((7, 6)), layers.Dense(5), layers.LSTM(6, return_sequences=True)])
    return model(words, layers.GlobalAveragePooling1D()(chain(chain(layers.Dense(6)(x) * 1.0))) + 0.0)


def mask_comes_out() -> Any:
    words = keras.Input((7,), dtype="int32", name="words")
    inner = keras.Input((7,), dtype="int32")
    made = keras.Model(inner, layers.Embedding(5, 6, mask_zero=True)(inner), name="embedder")
    return model(words, layers.LSTM(4)(made(words)))


def mask_that_comes_out_for_nothing() -> Any:
    words = keras.Input((7,), dtype="int32", name="words")
    inner = keras.Input((7,), dtype="int32")
    made = keras.Model(inner, layers.Embedding(5, 6, mask_zero=True)(inner), name="embedder")
    return model(words, layers.Dense(4)(made(words)))


def shared_with_and_without_a_mask() -> Any:
    words, x = embedded()
    shared = encoder(layers.LSTM(6, return_sequences=True))
    return model(words, [layers.LSTM(4)(shared(x)), layers.LSTM(3)(shared(x * 0.5))])


def attention_inside_takes_the_mask_outside() -> Any:
    words, x = embedded()
    steps = keras.Input((7, 6))
    inner = keras.Model(steps, layers.MultiHeadAttention(2, 4)(steps, steps), name="attends")
    return model(words, layers.Multiply()([x, inner(x)]))


def identity_inside_is_the_object_outside() -> Any:
    words, x = embedded()
    steps = keras.Input((7, 6))
    inner = keras.Model(steps, layers.Dropout(0.2)(steps), name="nothing")
    return model(words, layers.Multiply()([x, attend(inner(x))]))


def mask_two_models_deep() -> Any:
    words, x = embedded()
    steps = keras.Input((7, 6))
    outer = keras.Model(steps, encoder(layers.Dense(6), layers.Dropout(0.2))(steps), name="outer")
    return model(words, layers.GRU(4)(outer(x)))


def several_tensors_and_masks() -> Any:
    words, x = embedded()
    one, two = keras.Input((7, 6)), keras.Input((7, 6))
    inner = keras.Model([one, two], [layers.Add()([one, two]), layers.Dense(4)(two)], name="pair")
    added, dense = inner([x, layers.Dense(6)(x)])
    return model(words, [layers.LSTM(3)(added), layers.LSTM(2)(dense)])


MODELS = [
    product_ends_the_mask,
    addition_ends_the_mask,
    function_ends_the_mask,
    cast_to_the_same_keeps_the_mask,
    scaled_before_attention,
    token_and_position,
    layer_adds_token_and_position,
    attention_takes_the_mask_of_every_order,
    attention_takes_the_mask_of_what_dropout_was_given,
    *(
        the_same_object(layer)
        for layer in (
            lambda: layers.GaussianNoise(0.1),
            lambda: layers.GaussianDropout(0.1),
            lambda: layers.SpatialDropout1D(0.1),
            lambda: layers.AlphaDropout(0.1),
            lambda: layers.ActivityRegularization(0.1),
            lambda: layers.Activation("linear"),
            lambda: layers.Identity(),
        )
    ),
    attention_runs_before_what_the_file_lists_first,
    a_longer_way_runs_first,
    scores_carry_the_mask_of_attention,
    mask_goes_in,
    mask_goes_through,
    mask_goes_through_a_chain,
    mask_comes_out,
    mask_that_comes_out_for_nothing,
    shared_with_and_without_a_mask,
    attention_inside_takes_the_mask_outside,
    identity_inside_is_the_object_outside,
    mask_two_models_deep,
    several_tensors_and_masks,
]


@pytest.mark.parametrize("make", MODELS, ids=lambda make: make.__name__)
def test_every_layer_has_the_mask_that_keras_gives_it(
    make: Callable[[], Any], saved: Callable[..., Path], verified: Callable[..., Ported]
) -> None:
    report = verified(saved(make)).report
    assert report.verified, report.because


def test_a_mask_that_nobody_uses_is_not_returned(saved: Callable[..., Path], verified: Callable[..., Ported]) -> None:
    ported = verified(saved(mask_that_comes_out_for_nothing))
    assert ported.report.verified and "-> tuple" not in ported.source
    assert "-> tuple" in verified(saved(mask_comes_out)).source


def test_a_model_called_with_and_without_a_mask_has_a_forward_for_each(
    saved: Callable[..., Path], verified: Callable[..., Ported]
) -> None:
    source = verified(saved(shared_with_and_without_a_mask)).source
    body = source[source.index("class Encoder") : source.index("class SharedWithAndWithoutAMask")]
    signatures = re.findall(r"def (forward\w*)\(self, (.*)\) ->", body)
    assert signatures == [("forward", "steps: Tensor"), ("forward_2", "steps: Tensor, mask: Tensor")]
    assert body.count("nn.LSTM(") == 1, "its modules are made once"


@pytest.mark.parametrize("inner", ["LSTM", "GRU"])
def test_a_shared_layer_has_its_weights_once(
    inner: str, saved: Callable[..., Path], verified: Callable[..., Ported]
) -> None:
    """Two modules with equal numbers would be right until they are trained."""

    def both_ways() -> Any:
        words, x = embedded()
        shared = layers.Bidirectional(getattr(layers, inner)(3))
        return model(words, [shared(x), shared(x * 0.5)])

    both_ways.__name__ = f"both_ways_{inner}"
    ported = verified(saved(both_ways))
    assert ported.report.verified, ported.report.because
    placed = [id(each.stored) for each in ported.draft.placements if each.stored is not None]
    owners = {(id(each.stored), each.parameter.rpartition(".")[0]) for each in ported.draft.placements if each.stored}
    assert len(owners) == len(set(placed))
