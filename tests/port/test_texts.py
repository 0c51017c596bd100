"""Models that take texts: ported, verified, saved and loaded, with vocabularies that adapt() found."""

from __future__ import annotations

import copy
import importlib.util
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import torch

from equivalence import port
from equivalence.errors import Refused

SENTENCES = np.array(["The cat sat.", "État of the art", "the cat"])


def made_with_texts() -> Any:
    """Words, sentences and numbers, looked up in a nested model; one vocabulary for two modes."""
    word = keras.Input((1,), dtype="string", name="word")
    text = keras.Input((1,), dtype="string", name="text")
    number = keras.Input((1,), dtype="int64", name="number")
    lookup = keras.layers.StringLookup(name="lookup", mask_token="")
    lookup.adapt(np.array(["b", "a", "日本", "a"]))
    vectors = keras.layers.TextVectorization(name="vectors", output_sequence_length=5)
    vectors.adapt(SENTENCES)
    weighed = keras.layers.TextVectorization(name="weighed", output_mode="tf_idf")
    weighed.adapt(SENTENCES)
    numbers = keras.layers.IntegerLookup(name="numbers", output_mode="multi_hot")
    numbers.adapt(np.array([[3, 4], [4, 5]]))
    embedding = keras.layers.Embedding(20, 4, name="embedding")
    parts = [keras.layers.Flatten()(embedding(lookup(word))), keras.layers.Flatten()(embedding(vectors(text)))]
    joined = keras.layers.Concatenate()([*parts, numbers(number)])
    outputs = [keras.layers.Dense(2)(joined), keras.layers.Dense(3)(weighed(text))]
    inner = keras.Model([word, text, number], outputs, name="inner")
    outer = [keras.Input((1,), dtype=given.dtype, name=given.name) for given in (word, text, number)]
    return keras.Model(outer, inner(outer), name="texts")


def loaded(folder: Path, name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.load()


def test_a_model_of_texts_is_verified_saved_and_loaded(tmp_path: Path) -> None:
    model = made_with_texts()
    model.save(tmp_path / "texts.keras")
    ported = port(tmp_path / "texts.keras")
    assert ported.report.verified, ported.report.because
    assert not any(word in ported.source for word in ("日本", "état", "sat"))
    words, texts, numbers = [["a"], ["日本"], ["?"]], [["the CAT, état"], [""], ["art art"]], [[4], [9], [3]]
    expected = model([np.array(words), np.array(texts), np.array(numbers)])
    ported.save(tmp_path)
    module = loaded(tmp_path, "texts")
    for found in (module, copy.deepcopy(module)):
        for ours, keras_own in zip(found(words, texts, torch.tensor(numbers)), expected, strict=True):
            np.testing.assert_allclose(ours.detach().numpy(), keras_own, rtol=1e-5, atol=1e-6)
    predicted = ported.predict(np.array(words), np.array(texts), np.array(numbers))
    np.testing.assert_allclose(predicted[0], expected[0], rtol=1e-5, atol=1e-6)


def test_what_knows_no_other_values_is_verified_with_its_own() -> None:
    word, number = keras.Input((3,), dtype="string"), keras.Input((3,), dtype="int64")
    words = keras.layers.StringLookup(vocabulary=["a", "b c"], num_oov_indices=0)(word)
    numbers = keras.layers.IntegerLookup(vocabulary=[1138, -7], num_oov_indices=0)(number)
    ported = port(keras.Model([word, number], [words, numbers]))
    assert ported.report.verified, ported.report.because
    with pytest.raises(ValueError, match="is not in the vocabulary"):
        ported.module([["a", "b c", "d"]], torch.tensor([[1138, 1138, -7]]))
    with pytest.raises(ValueError, match="is not in the vocabulary"):
        ported.module([["a", "b c", "a"]], torch.tensor([[1138, 0, -7]]))


def test_ragged_texts_are_an_error(tmp_path: Path) -> None:
    words = keras.Input((2,), dtype="string")
    model = keras.Model(words, keras.layers.StringLookup(vocabulary=["a"])(words))
    module = port(model, verify=False).module
    assert module([["a", "b"]]).tolist() == [[1, 0]]
    with pytest.raises(ValueError, match="should be lists of 2 each"):
        module([["a", "b", "a"], ["a"]])
    with pytest.raises(ValueError, match="should be lists of 2 each"):
        module(["ab"])


def refusal(model: Any) -> str:
    with pytest.raises(Refused) as refused:
        port(model, verify=False)
    return str(refused.value)


def test_what_is_not_translated_is_refused_in_a_sentence() -> None:
    words = keras.Input((2,), dtype="string")
    number = keras.Input((2,), dtype="int64")
    inverse = keras.layers.StringLookup(vocabulary=["a"], invert=True)(number)
    assert "it turns indices into texts" in refusal(keras.Model(number, inverse))
    joined = keras.layers.Concatenate()([words, words])
    assert "torch has no tensors" in refusal(keras.Model(words, keras.layers.StringLookup(vocabulary=["a"])(joined)))
    empty = keras.layers.StringLookup()
    assert "it has no vocabulary" in refusal(keras.Model(words, empty(words)))
