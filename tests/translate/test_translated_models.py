"""Definitions as tutorials write them: translated whole, and equal to the original in Keras with the same weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from translated_models import FILES, both

from equivalence.translating import translate


def test_there_are_thirty_of_them() -> None:
    assert len(FILES) >= 30


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_translation_is_whole_and_equals_the_original(file: Path) -> None:
    found = translate(file.read_text("utf-8"), name=file.name)
    assert found.whole, found.not_understood
    for wanted, given in both(file, found.translated):
        assert given.shape == wanted.shape
        assert np.ptp(wanted, axis=0).max() > 1e-6  # the samples differ: what is compared is no constant
        assert np.abs(given - wanted).max() <= 1e-9 * np.abs(wanted).max()
