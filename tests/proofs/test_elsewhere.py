"""What entries name of other libraries is run: the same numbers after each batch, and after a reset."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import numpy as np
import pytest
import torch

from equivalence import catalogue
from equivalence.proofs import Oracles
from equivalence.proofs.trial import in_keras
from equivalence.render.page import page
from equivalence.render.result_fields import record
from equivalence.schema import Elsewhere, Entry
from equivalence.torch_side.torch_trials import torch_metric
from equivalence.verification.compare import compare

torchmetrics = pytest.importorskip("torchmetrics", reason="the extra `metrics` is not installed")
#: torchmetrics computes some of them in float32, whatever it is given.
ROUNDING = 1e-6
NAMED = [
    pytest.param(entry, elsewhere, id=entry.keras.removeprefix("keras."))
    for entry in catalogue.entries()
    for elsewhere in entry.elsewhere
]


class Adapted:
    """A metric of another library, given what Keras's is."""

    def __init__(self, elsewhere: Elsewhere) -> None:
        self.metric = eval(elsewhere.make, {"torchmetrics": torchmetrics})
        self.arguments = elsewhere.update
        self.compute, self.reset = self.metric.compute, self.metric.reset

    def update(self, *given: torch.Tensor) -> None:
        names = {"values": given[0]} if len(given) == 1 else dict(zip(("y_true", "y_pred"), given, strict=True))
        arguments = eval(f"({self.arguments},)", names)
        self.metric.update(*arguments)


@pytest.fixture(scope="module")
def oracles() -> Iterator[Oracles]:
    with Oracles(threads=1) as started:
        yield started


@pytest.mark.parametrize(("entry", "elsewhere"), NAMED)
def test_it_says_what_keras_says(oracles: Oracles, entry: Entry, elsewhere: Elsewhere) -> None:
    (case,) = [case for case in entry.cases if case.id == elsewhere.case]
    arrays = import_module("equivalence.proofs.trials.metric_trial").draw(entry, case)
    expected = in_keras(entry, case, oracles.on(case.oracle), arrays, "float64")
    wide: dict[str, Any] = {name: a.astype("float64") if a.dtype.kind == "f" else a for name, a in arrays.items()}
    found = torch_metric.run(lambda: Adapted(elsewhere), case.trial or {}, wide, "float64")
    assert np.ptp([expected[name] for name in sorted(expected)], axis=0).max() > 0, "all batches say the same"
    compared = compare(found, expected, max_rel=ROUNDING, name="elsewhere")
    assert compared.message == ""


@pytest.mark.parametrize(("entry", "elsewhere"), NAMED)
def test_it_stands_where_people_look(entry: Entry, elsewhere: Elsewhere) -> None:
    assert elsewhere.make in page(record(entry))
