"""Give a model statistics under which a comparison is sensitive.

A random deep network hides mistakes: its BatchNormalization layers assume mean 0 and variance 1 of values
that have shrunk to nothing, and every class comes out as likely as the next.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from equivalence.keras_side.keras_gradients import no_gradients
from equivalence.keras_side.rebuild import load
from equivalence.keras_side.recording import packed_inputs


def calibrate(path: str, inputs: str, out_path: str, seed: int | None = None) -> dict[str, Any]:
    """Set each BatchNormalization's moving statistics to those that reach it on `inputs`, and save the model.

    One pass in inference mode suffices: every layer's statistics are set before it passes anything on.
    With `seed`, biases, gammas and betas are made random first. Returns the number of layers calibrated.
    """
    model = load(path)
    if seed is not None:
        _randomise(model, seed)
    settled = settle_statistics(model, packed_inputs(model, inputs))
    model.save(out_path)
    return {"calibrated": settled}


def settle_statistics(model: Any, inputs: Any) -> int:
    """The moving statistics of a live model become those of `inputs`; returns the number of layers that have some."""
    layers = [layer for layer in model._flatten_layers() if isinstance(layer, keras.layers.BatchNormalization)]
    for layer in layers:
        layer.call = _measuring(layer)
    try:
        with no_gradients():
            model(inputs, training=False)
    finally:
        for layer in layers:
            del layer.call
    return len(layers)


def _measuring(layer: Any) -> Callable[..., Any]:
    call = layer.call

    def measured(inputs: Any, *args: Any, **kwargs: Any) -> Any:
        values = keras.ops.convert_to_numpy(inputs).astype(np.float64)
        others = tuple(axis for axis in range(values.ndim) if axis != layer.axis % values.ndim)
        layer.moving_mean.assign(values.mean(others))
        layer.moving_variance.assign(values.var(others))
        return call(inputs, *args, **kwargs)

    return measured


def _randomise(model: Any, seed: int) -> None:
    random = np.random.default_rng(seed)
    for weight in model.weights:
        if weight.name in ("beta", "bias"):
            weight.assign(random.normal(0.0, 0.25, weight.shape))
        elif weight.name == "gamma":
            weight.assign(random.uniform(0.5, 1.5, weight.shape))
