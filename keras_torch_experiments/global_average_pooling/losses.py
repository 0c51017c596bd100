"""The loss on clipped probabilities, as Keras 2 computed it, and on logits; in both frameworks.

Formula: keras/backend/tensorflow_backend.py of Keras 2.0 to 2.3, `categorical_crossentropy` and `binary_crossentropy`:

    p = clip(p, 1e-7, 1 - 1e-7);  loss = -sum(target * log(p))

The derivative of a clip is zero outside its range, so a sample whose right class got less than 1e-7
pulls at nothing: neither the head nor anything before it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from keras import ops
from torch import Tensor

from keras_torch_experiments.global_average_pooling.data import CLIP


def keras2_in_torch(logits: Tensor, labels: Tensor) -> Tensor:
    """Softmax, clip, log: (N, classes), (N,) -> the mean over the batch."""
    p = logits.softmax(-1).clamp(CLIP, 1 - CLIP)
    return F.nll_loss(p.log(), labels)


def keras2_in_keras(labels: Any, probabilities: Any) -> Any:
    """The same of a softmax's output, for `compile(loss=...)`: (N, 1) or (N,), (N, classes) -> (N,)."""
    p = ops.clip(probabilities / ops.sum(probabilities, axis=-1, keepdims=True), CLIP, 1 - CLIP)
    targets = ops.one_hot(ops.reshape(labels, (-1,)), 2, dtype=p.dtype)
    return -ops.sum(targets * ops.log(p), axis=-1)


#: Name -> loss of (logits, labels) in torch.
TORCH: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "clipped probabilities": keras2_in_torch,
    "logits": torch.nn.CrossEntropyLoss(),
}
