"""A file of inputs: by name or in order, and a sentence for what is none."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from equivalence.diagnosis.given_inputs import read_inputs
from equivalence.errors import Refused

NPY = b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }".ljust(127) + b"\n" + bytes(8)
IMAGE, WORDS = np.arange(6.0).reshape(1, 2, 3), np.array([[3, 1]])


def zipped(path: Path, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def test_named_arrays_and_those_without_a_name(tmp_path: Path) -> None:
    np.savez(tmp_path / "named.npz", words=WORDS, image=IMAGE)
    named = read_inputs(tmp_path / "named.npz")
    assert isinstance(named, dict) and list(named) == ["words", "image"]
    np.savez(tmp_path / "many.npz", *[np.full(2, index) for index in range(12)])
    assert [int(array[0]) for array in read_inputs(tmp_path / "many.npz")] == list(range(12))


@pytest.mark.parametrize(
    "write",
    [
        lambda path: path.write_bytes(b"nothing"),
        lambda path: path.write_bytes(b""),
        lambda path: np.savez(path, np.array([{}], dtype=object)),
        lambda path: path.write_bytes(b"PK\x03\x04"),
        lambda path: np.savez(path),
        lambda path: path.write_bytes(NPY),
        lambda path: os.mkfifo(path),
        lambda path: zipped(path, {"x.npy": NPY.replace(b"(1,)", b"(1<<40,)"[:4])}),
        lambda path: zipped(path, {"x.npy": NPY[:60] + b"'shape': (9999999999,), }".ljust(67) + b"\n" + bytes(8)}),
        lambda path: zipped(path, {"x.npy": NPY, "y.txt": b"import os"}),
        lambda path: zipped(path, {f"{index}.npy": bytes(40 << 20) for index in range(7)}),
    ],
    ids=["text", "empty", "objects", "cut", "none", "npy", "pipe", "odd-shape", "shape", "text-beside", "bomb"],
)
def test_what_is_no_file_of_arrays(write: Callable[[Path], object], tmp_path: Path) -> None:
    write(tmp_path / "x.npz")
    with pytest.raises(Refused, match=r"^x\.npz (is no|holds|is a named pipe)"):
        read_inputs(tmp_path / "x.npz")
