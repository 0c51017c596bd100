"""What a `.keras` zip may expand to."""

from __future__ import annotations

import io
import zipfile
from contextlib import ExitStack

import pytest

from equivalence.errors import Refused
from equivalence.formats import archive
from equivalence.formats.archive import Archive
from equivalence.formats.file_limits import DEFAULTS
from equivalence.formats.window import Window


def opened(size: int) -> Archive:
    """A zip with weights of `size` zeros, of which next to nothing is stored."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("model.weights.h5", bytes(size))
    return Archive(Window(out, 0, len(out.getvalue())), "model.keras", DEFAULTS)


def test_weights_that_expand_a_hundredfold_are_not_inflated(monkeypatch: pytest.MonkeyPatch) -> None:
    assert archive.EXPANSION_FLOOR == 256 << 20
    monkeypatch.setattr(archive, "EXPANSION_FLOOR", 1 << 20)
    with ExitStack() as resources:
        small = opened(1 << 20).window("model.weights.h5", resources)
        assert small.size == 1 << 20, "small ones may: empty weights are zeros"
        with pytest.raises(
            Refused, match=r"model\.keras: the member 'model\.weights\.h5' would expand from \d+ to 2097152"
        ):
            opened(2 << 20).window("model.weights.h5", resources)


def test_members_expand_no_further_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "EXPANSION_FLOOR", 3 << 20)
    with ExitStack() as resources:
        made = opened(1 << 20)
        for _ in range(3):
            made.window("model.weights.h5", resources)
        with pytest.raises(Refused, match="--allow expansion=N allows more, and risks a full disk"):
            made.window("model.weights.h5", resources)
