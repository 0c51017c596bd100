"""Where the channels of a torch tensor lie, as far as the modules that it meets tell: Keras has them last."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

from equivalence.snippets.known_values import NotUnderstood

#: Kinds of tensors with channels at dimension 1: their rank. Others are PLAIN: Keras has them as torch has.
CHANNELS = {"sequence": 3, "image": 4, "volume": 5}
PLAIN = "plain"
UNKNOWN = "?"  # a module that is not told by its constructor
_BY_DIMS = {"1d": "sequence", "2d": "image", "3d": "volume"}
_KEEPS = re.compile(
    r"(?:ReLU6?|LeakyReLU|PReLU|ELU|CELU|SELU|GELU|SiLU|Mish|Sigmoid|Tanh|Hardswish|Hardsigmoid|Hardtanh|Softplus"
    r"|Softsign|LogSigmoid|Identity|(?:Alpha)?Dropout(?:1d|2d|3d)?)\Z"
)
#: Modules of tensors whose features are last in torch as well.
_PLAIN = re.compile(r"(?:Linear|Embedding|LayerNorm|RMSNorm|Softmax|LogSoftmax|Bilinear)\Z")
_CHANNELLED = re.compile(
    r"\w*(?:Conv|ConvTranspose|Pool|BatchNorm|InstanceNorm|Upsample|ZeroPad|ReflectionPad)\w*?([123]d)\Z"
)


def wanted(module: str) -> str | None:
    """The kind of tensor that a class of torch.nn takes; None where any will do."""
    if (found := _CHANNELLED.match(module)) and module != "BatchNorm1d":
        return _BY_DIMS[found[1]]
    return PLAIN if _PLAIN.match(module) else None


def given(module: str, of: str | None) -> str | None:
    """The kind of what a class of torch.nn gives of a tensor of kind `of`."""
    if module == "Flatten":
        return PLAIN
    if module == "Embedding":
        return PLAIN
    if _KEEPS.match(module) or module in ("BatchNorm1d", "Softmax", "LogSoftmax"):
        return of
    return wanted(module) or of


def through(row: tuple[str, ...], of: str | None, own: Mapping[str, str | None]) -> str | None:
    """The kind of what modules give that are called one after the other; `own`: that of the text's classes."""
    for module in row:
        of = own[module] if module in own else None if module == UNKNOWN else given(module, of)
    return of


def last(kind: str, dim: int) -> int:
    """The axis in Keras of a dimension in torch."""
    rank = CHANNELS[kind]
    place = dim + rank if dim < 0 else dim
    return place if place == 0 else rank - 1 if place == 1 else place - 1


def moved(kind: str | None, node: ast.expr, line: int) -> ast.expr:
    """The dimensions that a call names, as axes in Keras. Raises NotUnderstood where they are not known."""
    if kind == PLAIN:
        return node
    if kind is None:
        raise NotUnderstood("which axes these are in Keras is not known: what the tensor holds is not", line)
    try:
        value = ast.literal_eval(node)
    except ValueError:
        raise NotUnderstood("a dimension is no number", line) from None
    if value is None:
        return node
    if isinstance(value, int):
        return _number(last(kind, value))
    if isinstance(value, (tuple, list)) and all(isinstance(each, int) for each in value):
        return ast.Tuple([_number(last(kind, each)) for each in value], ast.Load())
    raise NotUnderstood("a dimension is no number", line)


def _number(value: int) -> ast.expr:
    return ast.Constant(value)
