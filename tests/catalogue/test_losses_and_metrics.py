"""Losses and metrics beyond their cases: what is refused, and that what is shown of a metric runs as it is pasted."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from equivalence import catalogue
from equivalence.emit.emitter import emit
from equivalence.emit.written_text import emit_written
from equivalence.errors import Refused
from equivalence.proofs.truth import single_call
from equivalence.schema import Case, Entry
from equivalence.torch_side.oracle import TorchOracle

METRICS = [entry for entry in catalogue.entries() if entry.kind == "metric" and not entry.no_counterpart]
TWO = [(4, 5), (4, 5)]


@pytest.mark.parametrize(
    ("name", "case", "because"),
    [
        ("MeanSquaredError", Case("c", {"reduction": "average"}, x=TWO), "reduction='average' is not translated"),
        ("MeanSquaredError", Case("c", {}, x=TWO, draw=["normal", "ids:3"]), "the latter of floats"),
        ("CategoricalCrossentropy", Case("c", {"axis": 1, "label_smoothing": 0.5}, x=[(2, 5, 3)] * 2), "last axis"),
        ("SparseCategoricalCrossentropy", Case("c", {"axis": 1}, x=[(4, 3), (4, 5, 3)]), "the only one that Keras"),
        ("SparseCategoricalCrossentropy", Case("c", {}, x=TWO), "y_pred with 2 wants one fewer"),
        ("CategoricalGeneralizedCrossEntropy", Case("c", {}, x=[(4, 1), (4, 5)]), "against the whole batch"),
        ("CTC", Case("c", {}, x=TWO), r"not \(N, S\) and \(N, T, C\)"),
        ("Dice", Case("c", {"axis": 2}, x=TWO), "axis=2 should name axes of a tensor of 2"),
        ("CategoricalFocalCrossentropy", Case("c", {"alpha": "x"}, x=TWO), "alpha='x' should be a finite number"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_calls_of_losses_that_have_no_translation_are_refused(name: str, case: Case, because: str) -> None:
    model = single_call(catalogue.named(f"keras.losses.{name}"), case)
    with pytest.raises(Refused, match=because):
        emit(model, TorchOracle(), "Refused")


@pytest.mark.parametrize(
    ("name", "config", "because"),
    [
        ("AUC", {"curve": "DET"}, "curve='DET' is not translated"),
        ("AUC", {"num_thresholds": 1}, "num_thresholds=1 should be a whole number of at least 2"),
        ("Precision", {"thresholds": "half"}, "thresholds='half' should be numbers"),
        ("IoU", {"num_classes": 2, "target_class_ids": [2]}, "should be classes below 2"),
        ("MeanIoU", {"num_classes": 2, "axis": 1}, "axis=1 fails in Keras itself"),
        ("F1Score", {"average": "samples"}, "average='samples' is not translated"),
        ("SparseCategoricalCrossentropy", {"axis": 1}, "axis=1 is not -1"),
        ("TopKCategoricalAccuracy", {"k": 0}, "k=0 should be a whole number of at least 1"),
    ],
)
def test_settings_of_metrics_that_have_no_translation_are_refused(
    name: str, config: dict[str, Any], because: str
) -> None:
    with pytest.raises(Refused, match=because):
        emit_written(catalogue.named(f"keras.metrics.{name}"), config, TorchOracle())


@pytest.mark.parametrize("entry", METRICS, ids=lambda entry: entry.name)
def test_what_is_shown_of_a_metric_runs_where_it_is_pasted(entry: Entry) -> None:
    names: dict[str, Any] = {"torch": torch, "nn": nn, "F": nn.functional, "math": math, "Tensor": Tensor}
    shown = emit_written(entry, entry.cases[0].config, TorchOracle()).shown
    exec(compile(f"from __future__ import annotations\n{shown}", "pasted.py", "exec"), names)
    metric = names["metric"]
    assert all(callable(getattr(metric, method)) for method in ("update", "compute", "reset"))
    assert all(len(line) <= 100 for line in shown.split("\n"))
