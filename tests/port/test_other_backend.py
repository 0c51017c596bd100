"""Where Keras is off on one backend, what agrees with the port at every layer gives the verdict, and it is said."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops
from keras_models import randomised

from equivalence import Ported, port, porting
from equivalence.emit.draft import EmittedCall
from equivalence.keras_side import KerasFailed, KerasProcess
from equivalence.translation.order import FIRST, KERAS, Flat, Order
from equivalence.verification import against_keras
from equivalence.verification.keras_layout import from_keras_array, to_keras_array
from equivalence.verification.report import Report
from equivalence.verification.settling import may_be_rounding, same_meaning, what_is_off


@pytest.fixture(autouse=True)
def processes(monkeypatch: pytest.MonkeyPatch, keras_process: KerasProcess, keras_on_torch: KerasProcess) -> None:
    """One process of each backend for all tests: they are not ended when a port is verified."""
    started = {"tensorflow": keras_process, "torch": keras_on_torch}
    monkeypatch.setattr(against_keras, "KerasProcess", lambda backend: nullcontext(started[backend]))


BATCH = 2  # of the inputs that ports are verified on: Keras on TensorFlow takes what is as long for a bias


def segmentation() -> Any:
    image = keras.Input((5, 7, 3), name="image")
    x = layers.Conv2D(4, 3, padding="same", activation="relu")(image)
    x = layers.UpSampling2D(2, interpolation="bilinear", name="larger")(x)
    return keras.Model(image, layers.Softmax()(layers.Conv2D(3, 1)(x * 30.0)), name="segmentation")


@pytest.mark.parametrize("interpolation", ["bicubic", "lanczos3"])
def test_what_an_entry_allows_is_one_calm_line(interpolation: str) -> None:
    """TensorFlow resizes in float32 whatever the dtype, and Keras on torch has no such resizing: neither is exact."""
    image = keras.Input((7, 9, 3), name="image")
    x = layers.Resizing(12, 10, interpolation=interpolation, name="resized")(layers.Conv2D(4, 3)(image))
    report = port(keras.Model(image, layers.Softmax()(layers.Conv2D(3, 1)(x)), name="segmenter")).report
    assert report.verified, report.because
    assert report.notes[-1].startswith("Keras on TensorFlow is off by what is known of it (resized: ")


def added() -> Any:
    x = keras.Input((BATCH, 3), name="x")
    shift = keras.Input((1, 1), name="shift")
    return keras.Model([x, shift], layers.Dense(4, name="last")(layers.Add(name="sum")([x, shift])), name="added")


def averaged() -> Any:
    x = keras.Input((BATCH, 3), name="x")
    shift = keras.Input((1, 1), name="shift")
    return keras.Model([x, shift], layers.Dense(4)(layers.Average(name="mean")([x, shift])), name="averaged")


def plus() -> Any:
    keras.utils.clear_session(free_memory=False)  # an operation has no name of its own: Keras counts from "add" again
    x = keras.Input((BATCH, 3), name="x")
    shift = keras.Input((1, 1), name="shift")
    return keras.Model([x, shift], layers.Dense(4)(ops.add(x, shift)), name="plus")


def small_heads() -> Any:
    x = keras.Input((3, 5), name="x")
    attended = layers.MultiHeadAttention(3, 1, name="attention")(x, x)
    return keras.Model(x, layers.LayerNormalization()(layers.Dense(4)(attended)), name="small_heads")


def nested() -> Any:
    inner = small_heads()
    x = keras.Input((3, 5), name="steps")
    return keras.Model(x, layers.Dense(2)(inner(x)), name="nested")


def backwards(make: Callable[..., Any]) -> Callable[[], Any]:
    def model() -> Any:
        words = keras.Input((7,), dtype="int32", name="words")
        x = layers.Embedding(3, 4, mask_zero=True)(words)
        return keras.Model(words, layers.Dense(2)(make(x)), name="backwards")

    return model


UNROLLED = {"units": 4, "unroll": True, "go_backwards": True, "return_sequences": True, "zero_output_for_mask": True}
#: The models, the layer that TensorFlow has wrong, and what settles that.
OFF = {
    "segmentation": (segmentation, "larger", "Keras on PyTorch"),
    "added": (added, "sum", "Keras on PyTorch"),
    "averaged": (averaged, "mean", "Keras on PyTorch"),
    "plus": (plus, "add", "Keras on PyTorch"),
    "small-heads": (small_heads, "attention", "Keras on PyTorch"),
    "nested": (nested, "small_heads/attention", "Keras on PyTorch"),
    **{
        cls.__name__: (backwards(cls(**UNROLLED, name="steps")), "steps", "Keras on TensorFlow with unroll=False")
        for cls in (layers.SimpleRNN, layers.LSTM, layers.GRU)
    },
    "both-ways": (
        backwards(layers.Bidirectional(layers.GRU(4, unroll=True, return_sequences=True), name="steps")),
        "steps",
        "Keras on TensorFlow with unroll=False",
    ),
}


@pytest.mark.parametrize(("make", "off", "settled_by"), OFF.values(), ids=OFF)
def test_what_agrees_gives_the_verdict(make: Callable[[], Any], off: str, settled_by: str, tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    randomised(make()).save(path)
    ported = port(path)
    report = ported.report
    assert report.verified is True, report.because
    assert report.because == "" and report.apart == [] and all(row["equal"] for row in report.layers)
    (note,) = [note for note in report.notes if note not in ported.draft.notes]
    assert note.startswith("Keras on TensorFlow is off ") and f"at {off}." in note
    assert note.endswith(f"{settled_by} agrees with the port.")
    assert ("torch" if settled_by.endswith("PyTorch") else "tensorflow") in report.versions


CHANNELS_FIRST = {"padding": "same", "data_format": "channels_first"}
#: What Keras computes rightly on the backend that is asked first, and wrongly on the other.
ASKED_FIRST = {
    "volume": ((8, 6, 10, 3), layers.AveragePooling3D(3, 2, padding="same"), "tensorflow"),
    "image": ((8, 6, 3), layers.AveragePooling2D(3, 2, padding="same"), "tensorflow"),
    "convolution": ((3, 4, 6, 5), layers.Conv3D(5, 2, **CHANNELS_FIRST), "torch"),
    "separable": ((4, 6, 5), layers.SeparableConv2D(5, 3, **CHANNELS_FIRST), "torch"),
}


@pytest.mark.parametrize(("shape", "layer", "backend"), ASKED_FIRST.values(), ids=ASKED_FIRST)
def test_the_backend_that_is_right_is_asked_first(
    shape: tuple[int, ...], layer: Any, backend: str, tmp_path: Path
) -> None:
    x = keras.Input(shape, name="x")
    path = tmp_path / "model.keras"
    randomised(keras.Model(x, layers.Activation("tanh")(layer(x)))).save(path)
    report = port(path).report
    assert report.verified is True and backend in report.versions
    assert report.notes == []


def test_a_port_that_no_backend_agrees_with_is_different(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, filled = tmp_path / "model.keras", porting.filled_module
    randomised(added()).save(path)

    def changed(*arguments: Any, **options: Any) -> Any:
        module = filled(*arguments, **options)
        next(module.parameters()).data.mul_(1.5)
        return module

    monkeypatch.setattr(porting, "filled_module", changed)
    report = port(path).report
    assert report.verified is False
    assert "tensorflow" in report.versions, "the first backend is reported against"
    assert [row["path"] for row in report.apart] == ["sum", "last"], "each of them by itself"
    assert report.because and report.notes == []


def test_layers_behind_one_that_is_apart_are_not_apart_by_themselves(
    tmp_path: Path, verified: Callable[..., Ported]
) -> None:
    path = tmp_path / "model.keras"
    randomised(segmentation()).save(path)
    report = verified(path).report
    unequal = [row["path"] for row in report.layers if not row["equal"]]
    assert len(unequal) > 1 and unequal[0] == "larger"
    assert [row["path"] for row in report.apart] == ["larger"]
    assert report.to_json()["apart"] == ["larger"]


def test_without_another_backend_the_verdict_is_different(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(against_keras, "available_backends", lambda: ("tensorflow",))
    path = tmp_path / "model.keras"
    randomised(added()).save(path)
    report = port(path).report
    assert report.verified is False and report.notes == []


@pytest.mark.parametrize(
    ("errors", "rounding"), [([1e-8], True), ([1e-8, 1e-3], False), (["inf"], False), (["nan"], False)], ids=str
)
def test_only_small_differences_may_be_rounding(errors: list[Any], rounding: bool) -> None:
    assert may_be_rounding([{"path": "b", "equal": False, "max_rel": error} for error in errors]) is rounding


def apart(entry: str, *paths: str, error: float = 0.5) -> Report:
    report = Report("m.keras", "m.safetensors", 0, [EmittedCall(path, entry, "exact") for path in paths], [])
    report.apart = [{"path": path, "equal": False, "max_rel": error} for path in paths]
    return report


def test_what_is_said_of_a_backend_names_layers_and_what_is_known() -> None:
    dense = "keras.layers.Dense"
    assert what_is_off(apart(dense, "a"), "torch") == "Keras on PyTorch is off at a."
    assert what_is_off(apart(dense, *"abcde"), "torch") == "Keras on PyTorch is off at a, b, c and 2 more."
    assert what_is_off(apart(dense, "a", error=1e-8), "tensorflow").endswith("by the rounding of float32 at a.")
    assert what_is_off(apart(dense), "torch") == "Keras on PyTorch gives other outputs, its layers none."
    known = what_is_off(apart("keras.layers.Add", "a", "b"), "tensorflow")
    assert known.count("Known of keras.layers.Add: A second operand") == 1
    assert "Known" not in what_is_off(apart("keras.layers.Add", "a"), "torch")


def test_a_path_out_of_a_file_is_made_printable() -> None:
    said = what_is_off(apart("keras.layers.Dense", "a\x1b[2J\nb" + "c" * 500), "torch")
    assert "\\x1b[2J b" in said and said.isprintable() and len(said) < 200


def test_settings_that_no_layer_has_are_an_error(tmp_path: Path, keras_process: KerasProcess) -> None:
    path, inputs = tmp_path / "model.keras", tmp_path / "inputs.npz"
    small_heads().save(path)
    np.savez(inputs, np.ones((2, 3, 5), np.float32))
    call = {"path": path, "inputs": inputs, "dtype": "float64", "out_dir": tmp_path, "layers": False}
    with pytest.raises(KerasFailed, match="attention has no unroll"):
        keras_process.call("run_model", **call, instead=[[["attention"], {"unroll": False}]])


def test_settings_of_the_same_meaning_are_those_of_known_defects() -> None:
    assert same_meaning(apart("keras.layers.LSTM", "inner/lstm"), "tensorflow") == (
        "Keras on TensorFlow with unroll=False",
        [(["inner", "lstm"], {"unroll": False})],
    )
    assert same_meaning(apart("keras.layers.LSTM", "lstm"), "torch") == ("", [])
    assert same_meaning(apart("keras.layers.Add", "add"), "tensorflow") == ("", [])


@pytest.mark.parametrize("order", [KERAS, FIRST, Flat((5, 3, 4))], ids=str)
def test_an_array_goes_to_the_emitted_order_and_back(order: Order) -> None:
    array = np.arange(120).reshape((2, 60) if isinstance(order, Flat) else (2, 3, 4, 5))
    there = from_keras_array(array, order)
    assert np.array_equal(to_keras_array(there, order), array)
    assert order == KERAS or not np.array_equal(there, array)
