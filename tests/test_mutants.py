"""The list of mistakes made on purpose is kept: each can still be made, and the page tells of each."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from scripts import mutants
from scripts.mutants import Mutation, Verdict, listed

MUTATIONS = listed()
FILE = "def double(x):\n    return x + x\n"
TEST = "from double import double\n\n\ndef test_double():\n    assert double({number}) == 4\n"
WRONG = Mutation("squares", "double.py", "x + x", "x * x", ("test_double.py",))


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: f"{mutation.file}: {mutation.says}")
def test_a_listed_mistake_can_be_made(mutation: Mutation) -> None:
    text = (mutants.ROOT / mutation.file).read_text("utf-8")
    ast.parse(mutation.applied(text))
    assert mutation.tests and all((mutants.ROOT / file).exists() for file in mutation.tests)


def test_there_are_enough_and_no_two_say_the_same() -> None:
    assert len(MUTATIONS) >= 60
    assert len({(mutation.file, mutation.says) for mutation in MUTATIONS}) == len(MUTATIONS)


def test_the_page_tells_of_each() -> None:
    lines = mutants.PAGE.read_text("utf-8").splitlines()
    rows = [line for line in lines if line.startswith("| ") and not line.startswith(("| in |", "| --- |"))]
    assert len(rows) == len(MUTATIONS), "make mutants writes the page"
    told = {tuple(row.split(" | ")[:2]) for row in rows}
    assert told == {(f"| {m.file.removeprefix('equivalence/')}", m.says) for m in MUTATIONS}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "double.py").write_text(FILE)
    return tmp_path


@pytest.mark.parametrize(("number", "seen"), [(2, False), (3, True)], ids=["unseen", "seen"])
def test_a_mistake_is_seen_where_a_test_fails_and_is_taken_back(number: int, seen: bool, tree: Path) -> None:
    (tree / "test_double.py").write_text(TEST.format(number=number).replace("== 4", f"== {2 * number}"))
    assert mutants.run(tree, WRONG.tests, WRONG.only) == (0, "")
    verdict = mutants.judge(WRONG, tree)
    assert verdict.seen is seen
    assert verdict.by == ("test_double.py::test_double" if seen else "")
    assert (tree / "double.py").read_text() == FILE


def test_tests_that_cannot_run_say_nothing(tree: Path) -> None:
    with pytest.raises(RuntimeError, match=r"pytest nowhere\.py could not be run"):
        mutants.run(tree, ("nowhere.py",), "")


def test_a_file_s_tests_run_once_without_mistakes() -> None:
    asked = [("a.py", "one"), ("a.py", "two"), ("b.py", "one"), ("b.py", ""), ("a.py", "one")]
    made = [Mutation("says", "f.py", "a", "b", (file,), only) for file, only in asked]
    assert list(mutants.unchanged(made)) == [(("a.py",), "(one) or (two)"), (("b.py",), "")]


@pytest.mark.parametrize(("old", "new"), [("x - x", "x"), ("x", "y"), ("x + x", "x + x")], ids=["no", "many", "same"])
def test_a_list_that_is_not_kept_is_an_error(old: str, new: str) -> None:
    with pytest.raises(ValueError, match=r"double\.py"):
        Mutation("says", "double.py", old, new, ()).applied(FILE)


def test_what_is_unseen_has_a_reason_and_what_is_seen_has_none() -> None:
    reasoned = Mutation("says", "f.py", "a", "b", (), unseen="both are the same")
    seen = [Verdict(WRONG, True, "t")] * 18
    assert mutants.problems([*seen, Verdict(reasoned, False, "")]) == []
    assert "does not say why: squares" in mutants.problems([*seen, Verdict(WRONG, False, "")])[0]
    assert "seen, though" in mutants.problems([*seen, Verdict(reasoned, True, "t")])[0]
    assert mutants.problems([*seen[:8], *[Verdict(reasoned, False, "")] * 2]) == [
        "fewer than 90% of the mistakes are seen"
    ]
    assert "| f.py | says | both are the same |" in mutants.page([*seen, Verdict(reasoned, False, "")])


def test_what_the_page_tells_is_read_from_it() -> None:
    verdicts = mutants.told(MUTATIONS)
    assert [verdict.mutation for verdict in verdicts] == MUTATIONS
    assert mutants.page(verdicts) == mutants.PAGE.read_text("utf-8")
