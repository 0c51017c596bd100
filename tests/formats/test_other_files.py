"""Files and folders of other kinds are refused by what they are, with the way to a file that is read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from equivalence.errors import Refused
from equivalence.formats import read

WHOLE = r"model\.save\('name\.keras'\)"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("graph.pb", b"\x08\x01", "is a graph of TensorFlow: it holds no layers any more"),
        ("model.tflite", b"\x1c\0\0\0TFL3", "is a model of TensorFlow Lite"),
        ("renamed.keras", b"\x1c\0\0\0TFL3", "is a model of TensorFlow Lite"),
        ("model.onnx", b"\x08\x07", "is an ONNX model"),
        ("model.ckpt.index", b"\0", rf"checkpoint, which holds weights alone: build the model .*{WHOLE}"),
        ("model.ckpt.data-00000-of-00001", b"\0", "is part of a TensorFlow checkpoint"),
        ("model.pkl", b"\x80\x04", "is a pickle, which may run anything"),
        ("model.yaml", b"class_name: Model", r"is an architecture without weights.*model\.to_json\(\)"),
        ("model.json", b'{"class_name": "Functional"}', "is JSON and no whole model: .* --config"),
        ("model.txt", b"a model", rf"is neither a \.keras \(zip\) nor an HDF5 file; .*{WHOLE}"),
    ],
)
def test_a_file_of_another_kind(name: str, content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Refused, match=f"^{name.replace('.', '[.]')} .*{said}"):
        read(tmp_path / name)


def test_arrays_of_numpy(tmp_path: Path) -> None:
    np.savez(tmp_path / "weights.npz", np.ones(3))
    with pytest.raises(Refused, match=r"weights\.npz holds arrays and is no file of weights of Keras"):
        read(tmp_path / "weights.npz")


def test_a_saved_model(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(b"\x08\x01")
    with pytest.raises(Refused, match=r"is a SavedModel, .*tf_keras\.models\.load_model"):
        read(tmp_path)


def test_checkpoints(tmp_path: Path) -> None:
    """A folder of them, and what `save_weights` of Keras 2 was given, of which there is no file."""
    (tmp_path / "checkpoint").write_text('model_checkpoint_path: "ckpt"')
    (tmp_path / "ckpt.index").write_bytes(b"\0")
    with pytest.raises(Refused, match=rf"holds TensorFlow checkpoints, .*{WHOLE}"):
        read(tmp_path)
    with pytest.raises(Refused, match=r"ckpt\.index is part of a TensorFlow checkpoint"):
        read(tmp_path / "ckpt")
