"""Which models paths, folders and patterns stand for, and the place of each port."""

from __future__ import annotations

from pathlib import Path

import pytest

from equivalence.errors import Refused
from equivalence.formats.model_files import ModelPath, is_own_path, model_files

FILES = ("a.keras", "b.h5", "b.keras", "deep/er/c.hdf5", "deep/d.weights.h5", "deep/readme.txt", "my net.keras")


@pytest.fixture
def zoo(tmp_path: Path) -> Path:
    for name in FILES:
        (tmp_path / "zoo" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "zoo" / name).touch()
    for name in ("config.json", "model.weights.h5"):
        (tmp_path / "zoo" / "whole").mkdir(exist_ok=True)
        (tmp_path / "zoo" / "whole" / name).touch()
    return tmp_path / "zoo"


def places(found: list[ModelPath]) -> list[tuple[str, str, str]]:
    return [(path.name, folder, name) for path, folder, name in found]


def test_a_folder_is_all_models_in_it_at_any_depth(zoo: Path) -> None:
    assert places(model_files([zoo])) == [
        ("a.keras", ".", "a"),
        ("b.h5", ".", "b_h5"),
        ("b.keras", ".", "b_keras"),
        ("d.weights.h5", "deep", "d"),
        ("c.hdf5", "deep/er", "c"),
        ("my net.keras", ".", "my_net"),
        ("whole", ".", "whole"),
    ]


def test_a_pattern_is_what_it_finds(zoo: Path) -> None:
    assert places(model_files([f"{zoo}/*.keras"])) == [
        ("a.keras", ".", "a"),
        ("b.keras", ".", "b"),
        ("my net.keras", ".", "my_net"),
    ]
    assert [path.name for path, *_ in model_files([f"{zoo}/**/c.*"])] == ["c.hdf5"]


def test_the_place_of_files_is_below_what_they_have_in_common(zoo: Path) -> None:
    given = [zoo / "deep" / "er" / "c.hdf5", zoo / "a.keras"]
    assert places(model_files(given)) == [("a.keras", ".", "a"), ("c.hdf5", "deep/er", "c")]
    assert places(model_files([given[0]])) == [("c.hdf5", ".", "c")]


def test_a_model_that_is_given_twice_is_one(zoo: Path) -> None:
    assert len(model_files([zoo, zoo / "a.keras", f"{zoo}/a*"])) == len(model_files([zoo]))


def test_names_that_become_alike_are_told_apart(tmp_path: Path) -> None:
    for name in ("x-y.keras", "x y.keras", f"{'n' * 90}1.h5", f"{'n' * 90}2.h5"):
        (tmp_path / name).touch()
    names = [name for *_, name in model_files([tmp_path])]
    assert names == [f"{'n' * 50}_h5", f"{'n' * 50}_h5_2", "x_y_keras", "x_y_keras_2"]


def test_a_path_that_is_there_is_no_pattern(tmp_path: Path) -> None:
    (tmp_path / "a[1].keras").touch()
    assert is_own_path(f"{tmp_path}/a[1].keras")
    assert places(model_files([tmp_path / "a[1].keras"])) == [("a[1].keras", ".", "a_1_")]


@pytest.mark.parametrize(
    ("given", "own"),
    [("zoo/a.keras", True), ("zoo/none.keras", True), ("zoo/whole", True), ("zoo", False), ("zoo/*.keras", False)],
)
def test_one_model_is_told_from_several(zoo: Path, given: str, own: bool) -> None:
    assert is_own_path(str(zoo.parent / given)) is own


@pytest.mark.parametrize("given", [["empty"], ["*.keras"], []], ids=["folder", "pattern", "nothing"])
def test_where_there_is_no_model_it_says_so(given: list[str], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(Refused, match=r"no model|nothing"):
        model_files([tmp_path / name for name in given])


def test_a_file_that_is_not_there_is_left_to_the_reader(tmp_path: Path) -> None:
    assert places(model_files([tmp_path / "none.keras"])) == [("none.keras", ".", "none")]
