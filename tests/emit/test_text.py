"""Breaking long lines of emitted source never changes what they say, and is what `ruff format` makes of them."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from equivalence.emit.expression_layout import double_quoted, flat
from equivalence.emit.line_breaking import WIDTH, assignment, wrapped
from equivalence.render.result_fields import PROOFS

LONG = "a_rather_long_name_of_a_layer"

BREAKABLE = {
    "a call": f"function({LONG}, {LONG}, {LONG})",
    "a call with an index": f"function({LONG}, {LONG}, {LONG})[0]",
    "a call with two indices": f"function({LONG}, {LONG}, {LONG})[1][0]",
    "a call with slices": f"function({LONG}, {LONG}, {LONG})[:, -1]",
    "a call of a method": f"function({LONG}, {LONG})[0].flatten({LONG}, 2)",
    "a chain of calls": f"function({LONG}, {LONG}).transpose(1, 2).flatten({LONG})",
    "a chain behind brackets": f"({LONG} + {LONG}).transpose(1, 2).flatten({LONG}).unsqueeze(1)",
    "a string with a bracket and a comma": f"function({LONG}, 'a), (b', {LONG}, {LONG})",
    "a list": f"[{LONG}, {LONG}, {LONG}, {LONG}]",
    "a dictionary": f"{{'first': {LONG}, 'second': {LONG}, 'third': {LONG}}}",
    "a tuple of one": f"({LONG}({LONG}, {LONG}, {LONG}),)",
    "brackets around a sum": f"({LONG} + {LONG} + {LONG} + {LONG})",
    "an index of a sum": f"({LONG} + {LONG} + {LONG} + {LONG})[0]",
    "sums and products": f"{LONG} * {LONG} - ({LONG} - {LONG}) @ f({LONG})",
    "a difference of a difference": f"{LONG} - ({LONG} - {LONG}) - {LONG}",
    "powers": f"{LONG} ** 2 ** x - (-{LONG}) ** f(2) + (2 * {LONG}) ** -x",
    "comparisons": f"~{LONG}[:, None] & ({LONG} != {LONG}) | ({LONG} < {LONG})",
    "questions": f"not {LONG} and ({LONG} or {LONG}) and f({LONG})",
    "a choice": f"function({LONG}, {LONG} if {LONG} else -{LONG})",
    "one argument": f"function(function_of(other_function({LONG}, {LONG}, {LONG})))",
    "slices of sums": f"{LONG}[:, {LONG} - 1 :, x.y:, : {LONG}] + {LONG}",
    "a call of nothing": f"f({LONG}, {LONG}) + {LONG}()",
    "stars": f"function(*{LONG}, *[{LONG}] * {LONG}, **{LONG})",
}
UNBREAKABLE = {
    "an index": f"{LONG}{LONG}{LONG}{LONG}[0]",
    "a name": LONG * 5,
}
BOTH = {**BREAKABLE, **UNBREAKABLE}


@pytest.mark.parametrize("expression", BOTH.values(), ids=BOTH)
@pytest.mark.parametrize("columns", [8, 30, 50, 70])
def test_a_broken_line_means_the_same(expression: str, columns: int) -> None:
    assert ast.dump(ast.parse(assignment("x", expression, columns))) == ast.dump(ast.parse(f"x = {expression}"))


@pytest.mark.parametrize("expression", BREAKABLE.values(), ids=BREAKABLE)
def test_what_can_be_broken_is(expression: str) -> None:
    lines = assignment("x", expression, 50).splitlines()
    assert len(lines) > 1
    assert max(map(len, lines)) <= WIDTH - 50


def test_what_fits_on_its_line_stays_there() -> None:
    expression = f"f({LONG}, {LONG}, {LONG})"
    assert assignment("x", expression, WIDTH - len(f"x = {expression}")) == f"x = {expression}"
    assert assignment("x", expression, WIDTH - len(f"x = {expression}") + 1) == f"x = f(\n    {LONG}, {LONG}, {LONG}\n)"


def test_what_follows_a_bracket_counts() -> None:
    expression = f"f({LONG}, {LONG}).mT"
    columns = WIDTH - len(f"x = {expression}") + 1
    assert assignment("x", expression, columns) == f"x = f(\n    {LONG}, {LONG}\n).mT"


@pytest.mark.parametrize("prefix", ["value = ", "return "])
@pytest.mark.parametrize("columns", [8, 30, 45, 60, 70])
def test_lines_are_broken_as_ruff_breaks_them(prefix: str, columns: int) -> None:
    held_against_ruff([*BOTH.values()], prefix, columns)


@pytest.mark.parametrize("columns", [8, 45, 60])
def test_lines_of_the_reference_are_broken_as_ruff_breaks_them(columns: int) -> None:
    """At more columns of indentation nearly all of it is broken."""
    expressions = sorted(set(expressions_of_the_reference()))
    assert len(expressions) > 1000
    held_against_ruff(expressions, "value = ", columns)


def held_against_ruff(expressions: list[str], prefix: str, columns: int) -> None:
    ours = [wrapped(prefix, expression, columns) for expression in expressions]
    functions = [f"def f():\n    {prefix}{expression}\n" for expression in expressions]
    formatted = statements(ruff_formatted("\n".join(functions), WIDTH - columns + 4))
    wrong = [(text, other) for text, other in zip(ours, formatted, strict=True) if text != other]
    assert not wrong, f"{len(wrong)} lines differ from ruff's, as\n{wrong[-1][0]}\n\n{wrong[-1][1]}"


def expressions_of_the_reference() -> Iterator[str]:
    """What stands to the right of `=` or `return` in the PyTorch of every entry."""
    for entry in json.loads(Path(PROOFS).read_text("utf-8"))["entries"].values():
        for node in ast.walk(ast.parse(entry["shown"]["torch"] if entry["shown"] else "")):
            if isinstance(node, (ast.Assign, ast.Return)) and node.value is not None:
                scoped = (ast.Lambda, ast.GeneratorExp, ast.ListComp, ast.DictComp)
                if not any(isinstance(part, scoped) for part in ast.walk(node.value)):
                    yield flat(node.value)


def ruff_formatted(source: str, width: int) -> str:
    command = [sys.executable, "-m", "ruff", "format", "--isolated", f"--line-length={width}", "-"]
    return subprocess.run(command, input=source, capture_output=True, text=True, check=True).stdout


def statements(source: str) -> list[str]:
    """The one statement of each function, without its indentation."""
    lines, found = source.splitlines(), []
    for function in ast.parse(source).body:
        assert isinstance(function, ast.FunctionDef)
        statement = function.body[0]
        assert statement.end_lineno is not None
        found.append("\n".join(line[4:] for line in lines[statement.lineno - 1 : statement.end_lineno]))
    return found


@pytest.mark.parametrize(
    ("text", "as_written"),
    [
        ("f('same', 'a\"b')", 'f("same", \'a"b\')'),
        ("'\\\\'", '"\\\\"'),
        ("'a\\'b\"c'", '"a\'b\\"c"'),
        ("b'x'", 'b"x"'),
    ],
)
def test_strings_take_double_quotes_where_that_needs_no_more_escapes(text: str, as_written: str) -> None:
    assert double_quoted(text) == as_written
    assert ast.dump(ast.parse(as_written)) == ast.dump(ast.parse(text))


def test_numbers_are_written_as_ruff_writes_them() -> None:
    assert flat(ast.parse("f(1e30, -1e-06, 2.0)", mode="eval").body) == "f(1e30, -1e-06, 2.0)"
