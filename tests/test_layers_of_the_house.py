"""Imports run down, frameworks stay on their own floor, files keep to one idea."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("equivalence", "keras_impl", "torch_impl")
LONGEST = 400  # lines

#: The floor of every module and sub-package of `equivalence`; one imports from its own floor and below.
FLOORS = {
    "errors": 0, "schema": 0, "translation": 0,
    "catalogue": 1,
    "search": 2, "render": 2, "emit": 2,
    "formats": 3, "weights": 3,
    "keras_side": 4, "torch_side": 4,
    "verification": 5, "ported": 5, "proofs": 5, "porting": 5, "transferring": 5,
    "cli": 6, "__main__": 6, "__init__": 6,
}  # fmt: skip

#: Where a framework may be imported. Keras computes on torch too, so its side may ask torch for no gradients.
FRAMEWORKS = {
    "keras": {"keras_side", "keras_impl"},
    "tensorflow": {"keras_side"},
    "torch": {"torch_side", "keras_side", "torch_impl"},
    "h5py": set(),
    "pyfive": {"formats"},
}

SOURCES = sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))


def name_of(file: Path) -> str:
    return str(file.relative_to(ROOT))


def unit(file: Path) -> str:
    """What of FLOORS or PACKAGES a file belongs to."""
    package, *rest = file.relative_to(ROOT).with_suffix("").parts
    return rest[0] if package == "equivalence" else package


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
            assert node.level == 0, f"{name_of(file)} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        pending.extend(ast.iter_child_nodes(node))


@pytest.mark.parametrize("file", SOURCES, ids=name_of)
def test_imports_run_down(file: Path) -> None:
    """A floor knows nothing of what stands on it; the twins know neither the tool nor each other."""
    if file.parts[-2] == "equivalence":
        assert file.stem in FLOORS, f"{file.stem} has no floor yet: give it one in FLOORS"
    for imported in imports(file):
        package, _, rest = imported.partition(".")
        if package not in PACKAGES or imported == "equivalence.__version__":
            continue
        own, other = unit(file), rest.partition(".")[0] if package == "equivalence" else package
        if own in FLOORS:
            assert package == "equivalence", f"{name_of(file)} imports the twin {imported}"
            assert FLOORS[other] <= FLOORS[own], f"{name_of(file)} (floor {FLOORS[own]}) imports {imported}"
        else:
            assert other == own, f"{name_of(file)} imports {imported}"


@pytest.mark.parametrize("file", SOURCES, ids=name_of)
def test_frameworks_stay_on_their_floor(file: Path) -> None:
    for imported in imports(file):
        allowed = FRAMEWORKS.get(imported.partition(".")[0])
        assert allowed is None or unit(file) in allowed, f"{name_of(file)} imports {imported}"


#: The means of emission's words; the catalogue names them for type checking alone.
STRUCTURE = ROOT / "equivalence" / "translation" / "structure.py"
STANDARD = [file for file in SOURCES if FLOORS.get(unit(file), 9) <= 1 and file != STRUCTURE]


@pytest.mark.parametrize("file", STANDARD, ids=name_of)
def test_the_catalogue_needs_the_standard_library_alone(file: Path) -> None:
    for imported in imports(file):
        package = imported.partition(".")[0]
        assert package == "equivalence" or package in sys.stdlib_module_names, f"{name_of(file)} imports {imported}"


def test_every_file_keeps_to_one_idea() -> None:
    written = [
        *SOURCES,
        *(
            file
            for folder in ("tests", "scripts", "benchmarks", "experiments")
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
    written = [file for file in SOURCES if unit(file) in FLOORS]
    written += [file for folder in ("benchmarks", "experiments", "scripts") for file in ROOT.glob(f"{folder}/**/*.py")]
    names = [file.stem for file in written if not file.stem.startswith("__")]
    assert not {name for name in names if names.count(name) > 1}
    assert not set(names) & sys.stdlib_module_names
