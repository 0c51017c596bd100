"""The signatures of the installed torch: of what is written in Python, and of its stubs for the rest."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import torch

from equivalence.translation.torch_calls import WITHOUT_EFFECT, Parameter, Signature

_STUBS = {"torch": "_VariableFunctions.pyi", "torch.Tensor": "__init__.pyi"}


def found(name: str) -> Any:
    item: Any = torch
    for part in name.split(".")[1:]:
        item = getattr(item, part)
    return item


def signatures(name: str) -> list[list[Parameter]]:
    """Each overload's parameters, without `self`: by inspection, by the stubs of torch's own core, by documentation."""
    item = found(name)
    owner, _, short = name.rpartition(".")
    for written in (item, getattr(found(owner), f"_{short}", None)):
        try:
            parameters = list(_inspected(written))
        except (TypeError, ValueError):
            continue
        if parameters or not str(inspect.signature(written)).startswith("(*args"):
            return [parameters]
    stubbed = (
        [list(_stated(function)) for function in _functions(_STUBS[owner]).get(short, [])] if owner in _STUBS else []
    )
    return stubbed or list(_documented(short, item.__doc__ or ""))


def _documented(short: str, text: str) -> Iterator[list[Parameter]]:
    """What the first lines of a function's documentation say: `linalg.det(A, *, out=None) -> Tensor`."""
    for arguments in re.findall(rf"(?m)^\s*(?:[\w.]+\.)?{short}\((.*?)\)\s*->", text):
        try:
            (function,) = ast.parse(f"def _({arguments}): ...").body
        except SyntaxError:
            continue
        assert isinstance(function, ast.FunctionDef)
        yield list(_stated(function))


def _inspected(item: Any) -> Iterator[Parameter]:
    for each in inspect.signature(item).parameters.values():
        if each.name in ("self", "args", "kwargs"):
            continue
        plain = each.default is None or isinstance(each.default, (bool, int, float, str, tuple))
        default = ast.parse(repr(each.default), mode="eval").body if plain else ast.Constant(...)
        yield Parameter(
            each.name,
            None if each.default is each.empty else default,
            several=each.kind is each.VAR_POSITIONAL,
            by_name=each.kind is each.KEYWORD_ONLY,
        )


@cache
def _functions(stub: str) -> dict[str, list[ast.FunctionDef]]:
    tree = ast.parse((Path(torch.__file__).parent / "_C" / stub).read_text("utf-8"))
    functions: dict[str, list[ast.FunctionDef]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            functions.setdefault(node.name, []).append(node)
    return functions


def _stated(function: ast.FunctionDef) -> Iterator[Parameter]:
    given = function.args
    places = [*given.posonlyargs, *given.args]
    first = len(places) - len(given.defaults)
    for place, each in enumerate(places):
        if each.arg != "self":
            yield Parameter(each.arg, given.defaults[place - first] if place >= first else None)
    if given.vararg:
        yield Parameter(given.vararg.arg, several=True)
    for each, default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        yield Parameter(each.arg, default, by_name=True)


def agrees(stated: Signature, overload: list[Parameter]) -> bool:
    """Whether the places of a stated signature are torch's, and its defaults, where torch states both."""
    known = {each.name: each for each in overload}
    by_place = [
        each.name
        for each in overload
        if not each.by_name and each.name != "_stacklevel" and each.name not in WITHOUT_EFFECT
    ]
    wanted = [each for each in stated.parameters if each.name not in ("self", "input") or each.name in known]
    places = [each.name for each in wanted if not each.by_name and each.name not in WITHOUT_EFFECT]
    if places != by_place[: len(places)] or not all(each.name in known for each in wanted):
        return False
    return all(_same(each.default, known[each.name].default) for each in wanted)


def _same(one: ast.expr | None, other: ast.expr | None) -> bool:
    if one is None or other is None or (isinstance(other, ast.Constant) and other.value is ...):
        return True
    try:
        return bool(ast.literal_eval(one) == ast.literal_eval(other))
    except ValueError:
        return True
