"""A saved model, loaded by Keras itself and rebuilt to compute in another float dtype."""

from __future__ import annotations

import copy
import json
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import keras
from keras.src.backend.common import dtypes, global_state
from keras.src.layers.preprocessing.index_lookup import IndexLookup
from keras.src.legacy.saving import saving_utils
from keras.src.saving.serialization_lib import ObjectSharingScope

from equivalence.keras_side.missing_kernels import missing_kernels
from equivalence.keras_side.old_keys import keras_2_read
from equivalence.keras_side.unset_weights import unset_weights

FLOATS = ("float16", "bfloat16", "float32", "float64", "mixed_float16", "mixed_bfloat16")

#: Policies of layers that hold rounded weights, and compute in another dtype.
_QUANTISED = ("QuantizedDTypePolicy", "Int4DTypePolicy")

_ENDINGS = {b"PK\x03\x04": (".keras",), b"\x89HDF\r\n\x1a\n": (".h5", ".hdf5")}
_POLICY = "dtype_policy"  # Keras's attribute for that of all layers, unset until it is asked for
_WHOLE = (*dtypes.BOOL_TYPES, *dtypes.INT_TYPES)

_loaded: tuple[tuple[Any, ...], Any] | None = None  # the last file: it is asked for once in each dtype


def load(path: str, config: str | None = None) -> Any:
    """The model of a `.keras` or legacy `.h5` file, without its optimizer; code in the file is refused.

    With `config`, that of a file of JSON, with the weights at `path`.
    """
    global _loaded
    stat = os.stat(path)
    key = (path, stat.st_mtime_ns, stat.st_size, config)
    if _loaded is None or _loaded[0] != key:
        _loaded = None
        if config is None:
            with keras_2_read(), unset_weights():
                model = keras.saving.load_model(_named_by_content(path), compile=False, safe_mode=True)
        else:
            with keras_2_read(), unset_weights():
                model = _built(json.loads(Path(config).read_bytes()))
            model.load_weights(path)
        _loaded = (key, model)
    return _loaded[1]


def _named_by_content(path: str) -> str:
    """A path whose ending says what the file begins with, as our reader goes by: Keras goes by the ending.

    A file may be a zip and HDF5 at once, and then hold two models.
    """
    if os.path.isdir(path):
        return path
    with open(path, "rb") as file:
        start = file.read(8)
    endings = next((endings for magic, endings in _ENDINGS.items() if start.startswith(magic)), ())
    if not endings or path.endswith(endings):
        return path
    link = os.path.join(tempfile.mkdtemp(), f"model{endings[0]}")
    os.symlink(path, link)
    return link


def _built(config: dict[str, Any]) -> Any:
    """The model of a JSON, which Keras 2 wrote with its version and Keras 3 without."""
    if "keras_version" in config:
        return saving_utils.model_from_config(_as_in_h5(config))
    return keras.saving.deserialize_keras_object(config, safe_mode=True)


def _as_in_h5(value: Any) -> Any:
    """What Keras 2 has written of modules since 2.13 left out: Keras 3 would read the rest as its own then."""
    if isinstance(value, dict):
        return {key: _as_in_h5(part) for key, part in value.items() if key not in ("module", "registered_name")}
    return [_as_in_h5(part) for part in value] if isinstance(value, list) else value


def load_at(path: str, dtype: str, config: str | None = None) -> Any:
    """The model of a file with the file's weights, computing in `dtype` whatever it was saved with.

    Float inputs and casts to a float dtype follow; integer and boolean ones stay.
    """
    model = load(path, config)
    with ObjectSharingScope():  # what is shared stays so, as in files
        serialised = keras.saving.serialize_keras_object(model)
    with ObjectSharingScope(), unset_weights():
        rebuilt = keras.saving.deserialize_keras_object(_at_dtype(serialised, dtype), safe_mode=True)
    ours, theirs = _weights(rebuilt), _weights(model)
    if ours != theirs:
        raise ValueError(f"the rebuilt model has other weights: {ours} for {theirs}")
    set_weights(rebuilt, model.get_weights())
    for own, original in zip(rebuilt._flatten_layers(), model._flatten_layers(), strict=True):
        if isinstance(own, IndexLookup):
            _set_vocabulary(own, original)
        _widen_adaptation(own, dtype)
    return rebuilt


def _widen_adaptation(layer: Any, dtype: str) -> None:
    """Has the factors of LoRA in `dtype`, too: Keras makes them in float32 whatever the layer's dtype is."""
    for name, held in list(vars(layer).items()):
        if name.startswith("lora_") and isinstance(held, keras.Variable) and held.dtype != dtype:
            vars(layer)[name] = keras.Variable(held.value, dtype=dtype, trainable=held.trainable)


def _set_vocabulary(own: IndexLookup, original: IndexLookup) -> None:
    """What a lookup layer found in data, or was given in a file: no configuration holds it, and no weights."""
    inverse = original.idf_weights_const.numpy() if hasattr(original, "idf_weights_const") else None
    if own.input_vocabulary is None and (found := original.get_vocabulary()):
        own.set_vocabulary(found, idf_weights=inverse)
    if inverse is not None:
        own.load_own_variables({"idf_weights": inverse})


def set_weights(model: Any, weights: list[Any]) -> None:
    """`model.set_weights`, and what Normalization computes from its weights."""
    model.set_weights(weights)
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.Normalization):  # others would compute what they hold from nothing
            layer.finalize_state()


@contextmanager
def float_dtype(dtype: str) -> Iterator[None]:
    """Make `dtype` Keras's default, which losses, optimizers and some operations go by.

    On other backends than TensorFlow, Keras promotes float64 and float32 to float32 (as JAX does by default):
    BatchNormalization, pooling and activations would compute in float32. In float64 that is lifted, and so is the
    "float32" that some operations promote whole numbers to by name. What TensorFlow has no float64 kernel for is
    compiled where it can be.
    """
    narrowed = dtypes.BIT64_TO_BIT32_DTYPE
    promoted = dtypes._lattice_result_type
    before = keras.config.floatx(), narrowed["float64"]
    policy = global_state.get_global_attribute(_POLICY)
    keras.config.set_floatx(dtype)
    if dtype == "float64":
        narrowed["float64"] = "float64"
        dtypes._lattice_result_type = lambda *args: promoted(*_lifted(args))
    try:
        with missing_kernels() if dtype == "float64" else nullcontext():
            yield
    finally:
        keras.config.set_floatx(before[0])
        global_state.set_global_attribute(_POLICY, policy)  # settled by the first layer that is made, for good
        narrowed["float64"] = before[1]
        dtypes._lattice_result_type = promoted


def _lifted(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """What a dtype is promoted from, for float64: of whole numbers and "float32" by name (their mean), "float64"."""
    named = [isinstance(arg, str) and arg == "float32" for arg in args]
    others = [arg for arg, is_named in zip(args, named, strict=True) if not is_named]
    if any(isinstance(arg, type) or keras.backend.standardize_dtype(arg) not in _WHOLE for arg in others):
        return args
    return tuple("float64" if is_named and others else arg for arg, is_named in zip(args, named, strict=True))


def _weights(model: Any) -> list[tuple[str, tuple[int, ...]]]:
    """Names and shapes; those that nobody named are numbered through the whole process."""
    return [(re.sub(r"^variable_\d+$", "variable", weight.name), tuple(weight.shape)) for weight in model.weights]


def _at_dtype(config: Any, dtype: str) -> Any:
    """A serialised object with every float dtype and dtype policy in it replaced."""
    if isinstance(config, dict):
        if config.get("class_name") == "DTypePolicy":
            own = config["config"]["name"]
            return {**config, "config": {"name": dtype if own in FLOATS else own}}
        if config.get("class_name") in _QUANTISED:
            return {**config, "config": {**config["config"], "source_name": dtype}}
        return {
            key: dtype if key in ("dtype", "reverse_dtype") and value in FLOATS else _at_dtype(value, dtype)
            for key, value in config.items()
        }
    if isinstance(config, (list, tuple)):
        return type(config)(_at_dtype(item, dtype) for item in config)
    return copy.deepcopy(config)
