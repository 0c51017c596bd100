"""What pytest finds of this package: seeded inputs, and a page for each `assert_equivalent` that fails.

Loaded in every run of pytest where the package is installed, so that it imports no framework until it is used.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import numpy as np

    from equivalence.asserting import Failed


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("equivalence", "Keras <-> PyTorch")
    group.addoption("--equivalence-seed", type=int, default=0, metavar="N", help="seed of keras_inputs (default: 0)")
    group.addoption("--equivalence-html", metavar="DIR", help="keep a page for each assert_equivalent that fails")


@pytest.fixture
def keras_inputs(request: pytest.FixtureRequest) -> Callable[[Any], list[np.ndarray]]:
    """A function of a Keras model (or its path): random inputs for it in Keras's layout, from --equivalence-seed."""
    seed = request.config.getoption("--equivalence-seed")

    def drawn(keras_model: Any) -> list[np.ndarray]:
        from equivalence.asserting import seeded_inputs

        return seeded_inputs(keras_model, seed)

    return drawn


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    folder = item.config.getoption("--equivalence-html")
    failed: Failed | None = getattr(call.excinfo.value, "equivalence", None) if call.excinfo else None
    if folder and failed is not None and report.failed:
        path = item.config.invocation_params.dir / folder / _file_name(item.nodeid)
        report.sections.append(("equivalence", _kept(failed, path)))
    return report


def _kept(failed: Failed, path: Path) -> str:
    """Writes the page; says where it is, or why it is not."""
    from equivalence.errors import Refused
    from equivalence.formats.outputs import write_together
    from equivalence.render.check_page import check_page

    page = check_page(failed.check.to_json(), failed.keras, failed.torch).encode()
    try:
        write_together(path.parent, {path.name: lambda file: file.write_bytes(page)})
    except (OSError, Refused) as error:  # the test's own failure is what matters
        return f"no page is kept: {error}"
    return f"page: {path}"


def _file_name(test: str) -> str:
    """A name for a test's page: what can be read of its own, and what tells it from all others."""
    file, _, name = test.partition("::")
    words = re.sub(r"[^A-Za-z0-9]+", "_", f"{Path(file).stem}_{name}").strip("_")
    return f"{words[:100]}-{zlib.crc32(test.encode()):08x}.html"
