"""Calls of torch bound by its signatures, and templates filled with what they give."""

from __future__ import annotations

import ast

import pytest

from equivalence.translation.keras_templates import Unknown, chosen, filled
from equivalence.translation.torch_calls import WrongCall, bind, full_name, missing, parse, signature

CONV = "nn.Conv2d(in_channels, out_channels, kernel_size, stride=1, padding=0)(x)"


def bound(text: str, stated: str = CONV) -> dict[str, str]:
    call = parse(text)
    assert call is not None
    return {name: ast.unparse(node) for name, node in bind(call, signature(stated)).items()}


def written(template: str, text: str, stated: str) -> str:
    call, torch = parse(text), signature(stated)
    assert call is not None
    return filled(chosen(template, torch, bind(call, torch)), torch, bind(call, torch))


def test_positional_arguments_have_torchs_places() -> None:
    assert bound("nn.Conv2d(3, 64, 5, 2)") == {
        "in_channels": "3", "out_channels": "64", "kernel_size": "5", "stride": "2",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("F.relu(x)", "torch.nn.functional.relu"),
        ("y = torch.nn.Linear(3, 4)(x)", "torch.nn.Linear"),
        ("x.view(2, -1)", "torch.Tensor.view"),
        ("model(x).view(2, -1)", "torch.Tensor.view"),
        ("optim.SGD(p)", "torch.optim.SGD"),
    ],
)
def test_a_call_has_a_full_name(text: str, name: str) -> None:
    call = parse(text)
    assert call is not None and call.name == name


@pytest.mark.parametrize(
    "text", ["", "a b", "x +", "(((", "lambda: 0", "f(x) + 1", "a" * 3000 + "()", "f(\x00)", "f" + "(" * 500]
)
def test_what_is_no_call_is_none(text: str) -> None:
    assert parse(text) is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("nn.Conv2d(1, 2, 3, 4, 5, 6)", "takes 5 arguments by their places, not 6"),
        ("nn.Conv2d(1, 2, 3, strides=2)", "has no argument strides; it has in_channels"),
        ("nn.Conv2d(1, 2, 3, in_channels=2)", "in_channels is given twice"),
        ("nn.Conv2d(*sizes)", "what * and ** unpack is not known"),
        ("nn.Conv2d(1, 2, 3)(a, b)", "takes 1 arguments by their places, not 2"),
    ],
)
def test_a_call_that_torch_refuses_is_told(text: str, says: str) -> None:
    with pytest.raises(WrongCall, match=says.replace("*", r"\*")):
        bound(text)


def test_what_must_be_given_is_named() -> None:
    call = parse("nn.Conv2d(1)")
    assert call is not None
    assert missing(signature(CONV), bind(call, signature(CONV))) == ["out_channels", "kernel_size"]


def test_an_overload_is_told_by_the_kind_of_what_is_given() -> None:
    number, tensor = "torch.max(input, dim: int)", "torch.max(input, other: Tensor)"
    assert bound("torch.max(x, 1)", number) == {"input": "x", "dim": "1"}
    with pytest.raises(WrongCall, match="must be Tensor"):
        bound("torch.max(x, 1)", tensor)
    with pytest.raises(WrongCall, match="must be int"):
        bound("torch.max(x, y)", number)


def test_numpys_words_are_torchs() -> None:
    assert bound("torch.sum(x, axis=1, keepdims=True)", "torch.sum(input, dim=None, keepdim=False)") == {
        "input": "x", "dim": "1", "keepdim": "True",
    }  # fmt: skip


def test_sizes_are_one_tuple() -> None:
    assert bound("x.view(2, -1)", "Tensor.view(self, *shape)") == {"self": "x", "shape": "(2, -1)"}
    assert bound("x.view((2, -1))", "Tensor.view(self, *shape)")["shape"] == "(2, -1)"


def test_dtypes_are_named_as_in_keras() -> None:
    assert bound("x.to(torch.long)", "Tensor.to(self, dtype)")["dtype"] == "'int64'"


@pytest.mark.parametrize(
    ("template", "text", "code"),
    [
        ("f(input, axis=dim)", "torch.f(x)", "f(x)"),
        ("f(input, axis=dim)", "torch.f(x, 2)", "f(x, axis=2)"),
        ("f(input, axis=always(dim))", "torch.f(x)", "f(x, axis=None)"),
        ("f(1 - scale)", "torch.f(x, scale=0.1)", "f(0.9)"),
        ("f(1 - scale)", "torch.f(x, scale=s)", "f(1 - s)"),
        ("f(input) if scale == 1 else g(input, scale)", "torch.f(x)", "f(x)"),
        ("f(input) if scale == 1 else g(input, scale)", "torch.f(x, scale=2)", "g(x, 2)"),
        ("f(input) if scale == 1 else g(input, scale)", "torch.f(x, scale=s)", "f(x) if s == 1 else g(x, s)"),
        ("f(input) if dim is None else g(input)", "torch.f(x, d)", "g(x)"),
        ("f(input, flag and scale)", "torch.f(x, flag=True, scale=s)", "f(x, s)"),
        ("f(dim[0])", "torch.f(x, (a, b))", "f(a)"),
    ],
)
def test_a_template_is_filled(template: str, text: str, code: str) -> None:
    assert written(template, text, "torch.f(input, dim=None, scale=1, flag=False)") == code


def test_a_name_in_what_is_given_is_no_argument() -> None:
    assert written("f(input, axis=dim)", "torch.f(dim, input)", "torch.f(input, dim=None)") == "f(dim, axis=input)"


def test_what_a_function_cannot_decide_is_named() -> None:
    stated = signature(CONV)
    call = parse("nn.Conv2d(3, 4, k)")
    assert call is not None
    with pytest.raises(Unknown, match="kernel_size"):
        chosen(lambda given: str(given.value("kernel_size")), stated, bind(call, stated))


def test_names_of_modules_are_completed() -> None:
    assert full_name("nn.Linear") == "torch.nn.Linear"
    assert full_name("Linear") == "Linear"
