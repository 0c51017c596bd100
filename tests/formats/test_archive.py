"""What a `.keras` zip may expand to."""

from __future__ import annotations

import io
import zipfile

import pytest

from equivalence.errors import Refused
from equivalence.formats import archive
from equivalence.formats.archive import Archive


def opened(size: int) -> Archive:
    """A zip with weights of `size` zeros, of which next to nothing is stored."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("model.weights.h5", bytes(size))
    return Archive(out, len(out.getvalue()), "model.keras")


def test_weights_that_expand_a_hundredfold_are_not_inflated(monkeypatch: pytest.MonkeyPatch) -> None:
    assert archive.EXPANSION_FLOOR == 256 << 20
    monkeypatch.setattr(archive, "EXPANSION_FLOOR", 1 << 20)
    assert "model.weights.h5" in opened(1 << 20), "small ones may: empty weights are zeros"
    with pytest.raises(
        Refused, match=r"model\.keras: the member 'model\.weights\.h5' would expand from \d+ to 2097152"
    ):
        opened(2 << 20)
