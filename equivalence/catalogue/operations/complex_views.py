"""view_as_complex, view_as_real, polar: complex tensors, which no layer of Keras takes."""

from __future__ import annotations

from equivalence.catalogue.operations.operation_parts import stored
from equivalence.schema import Argument, Entry, refuse_without_counterpart

_COMPLEX = "complex tensors are taken by no layer of Keras and fail on TensorFlow, so that no model has them"


def _of_complex(name: str, class_name: str, module: str, says: str, instead: str, *arguments: str) -> Entry:
    return Entry(
        keras=f"keras.ops.{name}",
        torch=(),
        says=says,
        emit=refuse_without_counterpart,
        kind="operation",
        arguments=tuple(Argument(argument) for argument in arguments),
        aliases=(f"torch.{name}",),
        stored=stored(class_name, module),
        no_counterpart=f"{_COMPLEX}; in your own code {instead}",
    )


ViewAsComplex = _of_complex(
    "view_as_complex",
    "ViewAsComplex",
    "math",
    "Pairs along the last axis as complex numbers.",
    "torch.view_as_complex(x) is the same",
    "x",
)
ViewAsReal = _of_complex(
    "view_as_real",
    "ViewAsReal",
    "math",
    "Complex numbers as pairs along a new last axis.",
    "torch.view_as_real(x) is the same",
    "x",
)
Polar = _of_complex(
    "polar",
    "Polar",
    "nn",
    "Complex numbers by their magnitudes and angles.",
    "torch.polar(abs, angle) is the same",
    "abs_",
    "angle",
)
