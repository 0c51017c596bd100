"""For tests: a torch module is a Keras model, or the test fails with the report of what differs."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

import numpy as np

from equivalence.checking import check
from equivalence.diagnosis.findings import Check
from equivalence.keras_side.live import is_keras_model
from equivalence.porting import port
from equivalence.render.checked import text
from equivalence.verification.ported import Ported
from equivalence.verification.sample_inputs import draw_inputs

_WIDTH = 72  # columns: pytest puts eight before each


class Failed(NamedTuple):
    """What an AssertionError carries as its `equivalence`: the check, and what both sides are called."""

    check: Check
    keras: str
    torch: str


def assert_equivalent(keras_model: Any, torch_module: Any, inputs: Any = None, **options: Any) -> None:
    """Checks a torch module against a Keras model: a live one, the path of its file, or its verified port.

    `inputs` and `options` are those of `equivalence.check`. Raises AssertionError with the report where the two
    differ, and where that cannot be told; Refused where `check` does.
    """
    __tracebackhide__ = True
    found = check(keras_model, torch_module, inputs, **options)
    if found.equal is not True:
        failure: Any = AssertionError(text(found.to_json(), _WIDTH))
        failure.equivalence = Failed(found, _name(keras_model), type(torch_module).__name__)
        raise failure


def seeded_inputs(keras_model: Any, seed: int = 0) -> list[np.ndarray]:
    """Random inputs for a Keras model (as `assert_equivalent` takes it), in Keras's layout and its order.

    Raises Refused or Unavailable where none are found with which it runs.
    """
    ported = keras_model if isinstance(keras_model, Ported) else port(keras_model, verify=False)
    return draw_inputs(ported, seed)


def _name(keras_model: Any) -> str:
    named = is_keras_model(keras_model) or isinstance(keras_model, Ported)
    return str(keras_model.name) if named else os.path.basename(str(keras_model))
