"""Whether the tests see mistakes: each of tests/mutations.toml is made in a copy of the tree, and its tests are run.

`make mutants` judges all of them and writes docs/mutants.md; `python -m scripts.mutants emit/guard` those in files
whose path holds that text, `python -m scripts.mutants --new` those that the page does not tell of, and adds them to
it. A mistake that stays unseen must say in the list why that is right.
"""

from __future__ import annotations

import compileall
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from py_compile import PycInvalidationMode

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "tests" / "mutations.toml"
PAGE = ROOT / "docs" / "mutants.md"
ENOUGH = 0.9  # of the mistakes have to be seen
LONGEST = 300  # seconds for the tests of one mistake; those that hang have seen it
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)
_PASSED, _SOME_FAILED = 0, 1  # exit codes of pytest


@dataclass(frozen=True, slots=True)
class Mutation:
    """One mistake: `old`, which stands once in `file`, becomes `new`, which `tests` are meant to see."""

    says: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]  # files
    only: str = ""  # which tests of them, as pytest's -k takes it
    unseen: str = ""  # why no test can see it

    def applied(self, text: str) -> str:
        """The file's text with the mistake in it. Raises ValueError where the old text does not stand there once."""
        if text.count(self.old) != 1 or self.old == self.new:
            raise ValueError(f"{self.file}: {self.old!r} stands there {text.count(self.old)} times, not once")
        return text.replace(self.old, self.new)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the tests said: the first that failed, or that none did."""

    mutation: Mutation
    seen: bool
    by: str  # name of the test


def listed() -> list[Mutation]:
    """Every mutation of the list; `tests` and `only` may stand once for all of a file."""
    made = []
    for file, group in tomllib.loads(LIST.read_text("utf-8")).items():
        for item in group["mutations"]:
            own = item if "tests" in item else {**group, **item}
            fields = {key: item[key] for key in ("says", "old", "new", "unseen") if key in item}
            made.append(Mutation(file=file, tests=tuple(own["tests"]), only=own.get("only", ""), **fields))
    return made


@contextmanager
def copied() -> Iterator[Path]:
    """A copy of the tree. Its byte code is checked by content: a mistake may come and go within a second."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        tree = Path(folder) / "tree"
        left_out = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "demo", "build", "dist")
        shutil.copytree(ROOT, tree, ignore=left_out)
        compileall.compile_dir(tree, quiet=2, invalidation_mode=PycInvalidationMode.CHECKED_HASH)
        yield tree


def run(tree: Path, tests: Sequence[str], only: str, longest: int = LONGEST) -> tuple[int, str]:
    """pytest's exit code in the copy, and the first test that failed. Raises RuntimeError where none could be run."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(tree),
        "PYTHONDONTWRITEBYTECODE": "1",
        "COLUMNS": "400",
        "EVERY_CASE": "1",
    }
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-rfE", "--no-header", "-p", "no:cacheprovider"]
    command += [*tests, *(["-k", only] if only else [])]
    try:
        done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, timeout=longest)
    except subprocess.TimeoutExpired:
        return _SOME_FAILED, f"no end in {longest} seconds"
    if done.returncode not in (_PASSED, _SOME_FAILED):
        raise RuntimeError(f"pytest {' '.join(tests)} could not be run:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    failed = _FAILED.search(done.stdout)
    return done.returncode, failed[1] if failed else ""


def check_copy(tree: Path) -> None:
    """Raises RuntimeError where the tests in the copy would import the package from elsewhere."""
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    command = [sys.executable, "-c", "import equivalence; print(equivalence.__file__)"]
    found = subprocess.run(command, cwd=tree, env=environment, check=True, capture_output=True, text=True).stdout
    if not Path(found.strip()).is_relative_to(tree):
        raise RuntimeError(f"the package is imported from {found.strip()}, not from the copy")


def judge(mutation: Mutation, tree: Path) -> Verdict:
    """Makes one mistake in the copy, runs its tests, and takes it back."""
    file = tree / mutation.file
    before = file.read_text("utf-8")
    file.write_text(mutation.applied(before), "utf-8")
    try:
        code, by = run(tree, mutation.tests, mutation.only)
    finally:
        file.write_text(before, "utf-8")
    return Verdict(mutation, code == _SOME_FAILED, by)


def unchanged(mutations: Sequence[Mutation]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Files and what of them `mutations` ask for, each file's tests in one run."""
    asked: dict[tuple[str, ...], list[str]] = {}
    for mutation in mutations:
        asked.setdefault(mutation.tests, []).append(mutation.only)
    for tests, parts in asked.items():
        yield tests, "" if "" in parts else " or ".join(f"({part})" for part in dict.fromkeys(parts))


def judged(mutations: Sequence[Mutation]) -> Iterator[Verdict]:
    """A verdict for each. Raises RuntimeError where tests fail without any mistake: they could tell nothing."""
    with copied() as tree:
        check_copy(tree)
        for tests, only in unchanged(mutations):
            code, by = run(tree, tests, only, 10 * LONGEST)
            if code != _PASSED:
                raise RuntimeError(f"pytest {' '.join(tests)} -k {only!r} fails without a mutation: {by}")
        yield from (judge(mutation, tree) for mutation in mutations)


def page(verdicts: Sequence[Verdict]) -> str:
    """docs/mutants.md."""
    seen = sum(verdict.seen for verdict in verdicts)
    lines = [
        "# Mistakes made on purpose",
        "",
        f"{seen} of {len(verdicts)} mistakes in the code are seen by the tests meant for them. `make mutants` makes",
        "each of [tests/mutations.toml](../tests/mutations.toml) in a copy of the tree, and writes this page.",
        "",
    ]
    if unseen := [verdict for verdict in verdicts if not verdict.seen]:
        lines += [
            "## Unseen, and why that is right",
            "",
            "| in | the mistake | why no test sees it |",
            "| --- | --- | --- |",
        ]
        lines += [_row(v.mutation.file, v.mutation.says, v.mutation.unseen or "?") for v in unseen] + [""]
    lines += ["## Seen", "", "| in | the mistake | seen by |", "| --- | --- | --- |"]
    lines += [_row(v.mutation.file, v.mutation.says, _test(v.by)) for v in verdicts if v.seen]
    return "\n".join(lines) + "\n"


def _row(file: str, *cells: str) -> str:
    return (
        f"| {' | '.join([file.removeprefix('equivalence/'), *(cell.replace('|', chr(92) + '|') for cell in cells)])} |"
    )


def _test(by: str) -> str:
    """ "tests/emit/test_x.py::test_y[case]" as "test_x: y", for readers."""
    file, _, name = by.partition("::")
    return f"{Path(file).stem}: {name.partition('[')[0].removeprefix('test_').replace('_', ' ')}" if name else by


def told(mutations: Sequence[Mutation]) -> list[Verdict]:
    """What docs/mutants.md says of these."""
    rows: dict[str, tuple[bool, str]] = {}
    unseen, _, seen = PAGE.read_text("utf-8").partition("\n## Seen")
    for section, text in ((False, unseen), (True, seen)):
        for line in text.splitlines():
            begins, _, last = line.removesuffix(" |").rpartition(" | ")
            rows[begins] = section, last.replace(chr(92) + "|", "|")
    begun = {mutation: _row(mutation.file, mutation.says).removesuffix(" |") for mutation in mutations}
    return [Verdict(mutation, *rows[begins]) for mutation, begins in begun.items() if begins in rows]


def problems(verdicts: Sequence[Verdict]) -> list[str]:
    """What is not as it should be, one sentence each."""
    found = [
        f"{v.mutation.file}: unseen, and the list does not say why: {v.mutation.says}"
        for v in verdicts
        if not v.seen and not v.mutation.unseen
    ]
    found += [
        f"{v.mutation.file}: seen, though the list says why not: {v.mutation.says}"
        for v in verdicts
        if v.seen and v.mutation.unseen
    ]
    if sum(verdict.seen for verdict in verdicts) < ENOUGH * len(verdicts):
        found.append(f"fewer than {ENOUGH:.0%} of the mistakes are seen")
    return found


def main(arguments: Sequence[str]) -> int:
    everything = listed()
    known = told(everything) if "--new" in arguments else []
    parts = [argument for argument in arguments if argument != "--new"]
    left = [each for each in everything if each not in {verdict.mutation for verdict in known}]
    chosen = [each for each in left if not parts or any(part in each.file for part in parts)]
    for mutation in chosen:  # before minutes are spent
        mutation.applied((ROOT / mutation.file).read_text("utf-8"))
    verdicts = [*known]
    for verdict in judged(chosen):
        verdicts.append(verdict)
        print(f"{'seen  ' if verdict.seen else 'UNSEEN'} {verdict.mutation.file}: {verdict.mutation.says}", flush=True)
    if len(verdicts) == len(everything):
        verdicts.sort(key=lambda verdict: everything.index(verdict.mutation))
        PAGE.write_text(page(verdicts), "utf-8")
    wrong = problems(verdicts)
    print(*wrong, f"{sum(v.seen for v in verdicts)} of {len(verdicts)} seen", sep="\n")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
