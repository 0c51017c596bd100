"""The second lock: emitted code that could do more than compute is not run."""

from __future__ import annotations

import ast

import pytest

from equivalence.emit.guard import Unsafe, check_expression, check_source

ALLOWED = [
    "F.relu(self.conv2d_1(_v1_))",
    "torch.cat((_v1_, _v2_), dim=1)[:, -1]",
    "_v1_ * -0.5 + math.inf",
    "[part.sum() for part in _v1_.split(2)]",
    "torch._foreach_mul_(_v1_, 2)",
]
FORBIDDEN = [
    "__import__('os').system('true')", "open('x')", "eval('1')", "_v1_.__class__", "torch.load('x')", "os.getcwd()",
    "(lambda: 1)()", "getattr(torch, 'load')", "torch.hub", "unknown(_v1_)", "(x := 1)", "torch.ops.load_library('x')",
    "print(1)", "globals()", "self._modules", "torch._C", "self._foreach_mul_", "torch._dynamo._foreach_",
]  # fmt: skip
FORBIDDEN_SOURCE = [
    "import os", "from os import path", "from . import x", "exec('1')", "def f():\n    global y\n    y = 1",
    "class A:\n    def __del__(self):\n        open('x')", "while True:\n    yield 1",
    "try:\n    pass\nfinally:\n    pass",
    "async def f():\n    pass", "import torch.utils", "del x",
]  # fmt: skip


@pytest.mark.parametrize("text", ALLOWED)
def test_arithmetic_tensors_and_modules_pass(text: str) -> None:
    check_expression(ast.parse(text, mode="eval"))


@pytest.mark.parametrize("text", FORBIDDEN)
def test_expressions_that_reach_further_do_not(text: str) -> None:
    with pytest.raises(Unsafe):
        check_expression(ast.parse(text, mode="eval"))


@pytest.mark.parametrize("source", FORBIDDEN_SOURCE)
def test_statements_that_reach_further_do_not(source: str) -> None:
    with pytest.raises(Unsafe):
        check_source(source)


def test_names_of_helpers_are_known_where_they_are_given() -> None:
    tree = ast.parse("same_pad(_v1_, (3, 3))", mode="eval")
    with pytest.raises(Unsafe):
        check_expression(tree)
    check_expression(tree, {"same_pad"})


WIDENED = ["torch.save(x, path)", "import csv", "print(x)", "from torch.utils.data import DataLoader"]
STILL_FORBIDDEN = [
    "import os",
    "open('x')",
    "getattr(x, 'y')",
    "exec('1')",
    "torch.hub",
    "x.__class__",
    "import pickle",
]


@pytest.mark.parametrize("line", WIDENED)
def test_what_is_written_beside_models_may_do_more_than_a_layer(line: str) -> None:
    source = f"def f(x, path):\n    {line}"
    check_source(source, written=True)
    with pytest.raises(Unsafe):
        check_source(source)


@pytest.mark.parametrize("line", STILL_FORBIDDEN)
def test_and_reaches_no_further(line: str) -> None:
    with pytest.raises(Unsafe):
        check_source(f"def f(x):\n    {line}", written=True)
