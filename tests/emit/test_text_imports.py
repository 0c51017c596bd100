"""The lines that bring what a text names."""

from __future__ import annotations

from equivalence.emit.text_imports import imports_of


def test_names_that_are_used_and_not_defined_are_brought_a_module_a_line() -> None:
    text = "def f(path: Path, copy):\n    return DataLoader(TensorDataset(copy)), csv.reader(path), np.zeros(3)"
    assert imports_of([text]) == [
        "import csv",
        "import numpy as np",
        "from pathlib import Path",
        "from torch.utils.data import DataLoader, TensorDataset",
    ]


def test_what_another_text_defines_is_not_brought() -> None:
    assert imports_of(["class Dataset:\n    pass", "Dataset()"]) == []
