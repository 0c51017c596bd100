"""Models inside TimeDistributed: classes of their own, called on all steps at once, every layer in them compared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import torch
from keras import layers, ops
from keras_models import randomised

from equivalence import Ported, Refused, dry_run, port
from equivalence.keras_side import KerasProcess
from equivalence.verification.compare import compare

FRAME = (8, 6, 3)
KERAS2 = Path(__file__).parent.parent / "formats" / "keras2"


def cnn(name: str = "cnn") -> Any:
    """A Sequential around a Functional, a part of which is frozen."""
    frame = keras.Input(FRAME, name="frame")
    x = layers.Conv2D(4, 3, padding="same", name="conv", trainable=False)(frame)
    x = layers.ReLU(name="relu")(layers.BatchNormalization(name="norm")(x))
    body = keras.Model(frame, layers.Conv2D(5, 2, strides=2, name="down")(x), name="body")
    return keras.Sequential(
        [keras.Input(FRAME), body, layers.Flatten(name="flat"), layers.Dense(7, name="dense")], name=name
    )


def video() -> Any:
    """What video classifiers are: a network for each frame, then a recurrent layer."""
    frames = keras.Input((5, *FRAME), name="frames")
    x = layers.TimeDistributed(cnn(), name="each")(frames)
    return keras.Model(frames, layers.LSTM(3, name="lstm")(x), name="video")


def clips() -> Any:
    """Clips of frames: a model that holds a wrapped one, wrapped itself; another is frozen as a whole."""
    frames = keras.Input((4, *FRAME), name="frames")
    each = layers.TimeDistributed(cnn(), name="each")(frames)
    clip = keras.Model(frames, layers.GlobalAveragePooling1D(name="mean")(each), name="clip")
    given = keras.Input((3, 4, *FRAME), name="clips")
    still = layers.TimeDistributed(layers.TimeDistributed(cnn("still")), name="still", trainable=False)(given)
    return keras.Model(given, [layers.TimeDistributed(clip, name="of_clips")(given), still], name="clips")


def twins() -> Any:
    """Two models of one name, which tell nothing apart but the order in which Keras calls them."""
    frames = keras.Input((5, *FRAME), name="frames")
    apart = [layers.TimeDistributed(cnn(), name=name)(frames) for name in ("second", "first")]
    return keras.Model(frames, layers.Subtract(name="apart")(apart), name="twins")


def sentences() -> Any:
    """Words to sentences to a text: the mask of the words is made in the model, that of the sentences around it."""
    words = keras.Input((7,), dtype="int32", name="words")
    x = layers.Embedding(9, 4, mask_zero=True, name="embedding")(words)
    sentence = keras.Model(words, layers.Bidirectional(layers.LSTM(3), name="both")(x), name="sentence")
    text = keras.Input((None, 7), dtype="int32", name="text")
    return keras.Model(text, layers.GRU(3, name="gru")(layers.TimeDistributed(sentence, name="each")(text)))


def masked() -> Any:
    """A mask that is given to the wrapper: each step's goes to the model."""
    steps = keras.Input((7, 3), name="steps")
    inner = keras.Model(steps, layers.LSTM(4, return_sequences=True, name="lstm")(steps), name="inner")
    given, mask = keras.Input((4, 7, 3), name="given"), keras.Input((4, 7), dtype="bool", name="mask")
    x = layers.TimeDistributed(inner, name="each")(given, mask=mask)
    return keras.Model([given, mask], layers.TimeDistributed(layers.Flatten(), name="flat")(x), name="masked")


def shared() -> Any:
    """One model for frames of a film, and for one frame by itself."""
    network, frame = cnn(), keras.Input(FRAME, name="frame")
    frames = keras.Input((5, *FRAME), name="frames")
    return keras.Model([frame, frames], [network(frame), layers.TimeDistributed(network, name="each")(frames)])


def with_operations() -> Any:
    """Operations that leave every sample alone: along other axes than the batch's, and elementwise."""
    frame = keras.Input(FRAME, name="frame")
    x = layers.Conv2D(4, 3, name="conv")(frame)
    x = ops.mean(x, axis=(1, 2), keepdims=True) + x[:, :, :, 1:2] * 2.0
    inner = keras.Model(frame, ops.softmax(x, axis=-1), name="inner")
    frames = keras.Input((None, *FRAME), name="frames")
    return keras.Model(frames, layers.TimeDistributed(inner, name="each")(frames), name="with_operations")


def across_samples(steps: int | None = 3) -> Any:
    """A model that takes the mean of its batch: of the samples of one step, not of all steps."""
    given = keras.Input((6,), name="given")
    x = layers.Dense(4, name="dense")(given)
    inner = keras.Model(given, x - ops.mean(x, axis=0, keepdims=True), name="inner")
    sequence = keras.Input((steps, 6), name="sequence")
    return keras.Model(sequence, layers.TimeDistributed(inner, name="each")(sequence), name="across_samples")


IN_EVERY_FILE = (video, clips, twins, masked, shared)
#: Keras cannot read what it writes of operations to `.h5`.
IN_KERAS_FILES = (sentences, with_operations, across_samples)


@pytest.mark.parametrize(
    ("make", "ending"),
    [
        *[(make, ending) for make in IN_EVERY_FILE for ending in (".keras", ".h5")],
        *[(make, ".keras") for make in IN_KERAS_FILES],
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_every_layer_is_compared_and_equal(
    make: Callable[[], Any], ending: str, saved: Callable[..., Path], verified: Callable[..., Ported]
) -> None:
    report = verified(saved(make, ending)).report
    assert report.verified, report.because
    assert all(row["max_rel"] <= 1e-9 for row in report.layers)
    inside = {row["path"] for row in report.layers if "/" in row["path"]}
    assert inside == {call.path for call in report.emitted if "/" in call.path} and inside


@pytest.mark.parametrize("make", [video, sentences, masked, across_samples], ids=lambda make: make.__name__)
def test_another_batch_and_another_length(
    make: Callable[[], Any], saved: Callable[..., Path], truth: Callable[..., Any], keras_process: KerasProcess
) -> None:
    path = saved(make)
    ported, random = port(path, verify=False), np.random.default_rng(3)
    ported.module.double()
    given = []
    for _, _, spec in ported.draft.classes[-1].inputs:
        shape = (3, *(5 if size is None else size for size in spec.shape[1:]))
        if spec.dtype == "float32":
            given.append(random.standard_normal(shape).astype(np.float32))
        else:
            given.append(random.integers(0, 2 if spec.dtype == "bool" else 9, shape).astype(spec.dtype))
    result = compare(ported.predict(*given), truth(keras_process, path, *given), max_rel=1e-9)
    assert result.equal, result.message


def test_a_live_model() -> None:
    report = port(randomised(video())).report
    assert report.verified, report.because


def test_a_file_of_keras_2() -> None:
    """Against what Keras 2 computed: the flat list of a wrapper's arrays, of which some are frozen."""
    ported = port(KERAS2 / "video.h5", verify=False)
    with np.load(KERAS2 / "video.npz") as expected:
        found = ported.predict(expected["frames"])
        assert np.abs(found - expected["out"]).max() < 1e-6 * np.abs(expected["out"]).max()


def test_the_model_is_a_class_called_between_two_reshapes(saved: Callable[..., Path]) -> None:
    source = port(saved(video), verify=False).source
    assert "self.cnn = Cnn()" in source
    assert "x = self.cnn(frames.flatten(0, 1).permute(0, 3, 1, 2)).unflatten(0, frames.shape[:2])" in source


def test_a_model_that_is_shared_is_one_module(saved: Callable[..., Path]) -> None:
    source = port(saved(shared), verify=False).source
    assert source.count("= Cnn()") == 1 and source.count("self.cnn(") == 2


def test_what_brings_samples_together_is_called_step_by_step(saved: Callable[..., Path]) -> None:
    source = port(saved(across_samples), verify=False).source
    assert source.count("self.inner(") == 3 and ".flatten(0, 1)" not in source


def test_an_unknown_number_of_such_steps_is_refused() -> None:
    with pytest.raises(Refused, match=r"layer 'each' .*number of its steps is unknown, .*'mean.*' in it may bring"):
        port(across_samples(None), verify=False)


def test_batch_statistics_are_those_of_each_step() -> None:
    model = randomised(video())
    frames = np.random.default_rng(1).standard_normal((4, 5, *FRAME)).astype(np.float32)
    ported = port(model, exact_training=True, verify=False)
    expected = np.asarray(model(frames, training=True))
    with torch.no_grad():
        found = ported.module.train()(torch.from_numpy(frames)).numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    norm = model.get_layer("each").layer.get_layer("body").get_layer("norm")
    for name, weight in (("running_mean", norm.moving_mean), ("running_var", norm.moving_variance)):
        held = ported.module.cnn.body.norm.get_buffer(name)
        np.testing.assert_allclose(held, weight, rtol=1e-4, atol=1e-5)
    assert any("Keras normalises every step by itself" in note for note in port(model, verify=False).report.notes)


def test_the_survey_looks_into_the_model() -> None:
    rows = {row.path: row.standing for row in dry_run(video()).layers}
    assert rows["cnn/body/down"] == rows["lstm"] == "exact" and "each" in rows
