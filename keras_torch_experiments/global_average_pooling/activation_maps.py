"""Class activation maps (Zhou et al. 2016, arXiv:1512.04150): what pooling averages, before the average.

A head of pooling and Dense is linear, so its logit is the mean over the map of `map @ kernel`, plus the bias:
every place has its own share in every class.
"""

from __future__ import annotations

import numpy as np


def activation_maps(features: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """(N, H, W, C) and Keras's (C, classes) -> (N, H, W, classes); its mean over H and W, plus the bias, is the logit.

    Raises:
        ValueError: the numbers of channels differ.
    """
    if features.ndim != 4 or features.shape[-1] != kernel.shape[0]:
        raise ValueError(
            f"a kernel of shape {kernel.shape} is for maps (N, H, W, {kernel.shape[0]}), not {features.shape}"
        )
    return features @ kernel
