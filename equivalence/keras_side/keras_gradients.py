"""Gradients of Keras computations, on whichever backend the process has."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import keras
import numpy as np

Compute = Callable[[list[Any]], list[Any]]


def no_gradients() -> AbstractContextManager[None]:
    """Keep the backend from recording a graph: what ran is freed as it goes."""
    if keras.config.backend() == "torch":
        import torch

        return torch.no_grad()
    return nullcontext()


def gradients(
    compute: Compute, inputs: list[Any], variables: list[Any], cotangents: Callable[[int, Any], Any]
) -> tuple[list[Any], list[Any | None], list[Any]]:
    """Outputs of `compute(inputs)`, and the gradients of sum(output * cotangent) as NumPy arrays.

    Gradients are to the float inputs (None for the others) and to the Keras variables; zero where nothing
    depends on one. `cotangents(k, output)` gives the array, of the shape of the k-th output, to weigh it
    with; it is asked for every output, and those that are not floats are left out of the sum.
    """
    run = _torch if keras.config.backend() == "torch" else _tensorflow
    floats = [index for index, array in enumerate(inputs) if array.dtype.kind == "f"]
    outputs, found = run(compute, inputs, floats, variables, cotangents)
    by_input: list[Any | None] = [None] * len(inputs)
    for index, gradient in zip(floats, found, strict=False):
        by_input[index] = gradient
    return outputs, by_input, found[len(floats) :]


def _tensorflow(
    compute: Compute,
    inputs: list[Any],
    floats: list[int],
    variables: list[Any],
    cotangents: Callable[[int, Any], Any],
) -> tuple[list[Any], list[Any]]:
    import tensorflow as tf

    tensors = [tf.convert_to_tensor(array) for array in inputs]
    with tf.GradientTape() as tape:
        tape.watch([tensors[index] for index in floats])
        outputs = compute(tensors)
        total = tf.zeros([], tf.float64)
        for output, weigh in zip(outputs, [cotangents(*numbered) for numbered in enumerate(outputs)], strict=True):
            if output.dtype.is_floating:
                product = output * tf.convert_to_tensor(weigh, output.dtype)
                total += tf.cast(tf.reduce_sum(product), tf.float64)
    sources = [tensors[index] for index in floats] + [variable.value for variable in variables]
    found = tape.gradient(total, sources, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    return outputs, [tf.convert_to_tensor(gradient).numpy() for gradient in found]


def _torch(
    compute: Compute,
    inputs: list[Any],
    floats: list[int],
    variables: list[Any],
    cotangents: Callable[[int, Any], Any],
) -> tuple[list[Any], list[Any]]:
    import torch

    tensors = [torch.from_numpy(array.copy()) for array in inputs]
    for index in floats:
        tensors[index].requires_grad_()
    outputs = compute(tensors)
    weighted = [
        (output * torch.from_numpy(weigh)).sum().double()
        for output, weigh in zip(outputs, [cotangents(*numbered) for numbered in enumerate(outputs)], strict=True)
        if output.dtype.is_floating_point and output.requires_grad
    ]
    sources = [tensors[index] for index in floats] + [variable.value for variable in variables]
    found: tuple[Any, ...] = (None,) * len(sources)
    if weighted and sources:
        found = torch.autograd.grad(torch.stack(weighted).sum(), sources, allow_unused=True)
    arrays = [
        np.zeros(tuple(source.shape), _numpy_dtype(source)) if gradient is None else gradient.numpy()
        for source, gradient in zip(sources, found, strict=True)
    ]
    return outputs, arrays


def _numpy_dtype(tensor: Any) -> Any:
    return tensor.detach().numpy().dtype
