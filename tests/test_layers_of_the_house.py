"""What the import linter (pyproject.toml) cannot say: a lookup needs no package, one file is one idea, names tell."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("equivalence", "keras_impl", "torch_impl")
LONGEST = 400  # lines

#: What a lookup loads: it starts at once, as it needs the standard library alone.
LOOKED_UP = ("errors", "schema", "translation", "catalogue")
#: The means of emission's words; the catalogue names them for type checking alone.
STRUCTURE = ROOT / "equivalence" / "translation" / "structure.py"

SOURCES = sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))
STANDARD = [
    file
    for file in SOURCES
    if file.is_relative_to(ROOT / "equivalence")
    and file.relative_to(ROOT / "equivalence").with_suffix("").parts[0] in LOOKED_UP
    and file != STRUCTURE
]


def name_of(file: Path) -> str:
    return str(file.relative_to(ROOT))


def imports(file: Path) -> Iterator[str]:
    """Full names of everything that a file imports when it runs, in functions too; not for type checking."""
    pending: list[ast.AST] = [ast.parse(file.read_text("utf-8"))]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            pending.extend(node.orelse)
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file.name} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        pending.extend(ast.iter_child_nodes(node))


@pytest.mark.parametrize("file", STANDARD, ids=name_of)
def test_the_catalogue_needs_the_standard_library_alone(file: Path) -> None:
    for imported in imports(file):
        package = imported.partition(".")[0]
        assert package == "equivalence" or package in sys.stdlib_module_names, f"{name_of(file)} imports {imported}"


def test_no_two_modules_import_each_other() -> None:
    """Not for type checking either; longer circles, and those of folders, the import linter sees."""
    graph = grimp.build_graph("equivalence")
    imported = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert imported["equivalence.cli"]
    assert not {frozenset((one, other)) for one in imported for other in imported[one] if one in imported[other]}


def test_every_file_keeps_to_one_idea() -> None:
    written = [
        *SOURCES,
        *(
            file
            for folder in ("tests", "scripts", "benchmarks", "keras_torch_experiments")
            for file in ROOT.glob(f"{folder}/**/*.py")
        ),
    ]
    lengths = {name_of(file): len(file.read_text("utf-8").splitlines()) for file in written}
    assert not {name: lines for name, lines in lengths.items() if lines > LONGEST}


def test_the_reading_of_imports_sees_them_all(tmp_path: Path) -> None:
    """The check itself: imports inside functions count, those for type checking do not."""
    file = tmp_path / "sample.py"
    file.write_text(
        "from typing import TYPE_CHECKING\nimport a.b\nif TYPE_CHECKING:\n    import hidden\nelse:\n    import c\n"
        "def f():\n    from d.e import g, h\n"
    )
    assert set(imports(file)) == {"typing.TYPE_CHECKING", "a.b", "c", "d.e.g", "d.e.h"}


def test_a_name_tells_its_idea_without_the_path() -> None:
    """No module of the tool is told from another by its folder alone, none bears a name of the standard library.

    The twins bear each other's names on purpose.
    """
    written = [file for file in SOURCES if file.is_relative_to(ROOT / "equivalence")]
    written += [
        file
        for folder in ("benchmarks", "keras_torch_experiments", "scripts")
        for file in ROOT.glob(f"{folder}/**/*.py")
    ]
    names = [file.stem for file in written if not file.stem.startswith("__")]
    rooms = [
        file.parent.name for file in written if file.stem == "__init__" and file.is_relative_to(ROOT / "equivalence")
    ]
    inside = rooms + [file.stem for file in SOURCES if file.is_relative_to(ROOT / "equivalence")]
    assert not {name for name in names if names.count(name) > 1}
    assert not {name for name in rooms if inside.count(name) > 1}
    assert not set(names) & sys.stdlib_module_names
