"""How the tests are shared out between processes: a file is one piece of work, the longest are several.

Keras and torch are started once for each piece, so that a piece should be long, and the longest not too long. And
which of them `make quick` runs: what needs little of Keras, one case of each family, most of the whole models.
"""

from __future__ import annotations

import gc
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from recorded_cases import MARK, asked_for_all, is_vouched_for

from equivalence.catalogue.index import stated

#: Into how many pieces a file is cut: the tests of one entry stay together, and where there is none each is for itself.
PIECES = {"test_catalogue_holds.py": 6, "test_ranks.py": 3, "test_notebooks.py": 3}

#: Whole files: the words, the emission, the formats, the commands, and own layers.
QUICK = frozenset(
    """
    test_books.py test_code.py test_guard.py test_order.py test_render.py test_storage.py test_taken_names.py
    test_text.py test_archive.py test_assets.py test_attached_arrays.py test_graph_building.py test_outputs.py
    test_window.py test_entries.py test_refused_settings.py test_register.py test_regularization.py
    test_torch_names.py test_wire.py test_compare.py test_errors.py test_layers_of_the_house.py test_lookup.py
    test_rounding.py test_mutants.py test_weights.py test_cli.py test_hostile_files.py test_own_layers.py
    """.split()
)
#: Files of which a part is run.
PARTS = frozenset({"test_catalogue_holds.py", "test_kinds_of_models.py"})


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--quick`: two minutes' worth of the tests, those chosen here."""
    parser.addoption("--quick", action="store_true", help="what tests/conftest.py chooses")


def pytest_configure(config: pytest.Config) -> None:
    """Says what is marked."""
    config.addinivalue_line("markers", f"{MARK}(record, case): of a case that a record holds, or None")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Files that are left out are not imported either. None: whatever else decides."""
    return True if config.getoption("--quick") and _is_left_out(collection_path) else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Marks every test with the piece that it belongs to (`--dist loadgroup`)."""
    if config.getoption("--quick"):
        items[:] = [*_chosen(items)]
    elif not asked_for_all(config):
        left_out = [item for item in items if is_vouched_for(item)]
        items[:] = [item for item in items if item not in set(left_out)]
        config.hook.pytest_deselected(items=left_out)
    for item in items:
        pieces = PIECES.get(item.path.name, 1)
        entry = getattr(item, "callspec", None) and item.callspec.params.get("entry")  # type: ignore[attr-defined]
        part = zlib.crc32((entry.keras if entry else item.name).encode()) % pieces
        item.add_marker(pytest.mark.xdist_group(f"{item.path.name}-{part}"))


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """What was imported by now stays, and no search for garbage walks through it: TensorFlow and torch are millions of
    objects, and tests of many small models spend most of their time in such searches."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any, ids: list[str]) -> None:
    """Raises pytest.UsageError where the pieces are asked for and pytest-xdist did not write them to the tests' names.

    It writes them into a private field of pytest's, which pytest 9.2 no longer reads: without a word every test is
    then a piece of its own, and Keras is started hundreds of times.
    """
    if node.config.option.dist == "loadgroup" and any("@" not in name for name in ids):
        raise pytest.UsageError(f"pytest-xdist does not keep pieces together under pytest {pytest.__version__}")


@pytest.fixture(autouse=True)
def _modules_of_a_test_end_with_it(request: pytest.FixtureRequest) -> Iterator[None]:
    """What a test imports from its own folder is not found by the next test that writes a file of that name."""
    if "tmp_path" not in request.fixturenames:
        yield
        return
    folder, before = str(request.getfixturevalue("tmp_path")), set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", None)).startswith(folder):
            del sys.modules[name]


@pytest.fixture(scope="module", autouse=True)
def _floats_are_left_as_they_were() -> Iterator[None]:
    """What a file of tests leaves Keras computing in is what all that follow in this process compute in."""
    yield
    if "keras" in sys.modules:
        config = sys.modules["keras"].config
        assert (config.floatx(), config.dtype_policy().name) == ("float32", "float32")


def _is_left_out(path: Path) -> bool:
    """Whether a test file is not even imported."""
    return path.name.startswith("test_") and path.name not in QUICK | PARTS


def _chosen(items: list[pytest.Item]) -> Iterator[pytest.Item]:
    """Those that are run: of the catalogue the first case of each family, the models that one Keras runs."""
    families = {entry.keras: module.split(".")[0] for entry, module in stated()}
    seen: set[str] = set()
    for item in items:
        given: dict[str, Any] = item.callspec.params if hasattr(item, "callspec") else {}
        if item.path.name == "test_kinds_of_models.py":
            if given["make"].__name__ not in item.module.ELSEWHERE:  # type: ignore[attr-defined]
                yield item
        elif item.path.name == "test_catalogue_holds.py":
            family = families.get(given["entry"].keras, "") if "case" in given else ""
            if family and family not in seen and not given["entry"].no_counterpart:
                seen.add(family)
                yield item
        else:
            yield item
