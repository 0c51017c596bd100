"""Arrays that a layer keeps and its call cuts to the size of an input: kept whole, and cut in the port.

The tensor that is cut has its numbers already, so that Keras cuts it at once, and what is left goes with the sizes that
are traced.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from unittest import mock

import keras

from equivalence.errors import Refused


class ArrayCut(Refused):
    """An array of the call's is another at other sizes of the inputs."""


def put_cuts(stack: ExitStack, tracing: Callable[[], bool], as_symbol: Callable[..., Any]) -> None:
    """While `tracing` says so, a tensor with numbers is cut as `as_symbol` of it is; until `stack` closes."""
    kind = type(keras.ops.convert_to_tensor(0.0))
    at_once = kind.__getitem__

    def cut(tensor: Any, index: Any) -> Any:
        if not tracing() or not any(map(_cuts, index if isinstance(index, tuple) else (index,))):
            return at_once(tensor, index)
        return as_symbol(tensor, every=True)[index]

    stack.enter_context(mock.patch.object(kind, "__getitem__", cut))


def _cuts(index: Any) -> bool:
    return isinstance(index, slice) and (index.start is not None or index.stop is not None)
