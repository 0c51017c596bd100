"""Trains a network of keras_impl and its twin in torch_impl on the same digits: `python -m scripts.train_twins`.

Writes docs/twins_train_alike.svg, the losses of a hundred steps of both, and how far they come apart.
tests/twins/test_train_alike.py holds a few steps of it to the same bound.
"""

from __future__ import annotations

from pathlib import Path

import keras
import matplotlib as mpl
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch.nn import functional

import keras_impl.mini_xception
import torch_impl.mini_xception
from equivalence import transfer

PLOT = Path(__file__).resolve().parent.parent / "docs" / "twins_train_alike.svg"
STEPS, BATCH, CLASSES = 100, 16, 10
RATE, MOMENTUM = 2.0**-9, 0.875  # whole in float32, as which Keras keeps them
#: How far a loss may be from its twin's, relative.
BOUND = 1e-8


def batches(steps: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Handwritten digits (steps, batch, size, size, 1), enlarged to `size`, a multiple of 8, and what they are."""
    pixels, digits = load_digits(return_X_y=True)
    rows = np.random.default_rng(0).integers(0, len(digits), (steps, BATCH))
    images = np.kron(pixels.reshape(-1, 8, 8) / 8 - 1, np.ones((size // 8, size // 8)))
    return images[rows][..., None], digits[rows]


def curves(steps: int = STEPS, size: int = 48) -> tuple[np.ndarray, np.ndarray]:
    """The loss before each step, of the Keras twin and of the torch twin, which begin with the same weights.

    Keras has to be set to float64.
    """
    images, digits = batches(steps, size)
    keras.utils.set_random_seed(0)
    arguments = {"classes": CLASSES, "classifier_activation": None}
    model = keras_impl.mini_xception.MiniXception(input_shape=(size, size, 1), **arguments)
    module = torch_impl.mini_xception.MiniXception(channels=1, **arguments).double()
    transfer(model, module)
    return in_keras(model, images, digits), in_torch(module, images, digits)


def in_keras(model: keras.Model, images: np.ndarray, digits: np.ndarray) -> np.ndarray:
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(RATE, momentum=MOMENTUM), loss)
    losses = []
    for x, y in zip(images, digits, strict=True):
        model.reset_metrics()
        losses.append(float(model.train_on_batch(x, y)))
    return np.array(losses)


def in_torch(module: torch.nn.Module, images: np.ndarray, digits: np.ndarray) -> np.ndarray:
    optimizer = torch.optim.SGD(module.train().parameters(), lr=RATE, momentum=MOMENTUM)
    losses = []
    for x, y in zip(images, digits, strict=True):
        outputs = module(torch.from_numpy(np.ascontiguousarray(np.moveaxis(x, -1, 1))))
        loss = functional.cross_entropy(outputs, torch.from_numpy(y))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return np.array(losses)


def apart(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """How far each loss is from its twin's, relative."""
    found: np.ndarray = np.abs(ours - theirs) / np.abs(theirs)
    return found


def plot(of_keras: np.ndarray, of_torch: np.ndarray) -> None:
    import matplotlib.pyplot as plt

    mpl.rcParams.update({"svg.hashsalt": "twins", "svg.fonttype": "none"})  # the same text twice
    figure, (above, below) = plt.subplots(2, 1, figsize=(7, 4.5), sharex=True, height_ratios=(2, 1))
    above.plot(of_keras, color="tab:orange", linewidth=4, alpha=0.6, label="keras_impl")
    above.plot(of_torch, color="black", linewidth=1, label="torch_impl")
    above.set(ylabel="loss of the batch", title="MiniXception on digits, float64, the same batches")
    above.legend()
    below.semilogy(np.maximum(apart(of_torch, of_keras), 1e-17), color="black", linewidth=1)
    below.axhline(BOUND, color="tab:red", linewidth=1)
    below.set(xlabel="step", ylabel="apart, relative")
    figure.tight_layout()
    figure.savefig(PLOT, metadata={"Date": None})


def main() -> None:
    keras.config.set_floatx("float64")
    of_keras, of_torch = curves()
    plot(of_keras, of_torch)
    most = apart(of_torch, of_keras).max()
    print(f"loss {of_keras[0]:.3f} to {of_keras[-1]:.3f} in {STEPS} steps; at most {most:.1e} apart, relative")


if __name__ == "__main__":
    main()
