"""Sizes of outputs that Keras's own rules leave open, though the inputs tell them."""

from __future__ import annotations

from typing import Any

import keras
from keras.src import backend, tree
from keras.src.ops.numpy import Einsum

from equivalence.errors import Refused


def with_known_sizes(operation: Any, args: Any, kwargs: Any, outputs: Any) -> Any:
    """The outputs of a layer or operation of Keras's, called with tensors of known shape, with their shapes known.

    Masks stay. Raises Refused where a size follows from the numbers of the inputs.
    """
    if not _open(outputs):
        return outputs
    if isinstance(operation, keras.layers.EinsumDense):
        found = Einsum(operation.equation).compute_output_spec(args[0], operation.kernel)
    else:
        found = backend.compute_output_spec(operation.call, *args, **kwargs)
    if _open(found):
        raise Refused(f"the shape of what {type(operation).__name__} gives depends on the numbers of its input")
    return tree.map_structure(_shaped, outputs, found)


def _open(outputs: Any) -> bool:
    return any(None in x.shape for x in tree.flatten(outputs) if isinstance(x, keras.KerasTensor))


def _shaped(output: Any, found: Any) -> Any:
    if not isinstance(output, keras.KerasTensor):
        return output
    made = keras.KerasTensor(found.shape, output.dtype)
    if (mask := backend.get_keras_mask(output)) is not None:
        backend.set_keras_mask(made, mask)
    return made
