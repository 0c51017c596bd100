"""Layers of Keras 2 that Keras 3 has no more, read as those that compute the same: configuration and arrays.

ThresholdedReLU  ReLU with that threshold
CuDNNLSTM        LSTM, with the activations that cuDNN has
CuDNNGRU         GRU with reset_after=True, which is how cuDNN computes it
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from equivalence.catalogue import find
from equivalence.schema import REQUIRED
from equivalence.translation.graph import ClassName, Layer, Stored

_ANY = ("name", "trainable", "dtype", "batch_input_shape")
_CUDNN = (
    *("return_sequences", "return_state", "go_backwards", "stateful", "units", "activity_regularizer"),
    *(
        f"{part}_{what}"
        for part in ("kernel", "recurrent", "bias")
        for what in ("initializer", "regularizer", "constraint")
    ),
)


class _Former(NamedTuple):
    """The class of today, settings that it needs beside the old ones, and the keys that Keras 2 wrote, always and not.

    `called`: keys that have another name today.
    """

    today: str
    settings: Mapping[str, Any]
    always: tuple[str, ...]
    also: tuple[str, ...] = ()
    called: Mapping[str, str] = {}


_FORMER = {
    "ThresholdedReLU": _Former(
        "ReLU", {"max_value": None, "negative_slope": 0.0}, ("theta",), called={"theta": "threshold"}
    ),
    "CuDNNLSTM": _Former("LSTM", {}, (*_CUDNN, "unit_forget_bias"), ("time_major",)),
    "CuDNNGRU": _Former("GRU", {"reset_after": True}, _CUDNN, ("time_major",)),
}
#: What may hold arrays as cuDNN has them.
_RECURRENT = tuple(f"keras.layers.{name}" for name in ("LSTM", "GRU", "Bidirectional"))


def as_today(value: Any) -> Any:
    """A serialised model of Keras 2 with the layers of today in the place of former ones, at any depth.

    What has not the keys that Keras wrote is left as it is: somebody else's class of that name.
    """
    if isinstance(value, list):
        return [as_today(part) for part in value]
    if not isinstance(value, dict):
        return value
    made = {key: as_today(part) for key, part in value.items()}
    name, config = made.get("class_name"), made.get("config")
    former = _FORMER.get(name) if isinstance(name, str) else None
    own = made.get("module") in (None, "keras.layers") and made.get("registered_name") in (None, name)
    if former is None or not own or not isinstance(config, dict):
        return made
    if not {*former.always} <= config.keys() <= {*_ANY, *former.always, *former.also}:
        return made
    entry = find(ClassName("", former.today, ""))
    assert entry is not None
    stated = {former.called.get(key, key): setting for key, setting in config.items()}
    defaults = {argument.keras: argument.default for argument in entry.arguments if argument.default is not REQUIRED}
    return {**made, "class_name": former.today, "config": {**defaults, **former.settings, **stated}}


def turn_from_cudnn(layers: Iterable[Layer]) -> None:
    """Replaces arrays as cuDNN has them, in lists of legacy `.h5` files, by those of LSTM and GRU.

    They are known by the shape of the bias, as Keras 2 knows them (`_convert_rnn_weights` of its hdf5_format.py). Of
    each gate cuDNN has the transposed kernels, which a file holds in the shapes of those that they are transposed of.
    """
    for layer in layers:
        if layer.graph is not None:
            turn_from_cudnn(layer.graph.layers)
        turn_from_cudnn(layer.inside.values())
        entry, arrays = find(layer.cls), layer.stored.get(None, [])
        if entry is not None and entry.keras in _RECURRENT:
            for start in range(0, len(arrays) - 2, 3):
                arrays[start : start + 3] = _turned(*arrays[start : start + 3])


def _turned(kernel: Stored, recurrent: Stored, bias: Stored) -> list[Stored]:
    units = recurrent.shape[0] if len(recurrent.shape) == 2 else 0
    gates = next((gates for gates in (3, 4) if bias.shape == (2 * gates * units,)), 0)
    if not gates or kernel.shape[1:] != (gates * units,) or recurrent.shape[1:] != (gates * units,):
        return [kernel, recurrent, bias]
    if gates == 3:
        both = replace(bias, shape=(2, gates * units), read=lambda: bias.read().reshape(2, -1))
    else:
        both = replace(bias, shape=(gates * units,), dtype="float64", read=partial(_sum, bias), computed=True)
    return [replace(part, read=partial(_gates_turned, part, gates)) for part in (kernel, recurrent)] + [both]


def _sum(bias: Stored) -> Any:
    return bias.read().astype(np.float64).reshape(2, -1).sum(0)


def _gates_turned(kernel: Stored, gates: int) -> Any:
    """(inputs, gates * units) whose blocks are to be read as (units, inputs), each transposed."""
    blocks = np.split(kernel.read(), gates, axis=1)
    return np.concatenate([block.reshape(block.shape[::-1]).T for block in blocks], axis=1)
