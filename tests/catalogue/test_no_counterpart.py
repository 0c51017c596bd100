"""What has no counterpart is refused for the reason that its entry states, with what to do instead."""

from __future__ import annotations

import pytest

from equivalence import catalogue
from equivalence.emit.emitter import emit
from equivalence.emit.written_text import emit_written
from equivalence.errors import Refused
from equivalence.proofs.truth import single_call
from equivalence.schema import WRITTEN, Case, Entry
from equivalence.torch_side.oracle import TorchOracle

ENTRIES = [entry for entry in catalogue.entries() if entry.no_counterpart]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.keras.removeprefix("keras."))
def test_a_model_with_it_is_refused_with_what_its_entry_says(entry: Entry) -> None:
    """A file may name it even where Keras itself would not write that: the attempt is made by hand."""
    if entry.kind in WRITTEN:
        with pytest.raises(Refused, match="no counterpart") as refusal:
            emit_written(entry, {}, TorchOracle())
        assert entry.no_counterpart in str(refusal.value)
        return
    model = single_call(entry, Case("attempt", {}, x=(2, 3, 5)))
    with pytest.raises(Refused) as refusal:
        emit(model, TorchOracle(), "Attempt")
    assert entry.no_counterpart in str(refusal.value)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.keras.removeprefix("keras."))
def test_it_says_why_and_what_to_do(entry: Entry) -> None:
    because, _, instead = entry.no_counterpart.partition("; ")
    assert because and instead, "two parts: why, and behind a semicolon what to do instead"
    assert not entry.torch and not entry.differences
