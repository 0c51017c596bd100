"""SpectralNormalization in whole models: inference, a training step, and the kernel that files keep twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import torch
from keras import layers
from keras_models import randomised

from equivalence import Ported, Refused, port


def discriminator() -> Any:
    """What a GAN trains against images; one layer was frozen as it was made, its weights are trained all the same."""
    x = image = keras.Input((16, 12, 3), name="image")
    for filters in (4, 6):
        conv = layers.Conv2D(filters, 3, strides=2, padding="same", name=f"conv_{filters}")
        x = layers.LeakyReLU(0.25)(layers.SpectralNormalization(conv, name=f"norm_{filters}")(x))
    x = layers.Flatten(name="flat")(x)  # the rows of the weight that follows are exchanged: u is not
    x = layers.SpectralNormalization(layers.Dense(5, name="hidden"), name="frozen", trainable=False)(x)
    x = layers.SpectralNormalization(layers.Dense(1, name="score"), power_iterations=2, name="last")(x)
    return keras.Model(image, x, name="discriminator")


def gan() -> Any:
    """The discriminator within another model: there, an .h5 lists what is trained before what is not."""
    noise = keras.Input((8,), name="noise")
    x = layers.Reshape((16, 12, 3), name="image")(layers.Dense(16 * 12 * 3, name="spread")(noise))
    return keras.Model(noise, discriminator()(x), name="gan")


def frozen_gan() -> Any:
    judge = discriminator()
    judge.trainable = False
    image = keras.Input((16, 12, 3), name="given")
    return keras.Model(image, judge(layers.Rescaling(0.5, name="half")(image)), name="frozen_gan")


def film() -> Any:
    frames = keras.Input((4, 9, 8, 3), name="frames")
    inner = layers.SpectralNormalization(layers.Conv2D(3, 3, name="conv"), name="norm")
    return keras.Model(frames, layers.TimeDistributed(inner, name="each")(frames), name="film")


@pytest.mark.parametrize("ending", [".keras", ".h5"])
@pytest.mark.parametrize("make", [discriminator, gan, frozen_gan, film], ids=lambda make: make.__name__)
def test_every_layer_is_compared_and_equal(
    make: Callable[[], Any], ending: str, saved: Callable[..., Path], verified: Callable[..., Ported]
) -> None:
    report = verified(saved(make, ending)).report
    assert report.verified, report.because
    assert all(row["max_rel"] <= 1e-9 for row in report.layers)


def test_a_training_step_leaves_what_keras_leaves() -> None:
    model = randomised(discriminator())
    given = np.random.default_rng(1).standard_normal((5, 16, 12, 3)).astype(np.float32)
    module = port(model, verify=False).module.train()
    for _ in range(2):
        expected = np.asarray(model(given, training=True))
        with torch.no_grad():
            found = module(torch.from_numpy(given).permute(0, 3, 1, 2)).numpy()
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    for name in ("norm_4", "frozen", "last"):
        np.testing.assert_allclose(module.get_buffer(f"{name}.u")[None], model.get_layer(name).vector_u, atol=1e-5)
    kernel = np.asarray(model.get_layer("last").layer.kernel)
    np.testing.assert_allclose(module.last.weight.detach().numpy().T, kernel, atol=1e-5)
    assert abs(np.linalg.norm(kernel, 2) - 1) < 1e-4


def test_a_live_model() -> None:
    report = port(randomised(discriminator())).report
    assert report.verified, report.because


def depthwise() -> Any:
    x = keras.Input((6, 7, 3))
    return keras.Model(x, layers.SpectralNormalization(layers.DepthwiseConv2D(3), name="norm")(x))


def whole_numbers() -> Any:
    x = keras.Input((5,), dtype="int32")
    return keras.Model(x, layers.SpectralNormalization(layers.Dense(3), name="norm")(x))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (depthwise, "layer 'norm' .SpectralNormalization.: the layer in it is a DepthwiseConv2D, .* put layer.layer"),
        (whole_numbers, "layer 'norm' .SpectralNormalization.: it is called on int32, to which Keras casts"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_what_is_refused(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(Refused, match=message):
        port(make(), verify=False)
