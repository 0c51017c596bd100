"""Models after `quantize()`: what holds rounded weights is ported with what they stand for, the rest refused."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from equivalence import Refused, port

WEIGHTS_ALONE = {
    "int8": keras.quantizers.Int8QuantizationConfig(activation_quantizer=None),
    "int4": keras.quantizers.Int4QuantizationConfig(activation_quantizer=None, block_size=None),
    "int4-in-blocks": keras.quantizers.Int4QuantizationConfig(activation_quantizer=None, block_size=4),
}


def words(bias: bool = True) -> keras.Model:
    """An odd width, which two numbers a byte do not fill, and blocks that the last does not."""
    ids = keras.Input((5,), dtype="int32", name="ids")
    x = layers.Embedding(9, 11, name="table")(ids)
    return keras.Model(ids, layers.Dense(7, use_bias=bias, activation="tanh", name="dense")(x))


def quantised(path: Path, config: Any, **options: Any) -> Path:
    keras.utils.set_random_seed(1)
    model = words(**options)
    model.set_weights([np.random.default_rng(0).normal(size=each.shape) for each in model.get_weights()])
    for name in ("table", "dense"):
        model.get_layer(name).quantize(config.mode, config=config)
    model.save(path)
    return path


@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no-bias"])
@pytest.mark.parametrize("config", WEIGHTS_ALONE.values(), ids=WEIGHTS_ALONE)
def test_rounded_weights_are_what_they_stand_for(config: Any, bias: bool, tmp_path: Path) -> None:
    path = quantised(tmp_path / "q.keras", config, bias=bias)
    report = port(path).report
    assert report.verified, report.because
    assert [row["path"] for row in report.layers] == ["table", "dense"]
    assert max(row["max_rel"] for row in report.layers) <= 1e-9


@pytest.mark.parametrize("mode", ["int8", "int4", "float8"])
def test_what_is_rounded_on_the_way_is_refused(mode: str, tmp_path: Path) -> None:
    """The inputs of a Dense layer are in int8 by default, and in float8 always; of EinsumDense no mode is read."""
    image = keras.Input((8,), name="x")
    layer = layers.EinsumDense("ab,bc->ac", 4, name="dense") if mode == "int4" else layers.Dense(4, name="dense")
    model = keras.Model(image, layer(image))
    model.quantize(mode)
    model.save(tmp_path / "quantised.keras")
    with pytest.raises(Refused, match=rf"layer 'dense' \(.*Dense\): is quantised \(dtype='{mode}.*before quantize\(\)"):
        port(tmp_path / "quantised.keras", verify=False)


def test_arrays_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    path = quantised(tmp_path / "q.keras", WEIGHTS_ALONE["int4"])
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(members["config.json"])
    config["config"]["layers"][-1]["config"]["units"] = 9
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {**members, "config.json": json.dumps(config)}.items():
            archive.writestr(name, content)
    with pytest.raises(Refused, match="layer 'dense' is quantised \\(int4\\), and its arrays have the shapes"):
        port(path, verify=False)
