"""Inputs of the user's: by name or in order, and a sentence for what fits neither."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from equivalence.diagnosis.given_inputs import in_order, read_inputs
from equivalence.errors import Refused

NPY = b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }".ljust(127) + b"\n" + bytes(8)
IMAGE, WORDS = np.arange(6.0).reshape(1, 2, 3), np.array([[3, 1]])


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
    ],
    ids=["text", "empty", "objects", "cut", "none", "npy"],
)
def test_what_is_no_file_of_arrays(write: Callable[[Path], object], tmp_path: Path) -> None:
    write(tmp_path / "x.npz")
    with pytest.raises(Refused, match=r"^x\.npz (is no|holds)"):
        read_inputs(tmp_path / "x.npz")


@pytest.mark.parametrize(
    "given",
    [
        {"words": WORDS, "image": IMAGE},
        [IMAGE, WORDS],
        (IMAGE, WORDS),
        {"x": IMAGE, "y": WORDS},
        {"image": IMAGE.tolist(), "words": WORDS.tolist()},
    ],
    ids=["by name", "list", "tuple", "other names", "numbers"],
)
def test_the_order_is_the_model_s(given: Any) -> None:
    image, words = in_order(given, ["image", "words"])
    assert np.array_equal(image, IMAGE) and np.array_equal(words, WORDS)


def test_one_array_is_the_one_input() -> None:
    assert np.array_equal(in_order(IMAGE, ["image"])[0], IMAGE)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ([IMAGE], "the model has 2 inputs ('image', 'words'), and 1 are given"),
        ({"a": IMAGE, "b": WORDS, "c": WORDS}, "the model has 2 inputs ('image', 'words'), and 3 are given"),
        (
            {"image": IMAGE, "wrods": WORDS},
            "the model's inputs are 'image', 'words': 'words' is missing, there is no 'wrods'",
        ),
    ],
)
def test_what_does_not_fit_is_named(given: Any, says: str) -> None:
    with pytest.raises(Refused) as refusal:
        in_order(given, ["image", "words"])
    assert str(refusal.value) == says
