"""What a torch name is in Keras, as plain data: what `--json` prints and the text reads."""

from __future__ import annotations

import ast
import json
import os.path
import re
from functools import cache
from typing import TYPE_CHECKING, Any

from equivalence.catalogue.from_torch.sample_tensors import CHANNELS
from equivalence.catalogue.from_torch.torch_rows import AS_OF, NOTES

if TYPE_CHECKING:
    from equivalence.search.torch_first import Answer
    from equivalence.translation.torch_calls import Call, Parameter

PROOFS = os.path.join(os.path.dirname(os.path.dirname(__file__)), "from_torch.json")
_SYMBOL = re.compile(r"keras(?:\.\w+)+")

Record = dict[str, Any]


def record(name: str, asked_name: str, answer: Answer, call: Call | None = None) -> Record:
    """Everything that is known of a torch name, or of a call of it, in JSON's types.

    `torch` is its name, `keras` the outermost symbol of the code and `keras_symbols` all of them, `code` both sides;
    `torch_arguments` are torch's, each with what becomes of it; `depends_on` is the argument whose value decides and
    is not given; `problem` says why torch would refuse the call.
    """
    row = answer.row
    found = recorded(row.torch)
    code = answer.code
    helper = row.helper if code and _calls_helper(row.helper, code) else ""
    symbols = list(dict.fromkeys(_SYMBOL.findall(f"{code or answer.template}\n{helper}")))
    return {
        "from": "torch",
        "torch": [name],
        "keras": symbols[0] if symbols else "",
        "keras_symbols": symbols,
        "verdict": verdict(answer),
        "says": row.says,
        "in_place": asked_name.endswith("_") and not name.endswith("_"),
        "no_counterpart": f"{row.no_counterpart} ({AS_OF})" if row.no_counterpart else answer.cannot or None,
        "depends_on": answer.depends_on or None,
        "problem": None,
        "signature": row.torch,
        "torch_arguments": [_argument(each, answer) for each in answer.stated.parameters],
        "watch": list(row.watch),
        "training": row.training,
        "after_training": row.after or None,
        "channels_last": bool(CHANNELS & _names_in(row.cases)) and not row.plain,
        "because": row.because or None,
        "code": {
            "torch": answer.example or (ast.unparse(call.forward or call.node) if call else row.torch),
            "keras": code,
            "helper": helper.strip("\n") or None,
        },
        "proof": _proof(found) if found else None,
    }


def verdict(answer: Answer) -> str:
    """One of four: what has to be done."""
    if answer.row.no_counterpart or answer.cannot:
        return "no counterpart"
    if answer.code is None:
        return "needs this code"
    tree = ast.parse(answer.code, mode="eval").body
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    whole = isinstance(tree, ast.Call) and _SYMBOL.match(ast.unparse(tree.func)) is not None
    inner = 2 if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Call) else 1
    given = sum(isinstance(node, ast.Call) for value in answer.bound.values() for node in ast.walk(value))
    if not whole or len(calls) > inner + given:
        return "needs this code"
    told = answer.row.watch or _left_out_with_a_word(answer)
    return "drop-in with these arguments" if any(node.keywords for node in calls) or told else "drop-in"


def _left_out_with_a_word(answer: Answer) -> bool:
    """Whether the call gives something that Keras has otherwise, as a note says."""
    return any(name in answer.row.notes and _place(name, answer.template) == (None, "") for name in answer.bound)


def _argument(parameter: Parameter, answer: Answer) -> Record:
    name = parameter.name
    given = answer.bound.get(name) if not answer.example else None
    keyword, how = _place(name, answer.template)
    note = answer.row.notes.get(name) or ("" if keyword or how else NOTES.get(name, ""))
    return {
        "torch": name,
        "required": parameter.default is None and not parameter.several,
        "default": ast.unparse(parameter.default) if parameter.default is not None else None,
        "keras": keyword,
        "how": how,
        "note": note,
        "given": ast.unparse(given) if given is not None else None,
    }


def _place(name: str, template: str) -> tuple[str | None, str]:
    """The Keras keyword that an argument becomes, or None, and the expression if it is not it alone."""
    if not template:
        return None, ""
    tree = ast.parse(template.replace("always(", "("), mode="eval")
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            for keyword in node.keywords:
                if name in _identifiers(keyword.value):
                    text = ast.unparse(keyword.value)
                    return keyword.arg, "" if text == name else text
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and any(isinstance(each, ast.Name) and each.id == name for each in node.args):
            return f"in {ast.unparse(node.func).rpartition('.')[2]}(...)", ""
    return ("in the code", "") if name in _identifiers(tree) else (None, "")


def _identifiers(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _names_in(cases: tuple[str, ...]) -> set[str]:
    return {word for case in cases for word in re.findall(r"\w+", case)}


def _calls_helper(helper: str, code: str) -> bool:
    return any(re.search(rf"\b{name}\(", code) for name in re.findall(r"^(?:def|class) (\w+)", helper, re.M))


def _proof(found: Record) -> Record:
    errors = [error for case in found["cases"] for error in case["float64"].values()]
    return {"versions": found["versions"], "max_rel": max(errors, default=None), "cases": found["cases"]}


def recorded(signature: str) -> Record | None:
    """The recorded proof of a row, or None. The others are not parsed."""
    marker = f"\n  {json.dumps(signature)}: "  # as `equivalence.proofs.torch_first_record` indents it
    start = _recorded_text().find(marker)
    if start < 0:
        return None
    found: Record
    found, _ = json.JSONDecoder().raw_decode(_recorded_text(), start + len(marker))
    return found


@cache
def _recorded_text() -> str:
    try:
        with open(PROOFS, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return ""
