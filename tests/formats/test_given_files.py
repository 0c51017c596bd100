"""What a path may name besides a file, and a file that changes while it is read."""

from __future__ import annotations

import os
import re
import shutil
import socket
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from equivalence.errors import Refused
from equivalence.formats import read
from equivalence.formats.file_limits import DEFAULTS, Limits, lifted_by, limits_of

pytestmark = pytest.mark.timeout(60)
ROOT = Path(__file__).resolve().parents[2]
DIGITS = ROOT / "examples" / "digits.keras"


def pipe(path: Path) -> None:
    os.mkfifo(path)


def listening(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


def to_a_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def to_a_folder(path: Path) -> None:
    path.symlink_to(path.parent)


def in_a_circle(path: Path) -> None:
    path.symlink_to(path)


KINDS: dict[str, tuple[Callable[[Path], None], str]] = {
    "pipe": (pipe, "is a named pipe, not a file"),
    "socket": (listening, "is a socket, not a file"),
    "device": (to_a_device, "is a device, not a file"),
    "folder": (to_a_folder, "is a folder, not a Keras file"),
    "circle": (in_a_circle, "cannot be opened: Too many levels"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("role", ["model", "weights", "configuration"])
def test_what_is_no_file_is_refused_at_once(kind: str, role: str, tmp_path: Path) -> None:
    make, says = KINDS[kind]
    make(path := tmp_path / "m.keras")
    if role != "model":
        says = says.replace("a Keras file", "a(?: Keras)? file")
    (tmp_path / "model.json").write_bytes(zipfile.ZipFile(DIGITS).read("config.json"))
    config = {"model": None, "weights": tmp_path / "model.json", "configuration": path}[role]
    with pytest.raises(Refused, match=rf"m\.keras {says}"):
        read(DIGITS if role == "configuration" else path, config=config)


def test_a_link_to_a_file_is_followed(tmp_path: Path) -> None:
    (tmp_path / "m.keras").symlink_to(DIGITS)
    read(tmp_path / "m.keras").close()


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    """A folder whose configuration is a link to a file that lies elsewhere."""
    with zipfile.ZipFile(DIGITS) as archive:
        archive.extractall(tmp_path / "model")
    (tmp_path / "model" / "config.json").rename(tmp_path / "elsewhere.json")
    (tmp_path / "model" / "config.json").symlink_to(tmp_path / "elsewhere.json")
    return tmp_path / "model"


def test_a_link_out_of_a_folder_is_followed_if_allowed(unpacked: Path) -> None:
    with pytest.raises(Refused, match=r"model: config\.json is a link to '.*; --allow links"):
        read(unpacked)
    read(unpacked, limits=Limits(links=True)).close()


def test_a_link_inside_a_folder_is_followed(unpacked: Path) -> None:
    (unpacked / "config.json").unlink()
    (unpacked.parent / "elsewhere.json").rename(unpacked / "other.json")
    (unpacked / "config.json").symlink_to("other.json")
    read(unpacked).close()


def test_a_pipe_in_a_folder_is_refused_at_once(unpacked: Path) -> None:
    (unpacked / "config.json").unlink()
    os.mkfifo(unpacked / "config.json")
    with pytest.raises(Refused, match=r"model: config\.json is a named pipe"):
        read(unpacked)


def overwritten(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(20_000)
        file.write(b"new")


def cut(path: Path) -> None:
    os.truncate(path, 5_000)


def longer(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def replaced(path: Path) -> None:
    overwritten(other := Path(shutil.copy(path, path.with_name("other.keras"))))
    other.replace(path)


@pytest.mark.parametrize("change", [overwritten, cut, longer, replaced])
def test_a_file_that_changes_while_it_is_read(change: Callable[[Path], None], tmp_path: Path) -> None:
    path = Path(shutil.copy(DIGITS, tmp_path / "m.keras"))
    model = read(path)
    arrays = [array for layer in model.graph.layers for stored in layer.stored.values() for array in stored]
    arrays[0].read()
    change(path)
    with pytest.raises(Refused, match=r"m\.keras (was changed while it was read|is not a readable)"):
        for array in arrays:
            array.read()
    model.close()


TOO_LOW = {
    "json_bytes": 1000,
    "json_values": 10,
    "json_depth": 3,
    "layer_calls": 3,
    "metadata_bytes": 1000,
    "objects": 5,
    "members": 2,
}


@pytest.mark.parametrize("name", TOO_LOW)
def test_a_limit_is_kept_and_its_refusal_says_how_it_is_lifted(name: str) -> None:
    with pytest.raises(Refused, match=rf"^digits\.keras.*--allow {name.replace('_', '-')}=N allows more, and risks "):
        read(DIGITS, limits=Limits(**{name: TOO_LOW[name]}))
    again = limits_of([f"{name.replace('_', '-')}=90000000"])
    assert getattr(again, name) == 90_000_000
    read(DIGITS, limits=again).close()


def test_limits_by_their_names() -> None:
    assert limits_of([]) == DEFAULTS
    assert limits_of(["links", "words=5"]) == Limits(links=True, words=5)
    assert "--allow links allows" in lifted_by("links")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("bytes=3", "there is no limit 'bytes' to lift; there are json-bytes, "),
        ("words", "the limit words is lifted by --allow words=N, a whole number"),
        ("words=-3", "the limit words is lifted by --allow words=N, a whole number"),
        ("words=many", "the limit words is lifted by --allow words=N, a whole number"),
        ("links=1", "the limit links is lifted by --allow links"),
    ],
)
def test_what_is_no_limit(text: str, says: str) -> None:
    with pytest.raises(Refused, match=re.escape(says)):
        limits_of([text])


def test_a_version_that_is_none_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(DIGITS) as archive:
        archive.extractall(tmp_path / "model")
    (tmp_path / "model" / "metadata.json").write_text('{"keras_version": "[3. 1.]"}')
    with pytest.raises(Refused, match=r"model: keras_version is '\[3\. 1\.\]', which is no version"):
        read(tmp_path / "model")
