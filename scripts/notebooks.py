"""Builds the notebooks of docs/notebooks from their sources: `python -m scripts.notebooks`.

A source is a Python file whose cells begin with `# %%` (code; a name may follow) or `# %% [markdown]`. It is run
as a whole, as Jupyter runs it where it lies: in its own folder, on what is installed. The picture of the cell named
"main plot" becomes a file of its own.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "notebooks"
MAIN_PLOT = "main plot"
TIME_LIMIT = 480  # seconds for a cell
_MARK = re.compile(r"^# %%(?P<name>.*)$", re.MULTILINE)


def sources() -> list[Path]:
    """Every notebook's source."""
    return sorted(FOLDER.glob("*.py"))


def unexecuted(source: Path) -> NotebookNode:
    """The notebook without outputs. What comes before the first cell is for readers of the source."""
    _, *parts = _MARK.split(source.read_text("utf-8"))
    cells = []
    for number, (name, body) in enumerate(zip(parts[::2], parts[1::2], strict=True), start=1):
        name, body = name.strip(), body.strip("\n")
        if name == "[markdown]":
            cell = new_markdown_cell(re.sub(r"^# ?", "", body, flags=re.MULTILINE))
        else:
            cell = new_code_cell(body)
            if name:
                cell.metadata.name = name
        cell.id = f"cell-{number}"
        cells.append(cell)
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return new_notebook(cells=cells, metadata=kernel)


def executed(source: Path, shorter: Mapping[str, str] = MappingProxyType({})) -> NotebookNode:
    """The notebook, run. Raises nbclient's CellExecutionError where a cell fails.

    What libraries log is left out, and no times are kept. `shorter`: what to write in place of what in its
    code, so that less is measured; raises ValueError for what does not stand in it.
    """
    notebook = unexecuted(source)
    for old, new in shorter.items():
        if not any(old in cell.source for cell in notebook.cells):
            raise ValueError(f"{source.name} holds no {old!r}")
        for cell in notebook.cells:
            cell.source = cell.source.replace(old, new)
    client = NotebookClient(
        notebook,
        timeout=TIME_LIMIT,
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(source.parent)}},
    )
    # without the caller's PYTHONPATH, which may lead to modules that nobody installed
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    client.execute(env={**inherited, "TF_CPP_MIN_LOG_LEVEL": "3"})
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if not _logged(output)]
    notebook.metadata.language_info = {"name": "python"}
    return notebook


def _logged(output: NotebookNode) -> bool:
    """Whether a cell's output is what libraries say to whoever runs it; TensorFlow's warnings come by stdout."""
    return output.get("name") == "stderr" or str(output.get("text", "")).startswith("WARNING:tensorflow:")


def write(source: Path) -> None:
    """Run one notebook and write it and its main plot beside its source."""
    notebook = executed(source)
    nbformat.write(notebook, source.with_suffix(".ipynb"))
    for cell in notebook.cells:
        if cell.metadata.get("name") == MAIN_PLOT:
            (picture,) = (output.data["image/png"] for output in cell.outputs if "data" in output)
            source.with_suffix(".png").write_bytes(base64.b64decode(picture))


if __name__ == "__main__":
    for each in sources():
        write(each)
