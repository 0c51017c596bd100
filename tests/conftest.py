"""How the tests are shared out between processes: a file is one piece of work, the two long ones are several.

Keras and torch are started once for each piece, so that a piece should be long, and the longest not too long. And
which of them `make quick` runs: what needs no Keras, one case of each family, two whole models.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

#: Files whose tests are about one entry each, and into how many pieces they are cut.
PIECES = {"test_catalogue_holds.py": 6, "test_ranks.py": 3}

#: Whole files: the words, the emission and the formats by themselves.
QUICK = frozenset(
    """
    test_books.py test_code.py test_guard.py test_order.py test_render.py test_storage.py test_taken_names.py
    test_text.py test_archive.py test_assets.py test_attached_arrays.py test_graph_building.py test_outputs.py
    test_window.py test_entries.py test_refused_settings.py test_register.py test_regularization.py
    test_torch_names.py test_wire.py test_compare.py test_errors.py test_layers_of_the_house.py test_lookup.py
    test_rounding.py test_mutants.py
    """.split()
)
#: Files of which a part is run.
PARTS = frozenset({"test_catalogue_holds.py", "test_kinds_of_models.py"})
MODELS = frozenset({"siamese", "tagged_words"})


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--quick`: two minutes' worth of the tests, those chosen here."""
    parser.addoption("--quick", action="store_true", help="what tests/conftest.py chooses")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Files that are left out are not imported either. None: whatever else decides."""
    return True if config.getoption("--quick") and _is_left_out(collection_path) else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Marks every test with the piece that it belongs to (`--dist loadgroup`)."""
    if config.getoption("--quick"):
        items[:] = [*_chosen(items)]
    for item in items:
        pieces = PIECES.get(item.path.name, 1)
        entry = getattr(item, "callspec", None) and item.callspec.params.get("entry")  # type: ignore[attr-defined]
        part = zlib.crc32(entry.keras.encode()) % pieces if entry else 0
        item.add_marker(pytest.mark.xdist_group(f"{item.path.name}-{part}"))


def _is_left_out(path: Path) -> bool:
    """Whether a test file is not even imported."""
    return path.name.startswith("test_") and path.name not in QUICK | PARTS


def _chosen(items: list[pytest.Item]) -> Iterator[pytest.Item]:
    """Those that are run: of the catalogue the first case of each family, of the models two."""
    families: set[str] = set()
    for item in items:
        given: dict[str, Any] = item.callspec.params if hasattr(item, "callspec") else {}
        if item.path.name == "test_kinds_of_models.py":
            if given["make"].__name__ in MODELS:
                yield item
        elif item.path.name == "test_catalogue_holds.py":
            family = given["entry"].emit.__module__.split(".")[2] if "case" in given else ""
            if family and family not in families and not given["entry"].no_counterpart:
                families.add(family)
                yield item
        else:
            yield item
