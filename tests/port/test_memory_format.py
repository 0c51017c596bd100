"""`load` keeps convolutions in channels_last memory, but not where training in it crashes torch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import pytest
from keras import layers

from equivalence import port

TRAINS = """
import torch, strided
model = strided.load().train()
for _ in range(3):
    model(torch.randn(16, 3, 60, 60)).square().mean().backward()
"""


def strided(channels: int) -> Any:
    image = keras.Input((60, 60, 3), name="image")
    x = layers.Conv2D(channels, 3, padding="same")(image)
    return keras.Model(image, layers.Conv2D(16, 1, strides=2)(x))


@pytest.mark.parametrize(("channels", "kept"), [(8, False), (16, True)])
def test_a_loaded_port_trains(channels: int, kept: bool, tmp_path: Path) -> None:
    ported = port(strided(channels), verify=False, name="strided")
    assert ("channels_last" in ported.source) is kept
    ported.save(tmp_path)
    trained = subprocess.run([sys.executable, "-c", TRAINS], cwd=tmp_path, capture_output=True, text=True)
    assert trained.returncode == 0, trained.stderr
