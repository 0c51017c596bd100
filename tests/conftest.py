"""How the tests are shared out between processes: a file is one piece of work, the two long ones are several.

Keras and torch are started once for each piece, so that a piece should be long, and the longest not too long.
"""

from __future__ import annotations

import zlib

import pytest

#: Files whose tests are about one entry each, and into how many pieces they are cut.
PIECES = {"test_catalogue_holds.py": 6, "test_ranks.py": 3}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks every test with the piece that it belongs to (`--dist loadgroup`)."""
    for item in items:
        pieces = PIECES.get(item.path.name, 1)
        entry = getattr(item, "callspec", None) and item.callspec.params.get("entry")  # type: ignore[attr-defined]
        part = zlib.crc32(entry.keras.encode()) % pieces if entry else 0
        item.add_marker(pytest.mark.xdist_group(f"{item.path.name}-{part}"))
