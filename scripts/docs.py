"""Writes what the software says of itself: the index of names, the reference, questions, README's output, a port.

`make docs` writes; tests/test_ground.py holds what is there against it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from equivalence import catalogue
from equivalence.catalogue import index
from equivalence.render.keras_versions_page import keras_versions
from equivalence.render.page import contents, limits
from equivalence.render.result_fields import record
from equivalence.render.training_page import training
from equivalence.search import word_index
from scripts import questions_page, readme
from scripts.demo import CARRIED, fetch

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
EMITTED = ROOT / "docs" / "emotion_model.py"


def written() -> Iterator[tuple[Path, str]]:
    """Every generated file and what it should hold."""
    yield Path(index.PATH), index.text(index.build(index.stated()))
    rows = word_index.build(catalogue.entries(), catalogue.every_guide().values())
    yield Path(word_index.PATH), word_index.text(rows)
    records = [record(entry) for entry in catalogue.entries()]
    yield REFERENCE / "README.md", contents(records)
    yield REFERENCE / "limits.md", limits(records)
    yield REFERENCE / "training.md", training(records)
    yield REFERENCE / "keras_versions.md", keras_versions(records)
    yield questions_page.PATH, questions_page.text()


def stale() -> list[str]:
    """What differs from what should be there, by its path in the repository; files left over too."""
    expected = dict(written())
    wrong = [file for file, text in expected.items() if not file.exists() or file.read_text("utf-8") != text]
    left = [file for file in REFERENCE.rglob("*.md") if file not in expected]
    return sorted(str(file.relative_to(ROOT)) for file in (*wrong, *left))


def write() -> None:
    """Writes what is stale and removes pages without an entry; then README's output, which shows the former.

    One after the other: questions are answered from the words that were written before.
    """
    expected = set()
    for file, text in written():
        expected.add(file)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    for file in REFERENCE.rglob("*.md"):
        if file not in expected:
            file.unlink()
    readme.README.write_text(readme.renewed(readme.README.read_text("utf-8")), "utf-8")
    source = emitted()
    if source is not None:
        EMITTED.write_text(source, "utf-8")


def emitted() -> str | None:
    """The source of the demo's port; None where its model cannot be had."""
    from equivalence.porting import port

    model, _ = fetch()
    return None if model == CARRIED else port(model, verify=False).source


if __name__ == "__main__":
    write()
