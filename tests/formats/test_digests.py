"""What a port was made from: the digest of every file that a model is read from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from equivalence.formats.digests import digest, digest_of, made_from


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def shards(folder: Path) -> Path:
    index = folder / "m.weights.json"
    index.write_text(json.dumps({"weight_map": {"/a": ["one.h5"], "/b": "two.h5"}}))
    (folder / "one.h5").write_bytes(b"1")
    (folder / "two.h5").write_bytes(b"2")
    (folder / "other.h5").write_bytes(b"3")
    return index


def unpacked(folder: Path) -> Path:
    (folder / "model" / "assets").mkdir(parents=True)
    (folder / "model" / "config.json").write_bytes(b"{}")
    (folder / "model" / "assets" / "words.txt").write_bytes(b"w")
    return folder / "model"


def test_one_file_has_the_digest_that_sha256sum_prints(tmp_path: Path) -> None:
    (tmp_path / "a.keras").write_bytes(b"content")
    assert digest(tmp_path / "a.keras") == digest_of(tmp_path / "a.keras") == sha256(b"content")


def test_several_have_that_of_a_list_of_them(tmp_path: Path) -> None:
    (tmp_path / "b.weights.h5").write_bytes(b"weights")
    (tmp_path / "a.json").write_bytes(b"{}")
    printed = f"a.json  {sha256(b'{}')}\nb.weights.h5  {sha256(b'weights')}\n"
    assert digest_of(tmp_path / "b.weights.h5", [tmp_path / "a.json"]) == sha256(printed.encode())


@pytest.mark.parametrize(
    ("make", "changed"),
    [(shards, "two.h5"), (shards, "m.weights.json"), (unpacked, "model/assets/words.txt")],
    ids=["shard", "index", "folder"],
)
def test_every_file_that_is_read_counts(make: Callable[[Path], Path], changed: str, tmp_path: Path) -> None:
    source = make(tmp_path)
    before = digest_of(source)
    (tmp_path / changed).write_bytes((tmp_path / changed).read_bytes() + b" ")
    assert digest_of(source) != before


def test_what_is_not_read_does_not_count(tmp_path: Path) -> None:
    source = shards(tmp_path)
    before = digest_of(source)
    (tmp_path / "other.h5").write_bytes(b"4")
    assert digest_of(source) == before


def test_json_that_is_no_index_is_a_file_like_any_other(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b'{"weight_map": {"/a": "../x"}}')
    (tmp_path / "b.json").write_bytes(b"{cut")
    assert digest_of(tmp_path / "a.json") == sha256(b'{"weight_map": {"/a": "../x"}}')
    assert digest_of(tmp_path / "b.json") == sha256(b"{cut")


def test_the_options_and_the_version_count(tmp_path: Path) -> None:
    (tmp_path / "a.keras").write_bytes(b"content")
    plain, folded = (made_from(tmp_path / "a.keras", {"fold": fold}) for fold in (False, True))
    assert plain["sha256"] == folded["sha256"] and plain != folded
    assert plain["equivalence"]
