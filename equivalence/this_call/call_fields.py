"""The translation of a call as plain data."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import Any

from equivalence.catalogue.index import Index
from equivalence.errors import Refused
from equivalence.schema import Entry
from equivalence.search.call_text import called_node, called_with
from equivalence.this_call.call_form import Form
from equivalence.this_call.call_forms import Shape, forms
from equivalence.this_call.compiled_call import COMPILE, compiled_form
from equivalence.this_call.stated_call import called_on, settings_of, shape_stated
from equivalence.torch_side.oracle import TorchOracle

_WHERE = re.compile(r"\A[^:]*: layer '[^']*' \(\w+\): |\A\w+ \(\w+\): ")


def translation(text: str, entry: Entry, index: Index, inputs: Sequence[Shape] = ()) -> dict[str, Any]:
    """What becomes of the call in `text`, in JSON's types: `keras`, the call; `forms`, each with its condition, the
    lines of torch, helpers, a verdict, shapes, and the differences that the call meets; `refused`: why there are none.
    """
    node = called_node(text)
    assert node is not None
    stated = ast.Call(ast.parse(entry.keras, mode="eval").body, node.args, node.keywords)
    found: list[Form] = []
    refused = None
    try:
        if entry.no_counterpart:
            raise Refused(f"PyTorch has no counterpart: {entry.no_counterpart}")
        shape = shape_stated(text) if entry.kind == "layer" and not inputs else None
        of_compile = compiled_form(text, index) if entry.keras == COMPILE else None
        if of_compile is not None:
            found = [of_compile]
        else:
            settings, call = settings_of(text, entry, index, TorchOracle()), called_on(text)
            found = forms(entry, settings, inputs or ([shape] if shape else ()), call)
    except Refused as error:
        refused = _WHERE.sub("", str(error)).replace(" from the configuration", "").rstrip(".") + "."
    named = [ast.unparse(each) for each in called_with(text)]
    given = f"({', '.join(['inputs', *named])})" if entry.kind == "layer" else ""
    return {
        "keras": f"{ast.unparse(stated)}{given}",
        "forms": [_form(each) for each in found],
        "refused": refused,
        "missing": None,
    }


def _form(form: Form) -> dict[str, Any]:
    return {
        "condition": form.condition or None,
        "torch": list(form.said.lines),
        "helpers": list(form.said.helpers),
        "verdict": form.verdict,
        "shapes": form.shapes or None,
        "differences": [
            {"id": name, "wrong": wrong, "right": right} for name, (right, wrong) in form.differences.items()
        ],
    }
