"""The notebooks: what is committed is what their sources say, was run without an error, and runs where it lies."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from scripts import notebooks

SOURCES = pytest.mark.parametrize("source", notebooks.sources(), ids=lambda source: source.stem)
#: How often the long ones measure what `make notebooks` measures more often.
SHORTER = {
    "global_average_pooling": {
        "seeds=range(8), steps=30": "seeds=range(2), steps=10",
        "losses=(loss,), seeds=seeds)": "losses=(loss,), seeds=seeds[:1], steps=10)",
        "loss, adam, 10, every=10)": "loss, adam, 2, every=2)",
        "on_backend(name, data)": "on_backend(name, data, steps=6)",
        "keras.optimizers.Adam(3e-3), 100, every=10)": "keras.optimizers.Adam(3e-3), 20, every=10)",
        '"logits", adam, 100, every=10)': '"logits", adam, 20, every=10)',
    },
    "why_it_trains_worse": {"EPOCHS, SEEDS = 1000, 32, 14, range(3)": "EPOCHS, SEEDS = 1000, 32, 3, range(2)"},
}


def code(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@SOURCES
def test_the_committed_notebook_is_of_its_source(source: Path) -> None:
    committed = nbformat.read(source.with_suffix(".ipynb"), as_version=4)
    nbformat.validate(committed)
    expected = notebooks.unexecuted(source)
    for cell, wanted in zip(committed.cells, expected.cells, strict=True):
        assert (cell.cell_type, cell.source) == (wanted.cell_type, wanted.source), "run `make notebooks`"


@SOURCES
def test_the_committed_notebook_was_run_as_a_whole(source: Path) -> None:
    cells = code(nbformat.read(source.with_suffix(".ipynb"), as_version=4))
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    for cell in cells:
        assert cell.outputs, f"{cell.id} shows nothing"
        assert not [output for output in cell.outputs if output.output_type == "error"]
    assert source.with_suffix(".png").read_bytes().startswith(b"\x89PNG")


@SOURCES
def test_the_notebook_runs(source: Path) -> None:
    """As a whole, in its own folder on what is installed; nbclient raises where a cell fails."""
    found = code(notebooks.executed(source, SHORTER.get(source.stem, {})))
    committed = code(nbformat.read(source.with_suffix(".ipynb"), as_version=4))
    kinds = [[output.output_type for output in cell.outputs] for cell in found]
    assert kinds == [[output.output_type for output in cell.outputs] for cell in committed]


def test_cells_of_a_source(tmp_path: Path) -> None:
    source = tmp_path / "sample.py"
    source.write_text("# for readers\n\n# %% [markdown]\n# # Title\n#\n# Text.\n\n# %% main plot\nx = 1\nprint(x)\n")
    title, plot = notebooks.unexecuted(source).cells
    assert (title.cell_type, title.source) == ("markdown", "# Title\n\nText.")
    assert (plot.cell_type, plot.source) == ("code", "x = 1\nprint(x)")
    assert plot.metadata.name == notebooks.MAIN_PLOT


def test_a_notebook_runs_in_its_own_folder_on_what_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = Path(notebooks.__file__).parent.parent
    monkeypatch.setenv("PYTHONPATH", str(root))
    source = tmp_path / "sample.py"
    source.write_text(
        "# %%\nimport json, os, sys\nprint(json.dumps([os.getcwd(), [os.path.realpath(path) for path in sys.path]]))\n"
    )
    (cell,) = notebooks.executed(source).cells
    folder, path = json.loads(cell.outputs[0].text)
    assert folder == str(tmp_path)
    assert str(root) not in path
