"""Adam in torch as the catalogue states Keras's, in place of `torch.optim.Adam` with its epsilon elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch

from equivalence.catalogue.optimizers.adam import Adam
from equivalence.emit.written_text import emit_written
from equivalence.torch_side.oracle import TorchOracle
from equivalence.torch_side.written_object import maker

#: Keras's defaults, as `keras.optimizers.Adam().get_config()` writes them.
DEFAULTS: dict[str, Any] = {argument.keras: argument.default for argument in Adam.arguments if not argument.inert}


def keras_adam(parameters: Iterable[torch.nn.Parameter], **settings: float) -> torch.optim.Optimizer:
    """What `keras.optimizers.Adam(**settings)` does, over torch parameters."""
    optimizer: torch.optim.Optimizer = maker(emit_written(Adam, {**DEFAULTS, **settings}, TorchOracle()))(parameters)
    return optimizer
