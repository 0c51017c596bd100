"""Where TensorFlow rounds to float32 although float64 was asked for, Keras on torch is asked, and it is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import pytest
from keras import layers

from equivalence import port
from equivalence.verification.against_keras import _may_be_rounding
from equivalence.verification.report import Report


def enlarged() -> Any:
    image = keras.Input((5, 7, 3), name="image")
    return keras.Model(image, layers.UpSampling2D(2, interpolation="bilinear", name="larger")(image))


def test_a_bilinear_resize_is_held_against_keras_on_torch(tmp_path: Path) -> None:
    path = tmp_path / "enlarged.keras"
    enlarged().save(path)
    ported = port(path)
    assert ported.report.verified is True
    assert "torch" in ported.report.versions
    assert any("tensorflow rounds to float32" in note for note in ported.report.notes)
    assert not ported.draft.notes  # what verification found is no part of the emitted file


@pytest.mark.parametrize(
    ("apart", "rounding"), [([1e-8], True), ([1e-8, 1e-3], False), (["inf"], False), (["nan"], False)], ids=str
)
def test_only_small_differences_may_be_rounding(apart: list[Any], rounding: bool) -> None:
    report = Report("m.keras", "m.safetensors", 0, [], [])
    report.layers = [{"path": "a", "equal": True, "max_rel": 0.0}]
    report.layers += [{"path": "b", "equal": False, "max_rel": number} for number in apart]
    assert _may_be_rounding(report) is rounding
