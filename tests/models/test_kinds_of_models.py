"""Models of the kinds that people have: saved, ported from the file, equal to Keras at every layer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from keras_models import randomised
from kinds_of_images import IMAGES
from kinds_of_sequences import SEQUENCES

from equivalence import port
from equivalence.keras_side import KerasProcess
from equivalence.verification.against_keras import compare_with

#: What Keras on TensorFlow has no kernels for in float64, or takes constants or whole layers through float32 in: `port`
#: asks Keras on torch too, and what the entries say of it.
ELSEWHERE = {"feature_pyramid", "transformer_encoder", "volume", "spoken_command"}
EXACT, SINGLE = 1e-10, 1e-5


@pytest.fixture(scope="module")
def keras_process() -> Iterator[KerasProcess]:
    with KerasProcess("tensorflow", threads=1) as process:
        yield process


@pytest.mark.parametrize("make", [*IMAGES, *SEQUENCES], ids=lambda make: make.__name__)
def test_a_model_of_this_kind_is_equal(make: Callable[[], Any], keras_process: KerasProcess, tmp_path: Path) -> None:
    path = tmp_path / f"{make.__name__}.keras"
    model = randomised(make())
    model.save(path)
    elsewhere = make.__name__ in ELSEWHERE
    ported = port(path, verify=elsewhere)
    if not elsewhere:
        compare_with(keras_process, ported, path, lambda what: None)
    report = ported.report
    assert report.verified, report.because
    named = {layer.name for layer in model.layers if layer.weights and not hasattr(layer, "layers")}
    assert named <= {row["path"].partition("/")[0] for row in report.layers}
    assert report.float64 is not None
    assert report.float64["max_rel"] < (SINGLE if elsewhere else EXACT)
