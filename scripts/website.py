"""The website, built from the catalogue into build/site: `make site`. It opens as files, and asks no other host.

Zensical makes it of the Markdown that is written here into build/site_source.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from equivalence import catalogue
from equivalence.render.guide_fields import guide_record
from equivalence.render.result_fields import record
from scripts.website_notebooks import notebook_pages
from scripts.website_pages import Page, entry_pages, guide_pages, index_pages, written_pages

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "build" / "site_source"
BUILT = ROOT / "build" / "site"
CONFIGURATION = ROOT / "docs" / "site" / "zensical.toml"


def pages() -> Iterator[Page]:
    """Every page of the site."""
    records = [record(entry) for entry in catalogue.entries()]
    guides = [guide_record(guide, catalogue.named) for guide in catalogue.every_guide().values()]
    yield from entry_pages(records)
    yield from index_pages(records)
    yield from guide_pages(guides)
    yield from written_pages(ROOT, len(records), len(guides))
    yield from notebook_pages(ROOT / "docs" / "notebooks")


def write(folder: Path) -> None:
    """Writes the pages and the configuration into a new folder."""
    shutil.rmtree(folder, ignore_errors=True)
    for page in pages():
        path = folder / "pages" / page.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page.text, "utf-8")
        for name, content in page.beside.items():
            (path.parent / name).write_bytes(content)
    shutil.copy(CONFIGURATION, folder / "zensical.toml")
    shutil.copytree(CONFIGURATION.parent / "assets", folder / "pages" / "assets")


def build(folder: Path) -> Path:
    """The site, made in a folder: where it lies. Raises CalledProcessError where a page or a link is wrong."""
    write(folder)
    zensical = [sys.executable, "-m", "zensical", "build", "--strict", "--clean", "-f", str(folder / "zensical.toml")]
    subprocess.run(zensical, cwd=folder, check=True)
    return folder / "site"


if __name__ == "__main__":
    made = build(SOURCE)
    shutil.rmtree(BUILT, ignore_errors=True)
    shutil.copytree(made, BUILT)
    print((BUILT / "index.html").relative_to(ROOT))
