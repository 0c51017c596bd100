"""Writes everything that the software says of itself: the index of names, the reference, README's output.

`make docs` writes; `python scripts/docs.py --check` names what is stale instead and exits 1.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from equivalence import catalogue
from equivalence.catalogue import index
from equivalence.render.page import contents, page, path
from equivalence.render.record import record

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"


def written() -> Iterator[tuple[Path, str]]:
    """Every generated file and what it should hold."""
    yield Path(index.PATH), index.text(index.build(index.stated()))
    records = [record(entry) for entry in catalogue.entries()]
    yield REFERENCE / "README.md", contents(records)
    for each in records:
        yield REFERENCE / path(each), page(each)


def stale() -> list[str]:
    """What differs from what should be there, by its path in the repository; files left over too."""
    expected = dict(written())
    wrong = [file for file, text in expected.items() if not file.exists() or file.read_text("utf-8") != text]
    left = [file for file in REFERENCE.rglob("*.md") if file not in expected]
    return sorted(str(file.relative_to(ROOT)) for file in (*wrong, *left))


def write() -> None:
    """Writes what is stale and removes pages without an entry."""
    expected = dict(written())
    for file in REFERENCE.rglob("*.md"):
        if file not in expected:
            file.unlink()
    for file, text in expected.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if anything is stale")
    if not parser.parse_args().check:
        write()
        return 0
    for name in stale():
        print(f"stale: {name} (run `make docs`)", file=sys.stderr)
    return 1 if stale() else 0


if __name__ == "__main__":
    sys.exit(main())
