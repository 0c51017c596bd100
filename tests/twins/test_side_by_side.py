"""The twins can be read side by side: the same files, and in them the same names in the same order."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(file.name for file in (ROOT / "keras_impl").glob("*.py"))


def names(file: Path) -> list[str]:
    tree = ast.parse(file.read_text("utf-8"))
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]


def test_the_same_files() -> None:
    assert sorted(file.name for file in (ROOT / "torch_impl").glob("*.py")) == FILES


#: What one framework has as a layer and the other has not.
OWN = {
    "layers.py": {"ScaledAdd", "batch_norm", "SeparableConv2d", "max_pool2d_same", "avg_pool2d_same"},
    "heads.py": {"flatten", "Activation"},
}


@pytest.mark.parametrize("file", FILES)
def test_the_same_names_in_the_same_order(file: str) -> None:
    keras, torch = (
        [name for name in names(ROOT / package / file) if name not in OWN.get(file, ())]
        for package in ("keras_impl", "torch_impl")
    )
    assert keras == torch
