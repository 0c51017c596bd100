"""Models that Keras computes in other floats than float32: the port computes in the widest of float32 and theirs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
import torch
from keras import layers, ops
from keras_models import randomised
from safetensors.numpy import load_file

from equivalence import Ported, port

NARROW = ("mixed_float16", "mixed_bfloat16", "float16", "bfloat16")
#: What Keras saves and cannot load: "No cast function available".
NOT_LOADED = ("bfloat16", ".h5")


def classifier(policy: str, head: str | None = None) -> Any:
    """An image model in one policy, and its last layer perhaps in another; whole numbers join it."""
    image, ids = keras.Input((12, 10, 3), name="image"), keras.Input((2,), dtype="int32", name="ids")
    x = layers.Conv2D(4, 3, name="conv", dtype=policy)(image)
    x = layers.ReLU(name="relu", dtype=policy)(layers.BatchNormalization(name="norm", dtype=policy)(x))
    x = layers.GlobalAveragePooling2D(name="pool", dtype=policy)(x)
    joined = layers.Concatenate(name="join", dtype=policy)([x, layers.Dense(3, name="counts", dtype=policy)(ids)])
    outputs = layers.Dense(7, activation="softmax", name="head", dtype=head or policy)(joined)
    return randomised(keras.Model([image, ids], outputs, name="classifier"))


@pytest.mark.parametrize("head", ["float32", None])
@pytest.mark.parametrize(
    ("policy", "ending"), [(p, ending) for p in NARROW for ending in (".keras", ".h5") if (p, ending) != NOT_LOADED]
)
def test_a_narrow_model_is_ported_in_float32(
    policy: str, head: str | None, ending: str, tmp_path: Path, verified: Callable[..., Ported]
) -> None:
    classifier(policy, head).save(tmp_path / f"narrow{ending}")
    ported = verified(tmp_path / f"narrow{ending}")
    assert ported.report.verified, ported.report.because
    assert {str(tensor.dtype) for tensor in ported.module.parameters()} == {"torch.float32"}
    assert "float16" not in ported.source.partition('"""\n')[2]
    count = 6 if head == "float32" else 7
    assert f"Keras computes {count} layers in {policy}, the port everything in float32." in ported.report.notes
    assert f"Keras computes {count} layers in {policy}, the port everything in float32." in " ".join(
        ported.source.split()
    )
    (as_saved,) = (note for note in ported.report.notes if note.startswith("As the model was saved"))
    errors = [float(word.rstrip(".;")) for word in as_saved.split() if "e-" in word]
    assert 1e-5 < errors[0] < 1e-1 and errors[1] < 1e-6


def test_what_keras_itself_cannot_load_is_read_and_not_verified(tmp_path: Path) -> None:
    model = classifier("bfloat16")
    for ending in (".keras", ".h5"):
        model.save(tmp_path / f"narrow{ending}")
    known, read = port(tmp_path / "narrow.keras", verify=False), port(tmp_path / "narrow.h5")
    assert read.report.verified is None and "No cast function available" in str(read.report.because)
    for name, tensor in known.module.state_dict().items():
        np.testing.assert_array_equal(read.module.state_dict()[name].numpy(), tensor.numpy())


@pytest.mark.parametrize("ending", [".keras", ".h5"])
@pytest.mark.parametrize("policy", ["float64", "float32"])
def test_anything_in_float64_makes_the_port_float64(
    policy: str, ending: str, tmp_path: Path, verified: Callable[..., Ported]
) -> None:
    """Also a single layer: whatever else there is, float64 holds it."""
    path = tmp_path / f"wide{ending}"
    model = classifier(policy, "float64")
    for weight in model.get_layer("head").weights:
        weight.assign(np.array(weight) + 2.0**-40)
    model.save(path)
    ported = verified(path)
    assert ported.report.verified, ported.report.because
    assert "float64 (N, 3, 12, 10)" in ported.source and "torch.float32" not in ported.source
    others = [note for note in ported.report.notes if note.startswith("Keras computes")]
    assert others == ["Keras computes in float64, and so does the port."]
    ported.save(tmp_path / "out")
    held = load_file(tmp_path / "out" / "wide.safetensors")
    np.testing.assert_array_equal(held["head.weight"], np.array(model.get_layer("head").kernel).T)


ALONE = """
import sys
sys.path.insert(0, sys.argv[1])
import numpy as np, torch, wide
model = wide.load()
assert {p.dtype for p in model.parameters()} == {torch.float64}
with np.load(sys.argv[2]) as arrays, torch.inference_mode():
    output = model(*(torch.from_numpy(array) for array in arrays.values()))
assert output.dtype == torch.float64
np.save(sys.argv[3], output.numpy())
"""


def test_the_written_file_computes_in_float64(tmp_path: Path) -> None:
    model = classifier("float64")
    model.save(tmp_path / "wide.keras")
    ported = port(tmp_path / "wide.keras", verify=False)
    ported.save(tmp_path)
    random = np.random.default_rng(2)
    image = random.normal(size=(2, 12, 10, 3)).astype(np.float32).astype(np.float64)  # to which Keras rounds its input
    ids = random.integers(0, 9, (2, 2)).astype(np.int32)
    given = [ops.convert_to_tensor(image, "float64"), ops.convert_to_tensor(ids)]
    expected = np.array(ops.convert_to_numpy(model(given)))
    assert expected.dtype == np.float64
    assert np.abs(ported.predict(image, ids) - expected).max() < 1e-14
    np.savez(tmp_path / "inputs.npz", np.ascontiguousarray(image.transpose(0, 3, 1, 2)), ids)
    arguments = [str(tmp_path), str(tmp_path / "inputs.npz"), str(tmp_path / "output.npy")]
    subprocess.run(
        [sys.executable, "-c", ALONE, *arguments], check=True, env={**os.environ, "PYTHONPATH": ""}, timeout=120
    )
    assert np.abs(np.load(tmp_path / "output.npy") - expected).max() < 1e-14


def casts() -> Any:
    """What operations cast, layers cast back: into the float that they compute in."""
    x = keras.Input((5,), name="x")
    narrow, wide = ops.cast(x, "float16") * 2.0, ops.cast(x, "float64") * 0.5
    outputs = [layers.Dense(3, name="dense")(narrow), layers.Add(name="add")([wide, x])]
    return keras.Model(x, outputs, name="casts")


def test_what_is_cast_between_layers(tmp_path: Path, verified: Callable[..., Ported]) -> None:
    randomised(casts()).save(tmp_path / "casts.keras")
    ported = verified(tmp_path / "casts.keras")
    assert ported.report.verified, ported.report.because
    x = np.random.default_rng(3).normal(size=(2, 5)).astype(np.float32)
    dense, added = ported.predict(x)
    assert dense.dtype == added.dtype == np.float32
    kernel, bias = (tensor.detach().numpy() for tensor in ported.module.dense.parameters())
    expected = (x.astype(np.float16) * np.float16(2)).astype(np.float32) @ kernel.T + bias
    assert np.abs(dense - expected).max() < 1e-6


def rescored(policy: str) -> Any:
    """A softmax in float32 within a model of another float, as people write for its sake: cast there and back."""
    x = keras.Input((4, 5), name="x")
    left, right = (layers.Dense(6, name=name, dtype=policy)(x) for name in ("left", "right"))
    scores = ops.cast(ops.matmul(left, ops.transpose(right, (0, 2, 1))), "float32")
    weighted = ops.matmul(ops.cast(ops.softmax(scores), left.dtype), left)
    return randomised(keras.Model(x, layers.LayerNormalization(name="norm", dtype=policy)(weighted), name="rescored"))


@pytest.mark.parametrize("policy", [*NARROW, "float64"])
def test_what_is_cast_into_a_layer_s_own_float_stays_with_the_port_s(
    policy: str, tmp_path: Path, verified: Callable[..., Ported]
) -> None:
    rescored(policy).save(tmp_path / "rescored.keras")
    ported = verified(tmp_path / "rescored.keras")
    assert ported.report.verified, ported.report.because
    assert "float16" not in ported.source.partition('"""\n')[2]


def wrapping(policy: str) -> Any:
    """Layers within layers, and a model within a model, whose last layer is float32."""
    inner = keras.Input((6, 4), name="inner")
    each = layers.TimeDistributed(layers.Dense(4, activation="relu", name="dense"), name="each", dtype=policy)(inner)
    block = keras.Model(inner, layers.BatchNormalization(name="norm", dtype=policy)(each), name="block")
    x = keras.Input((6, 5), name="x")
    both = layers.Bidirectional(layers.LSTM(2, return_sequences=True, name="lstm", dtype=policy), name="both")(x)
    return randomised(keras.Model(x, layers.Dense(3, name="head", dtype="float32")(block(both)), name="wrapping"))


@pytest.mark.parametrize("ending", [".keras", ".h5"])
@pytest.mark.parametrize("policy", ["mixed_float16", "float64"])
def test_layers_within_layers(policy: str, ending: str, tmp_path: Path, verified: Callable[..., Ported]) -> None:
    wrapping(policy).save(tmp_path / f"wrapping{ending}")
    ported = verified(tmp_path / f"wrapping{ending}")
    assert ported.report.verified, ported.report.because
    assert any("block/norm" in str(row) for row in ported.report.layers)


def masked(policy: str) -> Any:
    """Attention in another float takes the masks off a copy of its input, not off the input itself."""
    ids = keras.Input((6,), dtype="int32", name="ids")
    x = layers.Embedding(5, 4, mask_zero=True, name="embedding")(ids)
    attended = layers.MultiHeadAttention(2, 3, name="attention", dtype=policy)(x, x)
    outputs = [layers.LSTM(3, name="of_input", dtype=policy)(x), layers.LSTM(3, name="of_attended")(attended)]
    return keras.Model(ids, outputs, name="masked")


@pytest.mark.parametrize("policy", ["float32", "mixed_float16", "float64"])
def test_masks_go_along(policy: str, tmp_path: Path, verified: Callable[..., Ported]) -> None:
    randomised(masked(policy)).save(tmp_path / "masked.keras")
    ported = verified(tmp_path / "masked.keras")
    assert ported.report.verified, ported.report.because


def test_a_policy_as_keras_2_wrote_it(tmp_path: Path) -> None:
    """{"class_name": "Policy", …}, with a scale of the loss in early versions."""
    classifier("float32").save(tmp_path / "old.h5")
    policy = '{"class_name": "PolicyV1", "config": {"name": "mixed_float16", "loss_scale": null}}'
    with h5py.File(tmp_path / "old.h5", "a") as file:
        found = file.attrs["model_config"]
        written = (
            '{"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}, "registered_name": null}'
        )
        assert found.count(written) == 7
        file.attrs["model_config"] = found.replace(written, policy)
    ported = port(tmp_path / "old.h5", verify=False)
    assert "Keras computes 7 layers in mixed_float16, the port everything in float32." in ported.report.notes


def test_a_module_without_parameters_computes_in_the_model_s_float(tmp_path: Path) -> None:
    x = keras.Input((3,), dtype="float64", name="x")
    keras.Model(x, ops.exp(x)).save(tmp_path / "exp.keras")
    ported = port(tmp_path / "exp.keras", verify=False)
    numbers = np.array([[0.1, 0.2, 0.3]])
    assert np.abs(ported.predict(numbers) - np.exp(numbers)).max() < 1e-15
    assert ported.predict(numbers).dtype == np.float64 and torch.get_default_dtype() == torch.float32
