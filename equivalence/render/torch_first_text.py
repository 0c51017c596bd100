"""What a torch name is in Keras, as lines of text: the code first, then what to watch for, arguments, proof."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

_EQUAL = 1e-10  # what needs no reason
_LAYOUT = "Images and sequences have their channels last in Keras: (N, C, H, W) in torch is (N, H, W, C)."


def text(records: list[dict[str, Any]]) -> str:
    """All records, a blank line between them."""
    return "\n\n".join("\n".join(_lines(record)) for record in records) + "\n"


def _lines(record: dict[str, Any]) -> Iterator[str]:
    name = record["torch"][0]
    yield f"{name} → {', '.join(record['keras_symbols']) or 'no counterpart'}"
    yield f"{record['verdict'].capitalize()}.{' ' + record['says'] if record['says'] else ''}"
    if record["problem"]:
        yield f"torch refuses this call: {record['problem']}."
    if record["no_counterpart"]:
        yield f"Keras has none: {record['no_counterpart']}"
    if record["depends_on"]:
        yield f"The code depends on {record['depends_on']}: give it as a number. An example:"
    if record["in_place"]:
        yield "torch writes it into its tensor; in Keras the result takes a name: x = ..."
    if record["code"]["keras"]:
        yield from ("", "PyTorch", f"  {record['code']['torch']}", "", "Keras")
        if record["code"]["helper"]:
            yield from (f"  {line}" if line else "" for line in record["code"]["helper"].split("\n"))
            yield ""
        yield from (f"  {line}" for line in statements(record["code"]["keras"]))
    watched = [*record["watch"], *([_LAYOUT] if record["channels_last"] else [])]
    watched += [f"In training: {record['after_training']}"] if record["after_training"] else []
    if record["training"] not in ("same", "random"):
        watched.append(f"In training: {record['training']}")
    if watched:
        yield from ("", "Watch", *(f"  {each}" for each in watched))
    if record["torch_arguments"] and not record["no_counterpart"]:
        yield from ("", "Arguments", *_table(record["torch_arguments"]))
    yield from ("", "Proof", *(f"  {line}" for line in _proved(record)))


def statements(code: str) -> list[str]:
    """An expression as the lines that a person would write: a layer called on another's result is a line of its own."""
    node: ast.expr = ast.parse(code, mode="eval").body
    made: list[str] = []
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Call) and len(node.args) == 1:
        inner = node.args[0]
        if not isinstance(inner, ast.Call):
            break
        made.insert(0, f"x = {ast.unparse(ast.Call(node.func, [ast.Name('x')], node.keywords))}")
        node = inner
    return [f"x = {ast.unparse(node)}", *made] if made else [ast.unparse(node)]


def _table(arguments: list[dict[str, Any]]) -> Iterator[str]:
    rows = []
    for each in arguments:
        left = each["torch"] + (f"={each['default']}" if each["default"] is not None else "")
        keras = each["keras"] or "—"
        right = f"{keras} = {each['how']}" if each["how"] else keras
        rows.append((left, right, each["note"]))
    widths = [max(len(row[place]) for row in rows) for place in (0, 1)]
    for left, right, note in rows:
        yield f"  {left:{widths[0]}}  {right:{widths[1]}}  {note}".rstrip()


def _proved(record: dict[str, Any]) -> Iterator[str]:
    proof = record["proof"]
    if proof is None:
        yield "Nothing to run." if record["no_counterpart"] else "No proof is recorded."
        return
    names = {"keras": "Keras", "tensorflow": "TensorFlow", "torch": "PyTorch", "numpy": "NumPy"}
    versions = ", ".join(f"{names[package]} {version}" for package, version in proof["versions"].items())
    yield f"{len(proof['cases'])} cases run on {versions}."
    compared = dict.fromkeys(name.replace("_", " ") for case in proof["cases"] for name in case["float64"])
    if "distribution" in compared:
        yield f"What both draw has one distribution (Kolmogorov and Smirnov): {proof['max_rel']:.1e} apart."
        return
    because = record["because"] if (proof["max_rel"] or 0) > _EQUAL else ""
    apart = f"at most {proof['max_rel']:.1e} apart" if proof["max_rel"] is not None else "equal"
    yield f"In float64 ({', '.join(compared)}) {apart}{': ' + because if because else ''}."
