"""Notebooks as pages: their text, code and what it showed, as they were run."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat

from scripts.website_pages import Page, own_links


def notebook_pages(folder: Path) -> Iterator[Page]:
    """A page for each notebook of a folder, with its pictures beside it."""
    for path in sorted(folder.glob("*.ipynb")):
        yield notebook_page(path)


def notebook_page(path: Path) -> Page:
    """A notebook as Markdown. Raises nbformat's errors for what is no notebook."""
    target = f"notebooks/{path.stem}.md"
    pictures: dict[str, bytes] = {}
    parts: list[str] = []
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown":
            parts.append(own_links(cell.source, f"docs/notebooks/{path.name}", target))
        elif cell.cell_type == "code":
            parts.append(f"```python\n{cell.source}\n```")
            parts += [_shown(output, path.stem, pictures) for output in cell.outputs]
    return Page(target, "\n\n".join(part for part in parts if part) + "\n", pictures)


def _shown(output: Any, stem: str, pictures: dict[str, bytes]) -> str:
    """One output: a picture, or its plain text."""
    if output.output_type == "stream":
        return _block(output.text)
    data = output.get("data", {})
    if "image/png" in data:
        name = f"{stem}-{len(pictures) + 1}.png"
        pictures[name] = base64.b64decode(data["image/png"])
        return f"![What the cell shows]({name})"
    if "text/markdown" in data:
        return str(data["text/markdown"])
    return _block(data["text/plain"]) if "text/plain" in data else ""


def _block(text: str) -> str:
    return f"```text\n{text.rstrip()}\n```"
