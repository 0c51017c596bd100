"""The gradient of a pseudoinverse that cuts singular values off, where several are zero."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
import torch

from equivalence.catalogue.operations.factorisations import CUT_PINV

MATRICES = {
    "tall": (7, 4, [1]),
    "tall-two-zeros": (7, 4, [1, 2]),
    "wide-two-zeros": (4, 7, [0, 3, 4, 5, 6]),
    "square-one-left": (4, 4, [0, 2, 3]),
}


@pytest.mark.parametrize(("rows", "columns", "zeros"), MATRICES.values(), ids=MATRICES)
def test_its_gradient_is_keras_s(rows: int, columns: int, zeros: list[int]) -> None:
    random = np.random.default_rng(0)
    given, weight = random.standard_normal((rows, columns)), random.standard_normal((columns, rows))
    given[:, zeros] = 0
    inputs = tf.constant(given)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        expected = tf.linalg.pinv(inputs, rcond=0.5)
        weighed = tf.reduce_sum(expected * weight)
    names: dict[str, object] = {"torch": torch, "Tensor": torch.Tensor}
    exec(CUT_PINV, names)
    x = torch.tensor(given, requires_grad=True)
    found = names["cut_pinv"](x, 0.5)  # type: ignore[operator]
    (found * torch.tensor(weight)).sum().backward()
    np.testing.assert_allclose(found.detach(), expected, atol=1e-14)
    np.testing.assert_allclose(x.grad, tape.gradient(weighed, inputs), atol=1e-13)
