"""Classes of nn.Module as tutorials write them: translated whole, and equal to the original with the same weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import torch
from translated_models import floats, randomise

import equivalence
from equivalence.translating import translate

FILES = sorted((Path(__file__).parent / "torch_models").glob("*.py"))
#: Shapes of the inputs in torch's order, without batch; a whole number where they are whole numbers.
INPUTS: dict[str, tuple[tuple[int, ...], int]] = {
    "torch_lenet": ((1, 32, 32), 0),
    "torch_resnet": ((3, 16, 20), 0),
    "torch_cifar_resnet": ((3, 16, 20), 0),
    "torch_mobilenet": ((3, 24, 20), 0),
    "torch_mlp": ((20,), 0),
    "torch_autoencoder": ((1, 28, 20), 0),
    "torch_unet": ((3, 16, 24), 0),
    "torch_text_classifier": ((11,), 90),
    "torch_audio": ((1, 160), 0),
    "torch_discriminator": ((3, 32, 36), 0),
}


def defined(text: str, name: str) -> Any:
    names: dict[str, Any] = {"__name__": name}
    exec(compile(text, f"{name}.py", "exec"), names)
    return names["model"]


def last(array: np.ndarray) -> np.ndarray:
    """An array of torch's with channels in Keras's order."""
    return np.moveaxis(array, 1, -1) if array.ndim > 2 else array


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_translation_is_whole_and_equals_the_original(file: Path) -> None:
    text = file.read_text("utf-8")
    found = translate(text, name=file.name)
    assert found.whole, found.not_understood
    module = defined(text, file.stem).double().eval()
    shape, largest = INPUTS[file.stem]
    rng = np.random.default_rng(5)
    given = rng.integers(0, largest, (3, *shape)) if largest else rng.normal(size=(3, *shape))
    keras.utils.clear_session()
    with floats("float64"):
        model = defined(found.translated, "translated")
        model(last(given))
        randomise(model, rng)
        equivalence.transfer(model, module, pairs={})
        result = np.asarray(model(last(given), training=False))
    with torch.inference_mode():
        wanted = last(module(torch.from_numpy(given)).numpy())
    assert result.shape == wanted.shape
    assert np.ptp(wanted, axis=0).max() > 1e-6
    assert np.abs(result - wanted).max() <= 1e-9 * np.abs(wanted).max()
