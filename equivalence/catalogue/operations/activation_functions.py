"""Activations called on Keras tensors: operations of their own, which mean what the activations mean."""

from __future__ import annotations

from equivalence.catalogue.activation import normalising, piecewise, rectifiers, smooth
from equivalence.catalogue.operations.operation_parts import stored
from equivalence.schema import Argument, Entry


def _operation(entry: Entry, class_name: str) -> Entry:
    """The operation that `entry`, an activation, is in a functional model; files name it by its class."""
    return entry._replace(
        keras=f"keras.ops.{entry.name}",
        kind="operation",
        arguments=(Argument("x", "input"), *entry.arguments),
        aliases=(),
        stored=stored(class_name, "nn"),
    )


LogSoftmax = _operation(normalising.log_softmax, "LogSoftmax")
Sparsemax = _operation(normalising.sparsemax, "Sparsemax")
Glu = _operation(normalising.glu, "Glu")
HardSigmoid = _operation(piecewise.hard_sigmoid, "HardSigmoid")
HardSilu = _operation(piecewise.hard_silu, "HardSilu")
HardTanh = _operation(piecewise.hard_tanh, "HardTanh")
HardShrink = _operation(piecewise.hard_shrink, "HardShrink")
SoftShrink = _operation(piecewise.soft_shrink, "SoftShrink")
Threshold = _operation(piecewise.threshold, "Threshold")
SparsePlus = _operation(piecewise.sparse_plus, "SparsePlus")
SparseSigmoid = _operation(piecewise.sparse_sigmoid, "SparseSigmoid")
Relu6 = _operation(rectifiers.relu6, "Relu6")
LeakyRelu = _operation(rectifiers.leaky_relu, "LeakyRelu")
Elu = _operation(rectifiers.elu, "Elu")
Celu = _operation(rectifiers.celu, "Celu")
Selu = _operation(rectifiers.selu, "Selu")
LogSigmoid = _operation(smooth.log_sigmoid, "LogSigmoid")
TanhShrink = _operation(smooth.tanh_shrink, "TanhShrink")
Softplus = _operation(smooth.softplus, "Softplus")
Softsign = _operation(smooth.softsign, "Softsign")
Squareplus = _operation(smooth.squareplus, "Squareplus")
