"""Several files written together: all or none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from equivalence.errors import Refused
from equivalence.formats.outputs import write_together


def failing(file: Path) -> None:
    file.write_bytes(b"half")
    raise RuntimeError("no more")


def test_all_are_written(tmp_path: Path) -> None:
    paths = write_together(
        tmp_path / "new" / "folder", {"a.py": lambda s: s.write_bytes(b"1"), "b.bin": lambda s: s.write_bytes(b"2")}
    )
    assert [(path.name, path.read_bytes()) for path in paths] == [("a.py", b"1"), ("b.bin", b"2")]
    assert sorted(path.name for path in (tmp_path / "new" / "folder").iterdir()) == ["a.py", "b.bin"]


def test_files_get_the_usual_permissions(tmp_path: Path) -> None:
    def of_the_owner(file: Path) -> None:
        file.unlink()
        os.close(os.open(file, os.O_CREAT | os.O_WRONLY, 0o600))

    (tmp_path / "usual").touch()
    for path in write_together(tmp_path, {"a.py": lambda s: s.write_bytes(b"1"), "b.bin": of_the_owner}):
        assert path.stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_old_files_stay_where_a_writer_fails(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"old")
    with pytest.raises(RuntimeError, match="no more"):
        write_together(tmp_path, {"a.py": lambda s: s.write_bytes(b"new"), "b.bin": failing})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a.py": b"old"}


def test_a_folder_made_for_nothing_goes_again(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="no more"):
        write_together(tmp_path / "new" / "folder", {"b.bin": failing})
    assert list(tmp_path.iterdir()) == []


def test_a_failure_to_rename_leaves_no_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OSError, match="the disk is gone"):
        write_together(tmp_path, {"a.py": lambda s: s.write_bytes(b"1"), "b.py": lambda s: s.write_bytes(b"2")})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../a", "/a"])
def test_a_name_must_be_a_plain_file_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(Refused, match="no plain file name"):
        write_together(tmp_path, {name: lambda s: s.write_bytes(b"1")})


def test_a_folder_in_the_way_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    with pytest.raises(Refused, match="is a folder"):
        write_together(tmp_path, {"a": lambda s: s.write_bytes(b"1"), "b": lambda s: s.write_bytes(b"2")})
    assert os.listdir(tmp_path) == ["b"]


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Refused, match="cannot be made"):
        write_together(tmp_path / "file", {"a": lambda s: s.write_bytes(b"1")})
