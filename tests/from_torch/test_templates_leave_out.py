"""A keyword that a template leaves out where the call gives none has torch's default in Keras too."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np
import pytest

from equivalence.catalogue.from_torch import torch_index
from equivalence.catalogue.from_torch.torch_rows import FromTorch
from equivalence.search.torch_first import template_of
from equivalence.translation.keras_templates import Given
from equivalence.translation.torch_calls import bind, parse, signature

ROWS = [row for row, _ in torch_index.rows() if not row.no_counterpart]


def texts(row: FromTorch) -> Iterator[str]:
    """The templates that a row has: one, or those that its function chooses for its cases."""
    template = template_of(row)
    if isinstance(template, str):
        yield template
        return
    stated = signature(row.torch)
    for case in (*row.cases, *row.loose):
        call = parse(case)
        assert call is not None
        yield template(Given(stated, bind(call, stated)))


def handed_to(call: ast.Call, helper: str) -> str:
    """What a call hands its keywords to: what it calls, or, of a helper with `**named`, the class that it is given."""
    called = ast.unparse(call.func)
    names: dict[str, Any] = {"keras": keras, "np": np}
    exec(helper, names)
    if called in names and list(inspect.signature(names[called]).parameters)[:1] == ["optimizer"]:
        return ast.unparse(call.args[0])
    return called


def left_out(row: FromTorch) -> Iterator[tuple[str, str, ast.expr]]:
    """(what is called, keyword, torch's default) of each keyword that may be left out."""
    defaults = {each.name: each.default for each in signature(row.torch).all if each.default is not None}
    for text in texts(row):
        for node in ast.walk(ast.parse(text, mode="eval")):
            if isinstance(node, ast.Call) and isinstance(node.func, (ast.Attribute, ast.Name)):
                for keyword in node.keywords:
                    value = without_arguments(keyword.value, defaults)
                    if isinstance(value, ast.Name) and value.id in defaults:
                        yield handed_to(node, row.helper), str(keyword.arg), defaults[value.id]


def without_arguments(value: ast.expr, defaults: Mapping[str, ast.expr]) -> ast.expr:
    """What a conditional value is where no argument is given."""
    if not isinstance(value, ast.IfExp):
        return value
    known = {name: ast.literal_eval(default) for name, default in defaults.items()}
    try:
        decided = eval(ast.unparse(value.test), {}, known)
    except NameError:
        return value
    return without_arguments(value.body if decided else value.orelse, defaults)


def default_of(called: str, keyword: str, helper: str) -> Any:
    names: dict[str, Any] = {"keras": keras, "np": np}
    exec(helper, names)
    for function in (eval(called, names), *filter(inspect.isfunction, names.values())):  # **options are handed on
        parameters = inspect.signature(function).parameters
        if keyword in parameters:
            return parameters[keyword].default
    return inspect.Parameter.empty


def same(one: Any, other: Any) -> bool:
    if isinstance(other, tuple) and len(set(other)) == 1:
        other = other[0]
    return bool(one == other) or (one is None and other is False) or (one == () and other is None)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: signature(row.torch).name)
def test_what_is_left_out_is_the_default_in_keras(row: FromTorch) -> None:
    for called, keyword, default in left_out(row):
        stated = ast.literal_eval(default)
        found = default_of(called, keyword, row.helper)
        assert same(stated, found), (
            f"{called}({keyword}=...) is {found!r} in Keras, {stated!r} in torch: write always(...)"
        )
