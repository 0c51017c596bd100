"""Files and folders of other kinds, by what they are: each is refused with the way to a file that is read."""

from __future__ import annotations

from pathlib import Path

from equivalence.errors import Refused
from equivalence.formats.weights_only import PASS_CONFIG

WHOLE_MODEL = "save the whole model with model.save('name.keras')"
_BUILD = "build the model in Keras, load them with model.load_weights, then"
_RUN = "it holds no layers any more, only what they compute; port the Keras model that it was made from"
#: By the end of the name.
_ENDINGS = {
    ".pb": f"is a graph of TensorFlow: {_RUN}",
    ".pbtxt": f"is a graph of TensorFlow: {_RUN}",
    ".tflite": f"is a model of TensorFlow Lite: {_RUN}",
    ".onnx": f"is an ONNX model: {_RUN}, or load it in PyTorch by a package for ONNX",
    ".index": f"is part of a TensorFlow checkpoint, which holds weights alone: {_BUILD} {WHOLE_MODEL}",
    ".meta": f"is part of a checkpoint of TensorFlow 1: {_BUILD} {WHOLE_MODEL}",
    ".npz": f"holds arrays and is no file of weights of Keras: give them to the model, then {WHOLE_MODEL}",
    ".npy": f"holds an array and no model: {WHOLE_MODEL}",
    ".pkl": f"is a pickle, which may run anything when it is read: load it where you trust it, then {WHOLE_MODEL}",
    ".joblib": f"is a pickle, which may run anything when it is read: load it where you trust it, then {WHOLE_MODEL}",
    ".yaml": "is an architecture without weights, of Keras 2: load it there, then use model.to_json() in its place",
    ".yml": "is an architecture without weights, of Keras 2: load it there, then use model.to_json() in its place",
}
_CHECKPOINT_DATA = ".data-"
_SAVED_MODEL = (
    "is a SavedModel, a compiled graph of TensorFlow: where Keras 2 wrote it, load it with that "
    f"(tf_keras.models.load_model), then {WHOLE_MODEL}"
)


def other_file(name: str, start: bytes) -> Refused:
    """What is said of a file that is neither a `.keras` archive nor HDF5; `start` are its first bytes."""
    said = next((said for ending, said in _ENDINGS.items() if name.lower().endswith(ending)), "")
    if start[4:8] == b"TFL3":
        said = _ENDINGS[".tflite"]
    elif _CHECKPOINT_DATA in name:
        said = _ENDINGS[".index"]
    elif start[:1] == b"{":
        said = f"is JSON and no whole model: port the file of the weights, and {PASS_CONFIG}"
    elif start[:4] == b"PK\x03\x04" and not said:
        said = f"has no config.json: it is not a whole .keras file; {WHOLE_MODEL}"
    return Refused(f"{name} {said or f'is neither a .keras (zip) nor an HDF5 file; {WHOLE_MODEL}'}")


def other_folder(name: str, path: Path) -> Refused:
    """What is said of a folder that is no unpacked `.keras` file."""
    if (path / "saved_model.pb").is_file() or (path / "saved_model.pbtxt").is_file():
        return Refused(f"{name} {_SAVED_MODEL}")
    if (path / "checkpoint").is_file():
        return Refused(f"{name} holds TensorFlow checkpoints, which are weights alone: {_BUILD} {WHOLE_MODEL}")
    return Refused(f"{name} is a folder, not a Keras file; {WHOLE_MODEL}")
