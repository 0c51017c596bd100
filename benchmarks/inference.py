"""Xception at 299 x 299, batch 1: the port against the hand-written twin, Keras and ONNX Runtime."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.measure import Subject, rounds, table
from benchmarks.xception_rivals import KERAS, ONNX, PORT, SHAPE, TWIN, prepare

ROUNDS = 15
IMAGE = np.random.default_rng(0).uniform(-1, 1, SHAPE).astype(np.float32)


def ported() -> Callable[[], Any]:
    """The emitted file as a user loads it."""
    spec = importlib.util.spec_from_file_location("ported", PORT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return _torch_call(module.load())


def twin(memory_format: str) -> Callable[[], Any]:
    """The hand-written network with the same weights."""
    import torch
    from safetensors.torch import load_file

    from torch_impl.xception import Xception

    model = Xception()
    model.load_state_dict(load_file(TWIN))
    return _torch_call(model.eval().to(memory_format=getattr(torch, memory_format)))


def keras_compiled() -> Callable[[], Any]:
    """Keras on TensorFlow as a compiled function."""
    import keras
    import tensorflow as tf

    model = keras.saving.load_model(KERAS)
    call = tf.function(lambda image: model(image, training=False))
    image = tf.constant(IMAGE)
    return lambda: call(image).numpy()


def onnx_runtime() -> Callable[[], Any]:
    """ONNX Runtime on the same weights, converted by tf2onnx."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(ONNX), providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda: session.run(None, {name: IMAGE})[0]


def _torch_call(model: Any) -> Callable[[], Any]:
    import torch

    image = torch.from_numpy(IMAGE).permute(0, 3, 1, 2).contiguous()

    def call() -> Any:
        with torch.inference_mode():
            return model(image)

    return call


SUBJECTS = {
    "ported module": ("ported",),
    "hand-written, contiguous": ("twin", "contiguous_format"),
    "hand-written, channels last": ("twin", "channels_last"),
    "Keras on TensorFlow, compiled": ("keras_compiled",),
    "ONNX Runtime": ("onnx_runtime",),
}


def main() -> None:
    prepare()
    subjects = {name: Subject("benchmarks.inference", *how) for name, how in SUBJECTS.items()}
    taken = rounds({name: subject.seconds for name, subject in subjects.items()}, ROUNDS)
    for subject in subjects.values():
        subject.close()
    table("Xception 299 x 299, batch 1", taken, "ported module")


if __name__ == "__main__":
    main()
