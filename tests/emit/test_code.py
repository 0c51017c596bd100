"""Text of a model file never becomes code."""

from __future__ import annotations

import ast
import keyword
import math

import pytest
from torch import nn

from equivalence.translation.python_text import RESERVED, call, class_name, complement, identifier, literal, squeeze

HOSTILE = [
    "__import__('os')", '"""', "forward", "class", "T", "a.b", "1st", "", "ü", "x y", "half", "_private", "a" * 500,
    "\n", "match", "self", "x",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name)[:30])
def test_every_name_becomes_a_plain_identifier(name: str) -> None:
    made = identifier(name, ())
    assert made.isidentifier() and made.isascii() and not keyword.iskeyword(made)
    assert not hasattr(nn.Module(), made) and made not in RESERVED
    assert class_name(name).isidentifier()


def test_names_that_python_allows_stay() -> None:
    assert identifier("block1_conv1", ()) == "block1_conv1"


def test_taken_names_get_a_number() -> None:
    assert identifier("a b", {"a_b", "a_b_2"}) == "a_b_3"


def test_reserved_names_are_those_of_the_installed_module() -> None:
    public = {name for name in dir(nn.Module()) if not name.startswith("_")}
    assert public <= RESERVED


@pytest.mark.parametrize("value", [None, True, -3, 0.001, 1e-30, math.inf, -math.inf, (1, (2, 3)), (1,), ()], ids=repr)
def test_literals_read_back_as_themselves(value: object) -> None:
    assert eval(literal(value), {"math": math}) == value


@pytest.mark.parametrize("value", ["text", math.nan, {"a": 1}, object(), b"x", 1j], ids=lambda v: type(v).__name__)
def test_other_values_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match="is not a number"):
        literal(value)


def test_calls_leave_out_defaults_of_the_same_type_only() -> None:
    omit = {"stride": 1, "bias": True}
    assert call("nn.Conv2d", 3, 5, kernel_size=(3, 2), stride=1, bias=False, omit=omit) == (
        "nn.Conv2d(3, 5, kernel_size=(3, 2), bias=False)"
    )
    assert call("f", flag=1, omit={"flag": True}) == "f(flag=1)"
    ast.parse(call("f", (1,), x="y"))


def test_equal_numbers_are_one() -> None:
    assert squeeze((3, 3)) == 3 and squeeze((3, 2)) == (3, 2)


def test_complement_is_what_a_person_would_write() -> None:
    assert complement(0.99) == 0.01 and complement(0.9) == 0.1
