"""The safetensors writer, against the safetensors library."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load

from equivalence.formats.safetensors import CODES, write

RNG = np.random.default_rng(3)
TENSORS = {
    "b.weight": RNG.normal(size=(3, 5, 2)).astype("float32"),
    "a.bias": RNG.normal(size=7),
    "count": np.array(41, dtype="int64"),
    "half": RNG.normal(size=(2, 3)).astype("float16"),
    "none": np.zeros((0, 4), dtype="float32"),
    "flags": np.array([True, False, True]),
    "turned": RNG.normal(size=(4, 6)).astype("float32").T,
    "big-endian": np.arange(5, dtype=">f4"),
    "Größe": np.arange(3, dtype="uint8"),
}


def written(tensors: Any) -> bytes:
    stream = io.BytesIO()
    count = write(stream, tensors)
    assert count == len(stream.getvalue())
    return stream.getvalue()


def test_the_library_reads_what_was_written() -> None:
    found = load(written(TENSORS))
    assert set(found) == set(TENSORS)
    for name, values in TENSORS.items():
        assert found[name].shape == values.shape and found[name].dtype.name == values.dtype.name
        np.testing.assert_array_equal(found[name], values)


@pytest.mark.parametrize("dtype", CODES)
def test_every_type(dtype: str) -> None:
    values = RNG.integers(0, 2, (2, 3)).astype(dtype)
    np.testing.assert_array_equal(load(written({"x": values}))["x"], values)


def test_the_only_metadata_is_the_format(tmp_path: Path) -> None:
    (tmp_path / "x.safetensors").write_bytes(written(TENSORS))
    with safe_open(tmp_path / "x.safetensors", framework="numpy") as file:
        assert file.metadata() == {"format": "pt"}


def test_the_order_does_not_matter() -> None:
    assert written(TENSORS) == written(dict(reversed(TENSORS.items())))


def test_data_is_aligned() -> None:
    content = written(TENSORS)
    assert int.from_bytes(content[:8], "little") % 8 == 0


class Late:
    """A tensor that is made when it is written; counts how many there are at a time."""

    alive = 0
    most = 0
    shape = (50, 3)
    dtype = np.dtype("float32")

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        class Made(np.ndarray[Any, Any]):
            def __del__(self) -> None:
                if self.base is None:
                    Late.alive -= 1

        Late.alive += 1
        Late.most = max(Late.most, Late.alive)
        return Made(self.shape, "float32")


def test_one_tensor_is_in_memory_at_a_time() -> None:
    assert len(written({f"t{number}": Late() for number in range(9)})) > 9 * 600
    assert (Late.alive, Late.most) == (0, 1)


class Liar(Late):
    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.zeros((3, 50), "float32")


@pytest.mark.parametrize(
    ("tensor", "reason"),
    [
        pytest.param(Liar(), r"should be float32 of shape \(50, 3\) and is float32 of shape \(3, 50\)", id="shape"),
        pytest.param(np.zeros(2, "complex64"), "complex64", id="type"),
        pytest.param(np.array(["x"]), "str", id="text"),
    ],
)
def test_what_cannot_be_written(tensor: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=f"tensor 'x' .*{reason}"):
        write(io.BytesIO(), {"x": tensor})
