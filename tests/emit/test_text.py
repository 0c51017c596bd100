"""Breaking long lines of emitted source never changes what they say."""

from __future__ import annotations

import ast

import pytest

from equivalence.emit.line_breaking import WIDTH, assignment

LONG = "a_rather_long_name_of_a_layer"

BREAKABLE = {
    "a call": f"function({LONG}, {LONG}, {LONG})",
    "a call with an index": f"function({LONG}, {LONG}, {LONG})[0]",
    "a call with two indices": f"function({LONG}, {LONG}, {LONG})[1][0]",
    "a call with slices": f"function({LONG}, {LONG}, {LONG})[:, -1]",
    "a call of a method": f"function({LONG}, {LONG})[0].flatten({LONG}, 2)",
    "a string with a bracket and a comma": f"function({LONG}, 'a), (b', {LONG}, {LONG})",
    "a list": f"[{LONG}, {LONG}, {LONG}, {LONG}]",
}
UNBREAKABLE = {
    "an index": f"{LONG}{LONG}{LONG}{LONG}[0]",
    "brackets around a sum": f"({LONG} + {LONG} + {LONG} + {LONG})",
    "an index of a sum": f"({LONG} + {LONG} + {LONG} + {LONG})[0]",
    "a name": LONG * 5,
}


@pytest.mark.parametrize("expression", [*BREAKABLE.values(), *UNBREAKABLE.values()], ids=[*BREAKABLE, *UNBREAKABLE])
def test_a_broken_line_means_the_same(expression: str) -> None:
    assert ast.dump(ast.parse(assignment("x", expression))) == ast.dump(ast.parse(f"x = {expression}"))


@pytest.mark.parametrize("expression", BREAKABLE.values(), ids=BREAKABLE)
def test_long_calls_and_literals_are_broken(expression: str) -> None:
    lines = assignment("x", expression).splitlines()
    assert len(lines) > 1
    assert max(map(len, lines)) <= WIDTH - 8


@pytest.mark.parametrize("expression", UNBREAKABLE.values(), ids=UNBREAKABLE)
def test_what_a_comma_would_change_is_left_whole(expression: str) -> None:
    assert assignment("x", expression) == f"x = {expression}"
