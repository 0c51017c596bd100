"""The order in which Keras takes arguments by place."""

from __future__ import annotations

import pytest

from equivalence import catalogue
from equivalence.catalogue.places import places
from equivalence.schema import Entry
from scripts.argument_places import KINDS, signature

LAYERS = [entry for entry in catalogue.entries() if entry.kind in KINDS]


@pytest.mark.parametrize("entry", LAYERS, ids=lambda entry: entry.keras)
def test_it_is_that_of_the_installed_keras(entry: Entry) -> None:
    found = signature(entry)
    if found is not None:
        assert places(entry)[: len(found)] == tuple(found), "run python -m scripts.argument_places"
