"""The plugin as a user of pytest meets it: runs of pytest of their own, which load nothing else."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from found import different

pytest_plugins = "pytester"

HERE = Path(__file__).parent
DIGITS = HERE.parents[1] / "examples" / "digits.keras"

#: Stands in for the check, which is tested elsewhere: "different" and "equal" are models, and so are their reports.
STUB = f"""
import sys, types
sys.path.insert(0, {str(HERE)!r})
import found

def check(keras_model, torch_module, inputs=None, **options):
    assert options in ({{}}, {{"weights": "given"}})
    return getattr(found, keras_model)()

sys.modules["equivalence.checking"] = types.SimpleNamespace(check=check)
"""

Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a test file with the plugin alone, installed or not."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("COLUMNS", "80")

    def run(source: str, *options: str, stub: bool = True) -> pytest.RunResult:
        if stub:
            pytester.makeconftest(STUB)
        pytester.makepyfile(source)
        return pytester.runpytest_subprocess("-p", "equivalence.pytest_plugin", *options)

    return run


TESTS = """
from equivalence import assert_equivalent

def test_same():
    assert_equivalent("equal", object(), weights="given")

def test_other():
    assert_equivalent("different", object())

def test_unknown():
    assert_equivalent("unknown", object())
"""


def test_a_failure_is_the_report(run: Run) -> None:
    result = run(TESTS)
    result.assert_outcomes(passed=1, failed=2)
    lines = [line[8:] for line in result.outlines if line.startswith("E       ")]
    assert lines[0] == "AssertionError: Different: 2 faults, the first at norm."
    assert "1. norm → features.1, net.py:22" in lines
    assert "   write: self.norm = nn.BatchNorm2d(8, eps=0.001)" in lines
    assert "norm     different   2.5e-01  features.1, net.py:22" in lines
    assert any(line.startswith("AssertionError: Can't tell: net.py:MyNet fails in its forward") for line in lines)
    assert max(len(line) for line in lines if not line.startswith("AssertionError: ")) <= 72
    assert not any("asserting.py" in line for line in result.outlines), "the frames of the package are shown"


def test_no_page_is_kept_unless_asked(run: Run, pytester: pytest.Pytester) -> None:
    run(TESTS)
    assert not list(pytester.path.rglob("*.html"))


def test_a_page_is_kept_for_each_failure(run: Run, pytester: pytest.Pytester) -> None:
    result = run(
        TESTS
        + """
import pytest

@pytest.mark.parametrize("name", ["different", "a b/c"])
def test_many(name):
    assert_equivalent("different", 3)

@pytest.mark.xfail
def test_expected():
    assert_equivalent("different", 3)

def test_caught():
    with pytest.raises(AssertionError, match="norm"):
        assert_equivalent("different", 3)

def test_of_another_kind():
    assert 1 == 2
""",
        "--equivalence-html",
        "pages/here",
    )
    result.assert_outcomes(passed=2, failed=5, xfailed=1)
    names = sorted(path.name.rpartition("-")[0] for path in (pytester.path / "pages" / "here").iterdir())
    stem = "test_a_page_is_kept_for_each_failure"
    assert names == [f"{stem}_test_{end}" for end in ("many_a_b_c", "many_different", "other", "unknown")]
    (page,) = (pytester.path / "pages" / "here").glob("*test_other-*")
    assert "object against different" in page.read_text("utf-8")
    assert different().faults[0].cause.fix in page.read_text("utf-8")  # type: ignore[union-attr]
    result.stdout.fnmatch_lines([f"page: {pytester.path}/pages/here/*test_other-????????.html"])


def test_a_page_that_cannot_be_kept_hides_no_failure(run: Run, pytester: pytest.Pytester) -> None:
    (pytester.path / "pages").write_text("a file")
    result = run(TESTS, "--equivalence-html", "pages")
    result.assert_outcomes(passed=1, failed=2)
    assert any(line.startswith("no page is kept: ") for line in result.outlines)
    assert any("1. norm → features.1" in line for line in result.outlines)


def test_inputs_are_drawn_from_the_seed(run: Run) -> None:
    """For a file without Keras; in Keras's layout, and the same ones in each test."""
    source = f"""
import numpy as np

def test_drawn(keras_inputs, request):
    (image,) = keras_inputs({str(DIGITS)!r})
    assert image.dtype == np.float32 and image.shape == (2, 8, 8, 1)
    (again,) = keras_inputs({str(DIGITS)!r})
    assert np.array_equal(image, again)
    expected = np.random.default_rng({{seed}}).standard_normal(image.shape).astype(np.float32)
    assert np.array_equal(image, expected)
"""
    run(source.format(seed=0)).assert_outcomes(passed=1)
    run(source.format(seed=7), "--equivalence-seed", "7").assert_outcomes(passed=1)


def test_loading_it_loads_no_framework() -> None:
    code = (
        "import sys, equivalence.pytest_plugin; print(*sorted({'torch', 'keras', 'numpy', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


def test_it_is_an_entry_point() -> None:
    project = tomllib.loads((HERE.parents[1] / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"equivalence": "equivalence.pytest_plugin"}
