"""The notebook's pictures. Each function draws one figure and returns it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from keras_torch_experiments.global_average_pooling.data import History
from keras_torch_experiments.global_average_pooling.grid import Cell

Figure = Any  # matplotlib.figure.Figure


def photographs(images: np.ndarray, titles: Sequence[str]) -> Figure:
    """Images (N, H, W, 3) in [-1, 1], in one row."""
    figure, axes = plt.subplots(1, len(images), figsize=(1.5 * len(images), 1.8))
    for axis, image, title in zip(axes, images, titles, strict=True):
        axis.imshow((image + 1) / 2)
        axis.set_title(title, fontsize=9)
        axis.axis("off")
    return _done(figure)


def feature_map(features: np.ndarray, channels: Sequence[int]) -> Figure:
    """Some channels of one map (H, W, C), each with its mean."""
    figure, axes = plt.subplots(1, len(channels), figsize=(1.6 * len(channels), 2.0))
    for axis, channel in zip(axes, channels, strict=True):
        axis.imshow(features[..., channel], cmap="viridis")
        axis.set_title(f"channel {channel}\nmean {features[..., channel].mean():.3f}", fontsize=8)
        axis.axis("off")
    return _done(figure)


def activation_maps(images: np.ndarray, maps: np.ndarray, titles: Sequence[str]) -> Figure:
    """Images as in `photographs`; `maps` (N, h, w), laid over them: red speaks for, blue against."""
    figure, axes = plt.subplots(1, len(images), figsize=(1.9 * len(images), 2.2))
    for axis, image, each, title in zip(axes, images, maps, titles, strict=True):
        height, width = image.shape[:2]
        axis.imshow((image + 1) / 2)
        strength = np.abs(maps).max()
        axis.imshow(
            each, cmap="coolwarm", vmin=-strength, vmax=strength, alpha=0.55, extent=(0, width, height, 0),
            interpolation="bilinear",
        )  # fmt: skip
        axis.set_title(title, fontsize=8)
        axis.axis("off")
    return _done(figure)


def histories(runs: Mapping[str, History]) -> Figure:
    """Loss, both accuracies, |logit| and the share of zero gradients by step, a line for each run."""
    figure, axes = plt.subplots(1, 4, figsize=(15, 3.4))
    for name, run in runs.items():
        (line,) = axes[0].plot(run.step, run.loss, label=name)
        axes[1].plot(run.step, run.accuracy, color=line.get_color())
        axes[1].plot(run.step, run.held_accuracy, color=line.get_color(), linestyle=":")
        axes[2].plot(run.step, run.logit, color=line.get_color())
        axes[3].plot(run.step, run.still, color=line.get_color())
    axes[0].set_title("loss")
    axes[0].legend(fontsize=8)
    axes[1].set_title("accuracy (dotted: validation)")
    axes[1].set_ylim(0.4, 1.03)
    axes[2].set_title("largest |logit|")
    axes[2].set_yscale("log")
    axes[3].set_title("share of samples with zero gradient")
    axes[3].set_ylim(-0.05, 1.05)
    for axis in axes:
        axis.set_xlabel("step")
    return _done(figure)


def accuracies(runs: Mapping[str, History]) -> Figure:
    """Training and validation accuracy, a panel each."""
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.2), sharey=True)
    for name, run in runs.items():
        axes[0].plot(run.step, run.accuracy, label=name)
        axes[1].plot(run.step, run.held_accuracy, label=name)
    for axis, title in zip(axes, ("training accuracy", "validation accuracy"), strict=True):
        axis.set_title(title)
        axis.set_xlabel("step")
        axis.set_ylim(0.35, 1.03)
    axes[1].legend(fontsize=8)
    return _done(figure)


def pulls(leads: Sequence[float], gradients: Mapping[str, Mapping[str, Sequence[float]]]) -> Figure:
    """For each backend, each loss's pull on a sample that is wrong by a lead; each line lifted over the one before."""
    figure, axes = plt.subplots(1, len(gradients), figsize=(5.5 * len(gradients), 3.4), sharey=True)
    for axis, (backend, losses) in zip(axes, gradients.items(), strict=True):
        for index, (name, values) in enumerate(losses.items()):
            axis.plot(leads, np.array(values) + 0.012 * index, marker="o", markersize=3, label=name)
        axis.axvline(-np.log(1e-7), color="grey", linewidth=0.8, linestyle=":")
        axis.set_title(f"Keras 3 on {backend}")
        axis.set_xlabel("lead of the wrong class's logit")
    axes[0].set_ylabel("pull on the right class's logit")
    axes[-1].legend(fontsize=8)
    return _done(figure)


def two_curves(pairs: Mapping[str, tuple[Sequence[float], Sequence[float]]]) -> Figure:
    """Keras's loss as a wide line, PyTorch's as dots upon it, a panel for each pair."""
    figure, axes = plt.subplots(1, len(pairs), figsize=(4.4 * len(pairs), 3.2))
    for axis, (name, (of_keras, of_torch)) in zip(axes, pairs.items(), strict=True):
        axis.plot(of_keras, linewidth=5, alpha=0.35, label="Keras")
        axis.plot(of_torch, "k.", markersize=4, label="PyTorch")
        axis.set_title(name, fontsize=9)
        axis.set_xlabel("step")
        axis.legend(fontsize=8)
    axes[0].set_ylabel("loss on the training part")
    return _done(figure)


def ends(cells: Sequence[Cell]) -> Figure:
    """The training accuracy of each training's end, a row of dots for each candidate; hollow is frozen."""
    figure, axis = plt.subplots(figsize=(7, 0.5 * len(cells) + 1))
    for row, cell in enumerate(reversed(cells)):
        for index, each in enumerate(cell.outcomes):
            height = row + 0.06 * (index - len(cell.outcomes) / 2)  # so that equal ones do not hide each other
            axis.plot(each.accuracy, height, "o", color="C0", markerfacecolor="white" if each.frozen else "C0")
    axis.set_yticks(range(len(cells)), [cell.candidate for cell in reversed(cells)])
    axis.set_xlim(0.4, 1.03)
    axis.set_xlabel("training accuracy in the end (hollow: frozen)")
    return _done(figure)


def shares(runs: Mapping[str, Sequence[float]], title: str) -> Figure:
    """A share by step, a line for each run."""
    figure, axis = plt.subplots(figsize=(6, 3.2))
    for name, values in runs.items():
        axis.plot(values, label=name)
    axis.set_title(title, fontsize=10)
    axis.set_xlabel("step")
    axis.set_ylim(-0.02, 1.02)
    axis.legend(fontsize=8)
    return _done(figure)


def _done(figure: Figure) -> Figure:
    figure.tight_layout()
    plt.close(figure)  # or the notebook would show it twice
    return figure
