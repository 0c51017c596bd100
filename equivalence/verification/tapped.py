"""A port whose layers can be watched: the emitted source, with a tap at the output of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from equivalence.emit.file_text import render_file
from equivalence.torch_side.loading import Tap, build, constants_of, fill, state_at
from equivalence.translation.order import axes
from equivalence.verification.ported import Ported
from equivalence.verification.watching import Instances, watched


def tapped(
    ported: Ported, tap: Tap, dtype: str, weights: Mapping[str, np.ndarray] | None = None
) -> tuple[Any, Instances]:
    """A second module of the port, whose taps call `tap`, with its weights in `dtype`; `weights` in place of some.

    Also which of its classes' instances is what in Keras.
    """
    model = ported.draft.classes[-1]
    module = build(render_file(ported.draft, taps=True), model.name, tap, floats=dtype)
    exact = {name: array.astype(dtype) for name, array in ported.exact.items()}
    fill(module, state_at(ported.module, dtype) | exact | dict(weights or {}), constants_of(ported.draft))
    for name in ported.draft.always_random:
        module.get_submodule(name).eval()  # as Keras has it here: see `keras_side.stilled`
    for name in ported.draft.drawing:
        module.get_submodule(name).training = False  # likewise; its BatchNormalization stays in training
    return module, watched(module, ported.draft.root)


def in_port_order(ported: Ported, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Arrays in Keras's layout, as the emitted forward takes them."""
    held = ported.draft.classes[-1].inputs
    return [np.transpose(x, axes(value.order, value.rank)) for x, (_, value, _) in zip(inputs, held, strict=True)]
