"""The pages of the website as Markdown: an entry each, tables by family, indexes both ways, guides, what is written."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from equivalence.render.keras_versions_page import keras_versions
from equivalence.render.page import limits, page, path
from equivalence.render.phrases import off
from equivalence.render.training_page import training

Record = dict[str, Any]

#: What the repository holds as text, and where it stands on the site.
_WRITTEN = {
    "docs/questions.md": "questions.md",
    "docs/check.md": "how-to/check.md",
    "docs/own_layers.md": "how-to/own_layers.md",
    "docs/many_models.md": "how-to/many_models.md",
    "docs/keras_hub.md": "how-to/keras_hub.md",
    "benchmarks/README.md": "figures.md",
    "SECURITY.md": "security.md",
    "CHANGELOG.md": "changes.md",
}
#: One network in three forms: as it is written in Keras, by hand in PyTorch, and as it is ported.
_SIDE_BY_SIDE = {
    "Keras": "keras_impl/mini_xception.py",
    "PyTorch": "torch_impl/mini_xception.py",
    "Ported": "docs/emotion_model.py",
}


#: What `python -m scripts.train_twins` draws.
_ALIKE = "docs/twins_train_alike.svg"


class Page(NamedTuple):
    """A page, and the files that lie beside it."""

    path: str
    text: str
    beside: Mapping[str, bytes] = {}


def entry_pages(records: Iterable[Record]) -> Iterator[Page]:
    """A page for every entry, with both sides in tabs."""
    for record in records:
        yield Page(f"reference/{path(record)}", _links(page(record, tabs=True)))


def index_pages(records: Sequence[Record]) -> Iterator[Page]:
    """What is X in PyTorch, what is Y in Keras, a table for each namespace, and what is not equal."""
    by_name = sorted(records, key=lambda record: record["keras"].lower())
    yield Page("to_pytorch.md", _table("What is it in PyTorch?", ("Keras", "PyTorch", ""), map(_row, by_name)))
    by_torch: dict[str, list[Record]] = {}
    for record in by_name:
        for name in record["torch"]:
            by_torch.setdefault(name, []).append(record)
    rows = (
        (f"`{name}`", ", ".join(_link(record) for record in by_torch[name])) for name in sorted(by_torch, key=str.lower)
    )
    yield Page("to_keras.md", _table("What is it in Keras?", ("PyTorch", "Keras"), rows))
    families: dict[str, list[Record]] = {}
    for record in by_name:
        families.setdefault(posixpath.dirname(path(record)) or "models", []).append(record)
    for family, listed in sorted(families.items()):
        head = f"keras.{family.replace('/', '.')}" if family != "models" else "Models"
        up = "../" * (family.count("/") + 2)
        rows = ((_link(record, f"{up}reference/"), *_row(record)[1:]) for record in listed)
        folder = family if family != "models" else "families"
        yield Page(f"reference/{folder}/index.md", _table(head, ("Keras", "PyTorch", ""), rows))
    yield Page("reference/limits.md", limits(records, links=True))
    yield Page("reference/keras_versions.md", keras_versions(records))
    yield Page("reference/training.md", training(records, links=True))
    yield Page("reference/index.md", _families(families))


def guide_pages(guides: Sequence[Record]) -> Iterator[Page]:
    """A page for every symptom, and the list of them."""
    rows = [(f"[{guide['title']}]({guide['guide']}.md)", guide["says"]) for guide in guides]
    yield Page("guides/index.md", _table("Symptoms", ("What you see", ""), rows))
    for guide in guides:
        yield Page(f"guides/{guide['guide']}.md", _guide(guide))


def written_pages(root: Path, entries: int, guides: int) -> Iterator[Page]:
    """What people wrote: the first page, how-tos, decisions, and a network in its three forms."""
    start = (root / "docs" / "site" / "index.md").read_text("utf-8")
    yield Page("index.md", start.replace("{entries}", str(entries)).replace("{guides}", str(guides)))
    for source, target in _WRITTEN.items():
        if (root / source).exists():
            yield Page(target, own_links((root / source).read_text("utf-8"), source, target))
    for file in sorted((root / "docs" / "decisions").glob("*.md")):
        yield Page(f"decisions/{file.name}", own_links(file.read_text("utf-8"), f"docs/decisions/{file.name}", ""))
    tabs = [
        f'=== "{name}"\n\n' + _indented(f"```python\n{(root / file).read_text('utf-8').rstrip()}\n```")
        for name, file in _SIDE_BY_SIDE.items()
    ]
    beside = {_ALIKE.rpartition("/")[2]: (root / _ALIKE).read_bytes()}
    yield Page("side_by_side.md", _SIDE_BY_SIDE_TEXT + "\n\n".join(tabs) + "\n", beside)


_SIDE_BY_SIDE_TEXT = """# One network, three times

Mini-Xception as it is written by hand in Keras, by hand in PyTorch under the same names, and as the trained model of
`make demo` is ported. The first two train alike, on the same batches from the same weights:

![Losses of a hundred steps in Keras and in PyTorch, one upon the other](twins_train_alike.svg)

"""


def _guide(guide: Record) -> str:
    lines = [f"# {guide['title']}", "", guide["says"], ""]
    lines += [f"First: {guide['first']}", ""] if guide["first"] else []
    lines += ["```console", f"$ {guide['command']}", "```", ""]
    lines += ["## What it may be, in the order in which it is met", ""] if guide["suspects"] else []
    for number, suspect in enumerate(guide["suspects"], 1):
        difference = suspect["difference"]
        target = path({"keras": suspect["keras"]})
        apart = f" ({off(difference)})" if off(difference) else ""
        lines.append(
            f"{number}. **{suspect['seen']}**: {difference['says']} "
            f"[{suspect['keras']}](../reference/{target}), `{difference['id']}`{apart}"
        )
    lines += ["", "## What messages of errors say", ""] if guide["messages"] else []
    for message in guide["messages"]:
        target = path({"keras": message["keras"]})
        # no heading: the search shows each heading beside the pages, and there are as many messages as pages
        lines += [f"**`{message['text'].replace('`', '')}`**", ""]
        lines += [f"[{message['keras']}](../reference/{target}): {message['says']}", ""]
        lines += ["```python", "# raises it", *message["wrong"], "# does not", *message["right"], "```", ""]
    return "\n".join(lines) + "\n"


def _families(families: Mapping[str, Sequence[Record]]) -> str:
    rows = [
        (f"[keras.{name.replace('/', '.')}]({name}/index.md)" if name != "models" else "[Models](families/index.md)",
         str(len(listed)))
        for name, listed in sorted(families.items())
    ]  # fmt: skip
    return _table("Reference", ("Namespace", "Entries"), rows)


def _row(record: Record) -> tuple[str, str, str]:
    return _link(record), ", ".join(f"`{name}`" for name in record["torch"]) or "—", record["verdict"]


def _link(record: Record, folder: str = "reference/") -> str:
    return f"[`{record['keras']}`]({folder}{path(record)})"


def _table(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"# {title}", "", f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    lines += [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def _links(text: str) -> str:
    """Links to notebooks go to the pages that they are here."""
    return re.sub(r"\]\(([^)]*)\.ipynb\)", r"](\1.md)", text)


def own_links(text: str, source: str, target: str) -> str:
    """Links of a document within the repository: kept where the site has the page, else their text alone."""
    known = {
        **_WRITTEN,
        "docs/reference/limits.md": "reference/limits.md",
        "docs/reference/keras_versions.md": "reference/keras_versions.md",
        "docs/reference/training.md": "reference/training.md",
        "docs/reference/README.md": "to_pytorch.md",
    }

    def moved(match: re.Match[str]) -> str:
        words, link = match[1], match[2]
        if "://" in link or link.startswith("#"):
            return match[0]
        meant, _, part = link.partition("#")
        there = posixpath.normpath(posixpath.join(posixpath.dirname(source), meant))
        if there.startswith("docs/notebooks/") and there.endswith(".ipynb"):
            page = there.removeprefix("docs/").removesuffix(".ipynb") + ".md"
        elif there.startswith("docs/decisions/") and there.endswith(".md"):
            page = there.removeprefix("docs/")
        elif there in known:
            page = known[there]
        else:
            return f"{words} (`{there}`)" if not match[0].startswith("!") else ""
        here = posixpath.dirname(target) if target else "decisions"
        return f"[{words}]({posixpath.relpath(page, here or '.')}{'#' + part if part else ''})"

    return re.sub(r"!?\[([^\]]*)\]\(([^)\s]+)\)", moved, text)


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" if line else "" for line in text.splitlines())
