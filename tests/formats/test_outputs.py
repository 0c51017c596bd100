"""Several files written together: all or none, whatever happens meanwhile."""

from __future__ import annotations

import errno
import os
import random
import resource
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from equivalence.errors import Refused
from equivalence.formats import one_event, outputs
from equivalence.formats.outputs import write_together

pytestmark = pytest.mark.timeout(120)
NAMES = ("a.bin", "a.json", "a.py")
OLD = {name: f"old {name}".encode() for name in NAMES}
NEW = {name: f"new {name}".encode() * 100 for name in NAMES}
WRITING = ("open", "os.", "shutil.", "fcntl.flock")  # audit events of what touches a file


def writing(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


def write_new(folder: Path) -> None:
    write_together(folder, {name: writing(content) for name, content in NEW.items()})


def failing(file: Path) -> None:
    file.write_bytes(b"half")
    raise RuntimeError("no more")


def seen(folder: Path) -> dict[str, bytes]:
    """What somebody finds who looks for files."""
    return {name: (folder / name).read_bytes() for name in NAMES if (folder / name).exists()}


@pytest.fixture
def unsynced(monkeypatch: pytest.MonkeyPatch) -> None:
    """A killed process loses nothing of what it has written; only a machine without power does."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


def in_child(work: Callable[[], Any]) -> int:
    """The status of a child process that does it; the child never returns."""
    child = os.fork()
    if not child:
        try:
            work()
            os._exit(0)
        except BaseException:
            os._exit(1)
    return os.waitpid(child, 0)[1]


@pytest.fixture(params=["new", "empty", "old"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Where to write: it is not there, holds nothing, or the files already."""
    folder = tmp_path / "out"
    if request.param != "new":
        folder.mkdir()
    if request.param == "old":
        for name, content in OLD.items():
            (folder / name).write_bytes(content)
    return folder


def test_all_are_written(folder: Path) -> None:
    write_new(folder)
    assert seen(folder) == NEW
    assert sorted(os.listdir(folder)) == list(NAMES) and os.listdir(folder.parent) == ["out"]
    assert all((folder / name).is_file() and not (folder / name).is_symlink() for name in NAMES)


def test_parents_are_made(tmp_path: Path) -> None:
    paths = write_together(tmp_path / "new" / "folder", {"a.py": writing(b"1"), "b.bin": writing(b"2")})
    assert [(path.name, path.read_bytes()) for path in paths] == [("a.py", b"1"), ("b.bin", b"2")]


def test_files_get_the_usual_permissions(folder: Path) -> None:
    def of_the_owner(file: Path) -> None:
        file.unlink()
        os.close(os.open(file, os.O_CREAT | os.O_WRONLY, 0o600))

    (folder.parent / "usual").touch()
    (folder.parent / "made").mkdir()
    for path in write_together(folder, {"a.py": writing(b"1"), "b.bin": of_the_owner}):
        assert path.stat().st_mode == (folder.parent / "usual").stat().st_mode
    assert folder.stat().st_mode == (folder.parent / "made").stat().st_mode


def killed_at(event: int, folder: Path) -> None:
    """Writes, and is killed before the file event of that number."""
    count = 0

    def kill(name: str, arguments: Any) -> None:
        nonlocal count
        if name.startswith(WRITING):
            count += 1
            if count == event + 1:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(kill)
    write_new(folder)


def test_killed_at_every_file_event(folder: Path, unsynced: None) -> None:
    before, found = seen(folder), set()
    for event in range(1000):
        place = folder.parent / str(event)
        if folder.exists():
            shutil.copytree(folder, place)
        status = in_child(lambda event=event, place=place: killed_at(event, place))
        found.add((status, after := seen(place) == NEW))
        assert after or seen(place) == before, f"at event {event}: {sorted(seen(place))}"
        if status == 0:
            break
        write_new(place)
        assert seen(place) == NEW and sorted(os.listdir(place)) == list(NAMES), "what was begun is disposed of"
    assert found == {(signal.SIGKILL, False), (signal.SIGKILL, True), (0, True)}


def test_killed_at_random_instants(tmp_path: Path, unsynced: None) -> None:
    random_instants = random.Random(3)
    folder = tmp_path / "out"
    write_together(folder, {name: writing(content) for name, content in OLD.items()})
    started = time.perf_counter()
    write_new(tmp_path / "other")
    usual = time.perf_counter() - started
    killed = 0
    for _ in range(500):
        child = os.fork()
        if not child:
            try:
                write_new(folder)
            finally:
                os._exit(0)
        time.sleep(random_instants.random() * 2 * usual)
        os.kill(child, signal.SIGKILL)
        killed += os.waitpid(child, 0)[1] == signal.SIGKILL
        assert seen(folder) in (OLD, NEW)
    assert killed > 20
    write_new(folder)
    assert seen(folder) == NEW and sorted(os.listdir(folder)) == list(NAMES)


@pytest.mark.parametrize("folder", ["new", "old"], indirect=True)
@pytest.mark.parametrize("size", range(0, 5000, 100), ids=lambda size: f"{size}-bytes")
def test_a_full_disk(size: int, folder: Path, unsynced: None) -> None:
    before = seen(folder)

    def write_little() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        with pytest.raises(Refused, match=r"^'.*out' cannot be written: File too large$"):
            write_together(folder, {**{name: writing(NEW[name]) for name in NAMES[:2]}, "a.py": writing(b"x" * 5000)})

    assert in_child(write_little) == 0
    assert seen(folder) == before and os.listdir(folder.parent) == (["out"] if before or folder.exists() else [])
    assert folder.exists() == bool(before) or os.listdir(folder) == []


@pytest.mark.parametrize("folder", ["new", "old"], indirect=True)
@pytest.mark.parametrize("step", ["mkdir", "rename", "replace", "symlink", "fsync"])
def test_a_disk_that_fails_at_a_step(step: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = seen(folder)
    for number in range(8):
        calls, usual = [], getattr(os, step)

        def sometimes(*given: Any, calls: list = calls, usual: Any = usual, number: int = number, **named: Any) -> Any:
            calls.append(given)
            if len(calls) == number + 1:
                raise OSError(errno.EROFS, "Read-only file system")
            return usual(*given, **named)

        monkeypatch.setattr(os, step, sometimes)
        try:
            write_new(folder)
        except Refused as refusal:
            assert "Read-only file system" in str(refusal)
        monkeypatch.setattr(os, step, usual)
        after = seen(folder)
        assert after in (before, NEW)
        if folder.exists():
            assert set(os.listdir(folder)) <= set(NAMES)
        before = after


def test_two_that_write_into_one_folder_at_once(tmp_path: Path) -> None:
    for number in range(16):
        folder = tmp_path / str(number % 8)
        children = []
        for writer in range(2):
            child = os.fork()
            if not child:
                write_together(folder, {name: writing(f"{writer} {name}".encode()) for name in NAMES})
                os._exit(0)
            children.append(child)
        assert [os.waitpid(child, 0)[1] for child in children] == [0, 0]
        assert seen(folder) in [{name: f"{writer} {name}".encode() for name in NAMES} for writer in range(2)]
        assert sorted(os.listdir(folder)) == list(NAMES)
    assert len(os.listdir(tmp_path)) == 8


def test_old_files_stay_where_a_writer_fails(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"old")
    with pytest.raises(RuntimeError, match="no more"):
        write_together(tmp_path, {"a.py": writing(b"new"), "b.bin": failing})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a.py": b"old"}


def test_a_folder_made_for_nothing_goes_again(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="no more"):
        write_together(tmp_path / "new" / "folder", {"b.bin": failing})
    assert list(tmp_path.iterdir()) == []


def test_a_check_keeps_everything_as_it_is(folder: Path) -> None:
    def refuse(found: Path) -> None:
        raise Refused(f"not into {found.name}")

    before, there = seen(folder), folder.exists()
    writers = {name: writing(content) for name, content in NEW.items()}
    if there:
        with pytest.raises(Refused, match="not into out"):
            write_together(folder, writers, refuse)
        assert seen(folder) == before
    else:
        write_together(folder, writers, refuse)  # nothing is there to be checked


def test_without_links_files_are_replaced_one_after_the_other(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*given: Any, **named: Any) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "symlink", refuse)
    monkeypatch.setattr(os, "link", refuse)
    write_new(folder)
    assert seen(folder) == NEW and sorted(os.listdir(folder)) == list(NAMES)


def test_without_locks_it_is_written_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(one_event, "LOCKS", False)
    write_new(folder)
    assert seen(folder) == NEW and sorted(os.listdir(folder)) == list(NAMES)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../a", "/a"])
def test_a_name_must_be_a_plain_file_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(Refused, match="no plain file name"):
        write_together(tmp_path, {name: writing(b"1")})


def test_a_folder_in_the_way_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    with pytest.raises(Refused, match="is a folder"):
        write_together(tmp_path, {"a": writing(b"1"), "b": writing(b"2")})
    assert os.listdir(tmp_path) == ["b"]


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Refused, match="cannot be made"):
        write_together(tmp_path / "file", {"a": writing(b"1")})


def test_what_a_library_says_of_a_full_disk_is_one_sentence(tmp_path: Path) -> None:
    def full(path: Path) -> None:
        raise RuntimeError("Error while serializing: I/O error: No space left on device (os error 28)")

    with pytest.raises(Refused, match=r"^'a' cannot be written: .*No space left on device"):
        write_together(tmp_path, {"a": full})
    assert os.listdir(tmp_path) == [] and outputs.NEW == "new"
