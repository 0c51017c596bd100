"""Stateful recurrent layers: successive calls equal to Keras's, whole models, and back to zeros."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import torch
from keras import layers
from keras_models import randomised

from equivalence import Ported, Refused, port
from equivalence.keras_side import KerasProcess
from equivalence.verification.compare import compare

BATCH = 4
KERAS2 = Path(__file__).parent.parent / "formats" / "keras2"


def chain() -> Any:
    """Every kind of recurrent layer, one upon the other; one with a mask, one in both directions."""
    return keras.Sequential(
        [
            keras.Input((6, 3), batch_size=BATCH),
            layers.ReLU(),
            layers.Masking(0.0, name="masking"),
            layers.LSTM(5, stateful=True, return_sequences=True, name="lstm"),
            layers.GRU(4, stateful=True, return_sequences=True, go_backwards=True, name="backwards"),
            layers.Bidirectional(layers.GRU(3, stateful=True, return_sequences=True), name="both"),
            layers.SimpleRNN(4, stateful=True, return_sequences=True, activation="softsign", name="simple"),
            layers.RNN([layers.LSTMCell(3), layers.GRUCell(2)], stateful=True, name="cells"),
        ],
        name="chain",
    )


def film() -> Any:
    """A convolutional one in a nested model, and one whose state goes out and comes in by itself."""
    given = keras.Input((3, 6, 5, 2), batch_size=BATCH, name="given")
    x = layers.ConvLSTM2D(3, 3, padding="same", stateful=True, name="conv")(given)
    inner = keras.Model(given, layers.GlobalAveragePooling2D(name="mean")(x), name="inner")
    frames = keras.Input((3, 6, 5, 2), batch_size=BATCH, name="frames")
    steps = keras.Input((6, 3), batch_size=BATCH, name="steps")
    state = inner(frames)
    x, last = layers.GRU(3, stateful=True, return_state=True, name="gru")(steps, initial_state=state)
    return keras.Model([frames, steps], [x, layers.Dense(2, name="out")(last)], name="film")


def draw(ported: Ported, seed: int) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    shapes = [spec.shape for _, _, spec in ported.draft.classes[-1].inputs]
    return [random.standard_normal(shape).astype(np.float32) for shape in shapes]


@pytest.mark.parametrize("ending", [".keras", ".h5"])
@pytest.mark.parametrize("make", [chain, film], ids=lambda make: make.__name__)
def test_every_layer_is_compared_in_two_calls(
    make: Callable[[], Any], ending: str, saved: Callable[..., Path], verified: Callable[..., Ported]
) -> None:
    report = verified(saved(make, ending)).report
    assert report.verified, report.because
    calls: dict[tuple[str, int], int] = {}
    for row in report.layers:
        assert row["max_rel"] <= 1e-9
        calls[row["path"], row["tensor"]] = calls.get((row["path"], row["tensor"]), 0) + 1
    assert set(calls.values()) == {2} and {path for path, _ in calls} >= {call.path for call in report.emitted}


@pytest.mark.parametrize("make", [chain, film], ids=lambda make: make.__name__)
def test_successive_calls_and_those_after_a_reset(
    make: Callable[[], Any], saved: Callable[..., Path], keras_process: KerasProcess, tmp_path: Path
) -> None:
    path = saved(make)
    ported = port(path, verify=False)
    ported.module.double()
    given = draw(ported, 3)
    np.savez(tmp_path / "inputs.npz", *given)
    expected = []
    for times in (1, 2, 3):
        folder = tmp_path / str(times)
        folder.mkdir()
        answer = keras_process.call(
            "run_model", path=path, inputs=tmp_path / "inputs.npz", dtype="float64", out_dir=folder, times=times,
            layers=False,
        )  # fmt: skip
        expected.append(keras.tree.map_structure(lambda file, at=folder: np.load(at / file), answer["outputs"]))
    first = keras.tree.flatten(expected[0])[0]
    assert not np.allclose(first, keras.tree.flatten(expected[1])[0], rtol=1e-3)
    for wanted in expected:
        result = compare(ported.predict(*given), wanted, max_rel=1e-9)
        assert result.equal, result.message
    ported.module.reset_states()
    result = compare(ported.predict(*given), expected[0], max_rel=1e-9)
    assert result.equal, result.message


def test_a_live_model_is_left_as_it_was_and_the_module_begins_with_zeros() -> None:
    model = randomised(chain())
    model(np.ones((BATCH, 6, 3), np.float32))
    kept = [np.array(state) for state in model.get_layer("lstm").states]
    ported = port(model)
    assert ported.report.verified, ported.report.because
    assert all(np.array_equal(*pair) for pair in zip(kept, model.get_layer("lstm").states, strict=True))
    assert ported.module.lstm_state.h is None and "lstm_state.h" not in ported.module.state_dict()


def test_training_goes_on_from_call_to_call() -> None:
    """What one call keeps is no part of the next one's graph, and none of what inference has made."""
    ported = port(randomised(chain()), verify=False)
    given = torch.randn(BATCH, 6, 3, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        ported.module(given)
    for _ in range(2):
        ported.module.train()(given).sum().backward()
    assert all(p.grad is not None for p in ported.module.lstm.parameters() if p.requires_grad)


def test_another_size_of_the_batch_is_an_error_until_the_reset() -> None:
    ported = port(randomised(chain()), verify=False)
    given = draw(ported, 1)[0]
    before = ported.predict(given)
    with pytest.raises(ValueError, match=r"the state of 4 samples is kept, 3 are given: reset_states\(\) first"):
        ported.predict(given[:3])
    ported.module.reset_states()
    np.testing.assert_allclose(ported.predict(given[:3]), before[:3], rtol=1e-5, atol=1e-6)


def test_a_file_of_keras_2() -> None:
    ported = port(KERAS2 / "stateful.h5", verify=False)
    with np.load(KERAS2 / "stateful.npz") as expected:
        for name in ("first", "second"):
            found = ported.predict(expected["steps"])
            assert np.abs(found - expected[name]).max() < 1e-6 * np.abs(expected[name]).max()


def called_twice() -> Any:
    x = keras.Input((6, 3), batch_size=BATCH)
    layer = layers.LSTM(3, stateful=True, return_sequences=True, name="lstm")
    return keras.Model(x, layer(layer(x)))


def in_a_model_called_twice() -> Any:
    x = keras.Input((6, 3), batch_size=BATCH)
    inner = keras.Sequential([keras.Input((6, 3), batch_size=BATCH), layers.GRU(3, stateful=True)], name="inner")
    return keras.Model(x, layers.Subtract()([inner(x), inner(layers.ReLU()(x))]))


def step_by_step() -> Any:
    x = keras.Input((2, 6, 3), batch_size=BATCH)
    return keras.Model(x, layers.TimeDistributed(layers.Bidirectional(layers.GRU(3, stateful=True)), name="each")(x))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (called_twice, "layer 'lstm' .LSTM.: it is stateful and called more than once"),
        (in_a_model_called_twice, "layer 'inner' .Sequential.: is called more than once with stateful layers in it"),
        (step_by_step, "layer 'each' .TimeDistributed.: the layer in it is stateful"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_what_is_refused(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(Refused, match=message):
        port(make(), verify=False)
