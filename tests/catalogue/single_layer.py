"""A legacy file of one layer, emitted without Keras: for what only files of earlier versions hold."""

from __future__ import annotations

from typing import Any

import numpy as np

from equivalence.emit.draft import FileDraft
from equivalence.emit.emitter import emit
from equivalence.torch_side.oracle import TorchOracle
from equivalence.translation.graph import Call, ClassName, Graph, Layer, ModelFile, Ref, Spec, Stored


def emitted(
    name: str,
    config: dict[str, Any],
    arrays: dict[str, tuple[int, ...]],
    version: str,
    shape: tuple[int | None, ...] = (None, 9, 8, 3),
    module: str = "keras.layers",
) -> FileDraft:
    """One layer of a legacy file, called on an image (N, 9, 8, 3), or on another shape.

    With a `module`, the configuration may leave out what Keras always writes (test_bare_names.py).
    """
    stored = [
        Stored(f"layer/{key}:0", key, shape, "float32", lambda shape=shape: np.zeros(shape, np.float32))
        for key, shape in arrays.items()
    ]
    layer = Layer("layer", ClassName(module, name, ""), config, stored={None: stored} if stored else {})
    image = Ref("image", 0, 0)
    graph = Graph(
        "model",
        ClassName("", "Functional", ""),
        [layer],
        [Call(layer, 0, [image], {})],
        {image: Spec("image", shape, "float32")},
        image,
        Ref("layer", 0, 0),
    )
    return emit(ModelFile("model.h5", ".h5", version, graph, lambda: None), TorchOracle(), "Model")
