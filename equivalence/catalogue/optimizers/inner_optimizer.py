"""An optimizer inside another object's configuration."""

from __future__ import annotations

from equivalence.catalogue.nested_object import entries_of
from equivalence.catalogue.optimizers import (
    adafactor,
    adagrad,
    adam,
    adamax,
    ftrl,
    lion,
    muon,
    rmsprop,
    schedule_free,
    sgd,
)

#: By the name of their class.
INNER_OPTIMIZERS = entries_of((adafactor, adagrad, adam, adamax, ftrl, lion, muon, rmsprop, schedule_free, sgd))
