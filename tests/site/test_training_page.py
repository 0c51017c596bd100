"""The page on training: every proved entry is on it once, under what it is written with."""

from __future__ import annotations

import pytest

from equivalence import catalogue
from equivalence.render.result_fields import record
from equivalence.render.training_page import KINDS, training


@pytest.fixture(scope="module")
def rows() -> dict[str, list[str]]:
    """The cells of each row behind the first, by the name in that, with the heading of its table in front."""
    found: dict[str, list[str]] = {}
    head = ""
    for line in training([record(entry) for entry in catalogue.entries()]).splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("| Keras"):
            head = cells[1]
        elif line.startswith("| `"):
            assert cells[0].strip("`") not in found
            found[cells[0].strip("`")] = [head, *cells[1:]]
    return found


def test_every_proved_entry_of_training_is_on_it(rows: dict[str, list[str]]) -> None:
    proved = [entry for entry in catalogue.entries() if entry.kind in KINDS and record(entry)["short"]]
    assert {*rows} == {entry.keras.removeprefix("keras.") for entry in proved}


@pytest.mark.parametrize(
    ("name", "head", "said", "off"),
    [
        ("optimizers.SGD", "PyTorch's own", "torch.optim.SGD(", "`torch.optim.SGD`"),
        ("optimizers.Adam", "Written", "`KerasAdam`", "`torch.optim.Adam`"),
        ("losses.MeanSquaredError", "PyTorch's own", "F.mse_loss(", "`torch.nn.functional.mse_loss`"),
        ("initializers.HeNormal", "Written", "`variance_scaling_`", "`torch.nn.init.kaiming_normal_`"),
        ("metrics.Mean", "Written", "`Mean`", "torchmetrics.MeanMetric()"),
    ],
)
def test_what_stands_where(rows: dict[str, list[str]], name: str, head: str, said: str, off: str) -> None:
    found = rows[name]
    assert found[0] == head and said in found[1] and off in found[2]
