"""Calls of PyTorch as text, and their arguments bound by torch's own signatures, which are text too.

A signature is written as Python has it, `torch.nn.Linear(in_features, out_features, bias=True)(x)`: the second pair of
brackets is what the module is called with. Everything is parsed, nothing evaluated, and torch is not needed.
Annotations are no texts here, for the reason that `equivalence.schema` gives.
"""

import ast
import re
from functools import cache
from typing import NamedTuple

from equivalence.translation.torch_words import SHORT, full_name

#: NumPy's words, which torch takes for its own.
_NUMPY = {"axis": "dim", "axes": "dims", "keepdims": "keepdim", "x1": "input", "x2": "other", "a": "input"}
#: Keywords of many functions that change nothing of what is computed; `from_torch.torch_rows.NOTES` says what of them.
WITHOUT_EFFECT = frozenset(
    "out device layout requires_grad pin_memory memory_format generator names non_blocking".split()
)
_LONGEST = 2000  # characters; nothing a person types is longer, and ast recurses

Bound = dict[str, ast.expr]


class WrongCall(ValueError):
    """A call that torch would refuse; the text says why, in one sentence."""


class Parameter(NamedTuple):
    """A parameter of a signature; `default` None: it must be given. `kind`: the word that its annotation is, or ""."""

    name: str
    default: ast.expr | None = None
    several: bool = False  # *size: all places that are left
    by_name: bool = False  # after a *
    kind: str = ""


class Signature(NamedTuple):
    """A torch callable: its full name, its parameters, and those of the call of what it makes (a module)."""

    name: str
    parameters: tuple[Parameter, ...]
    forward: tuple[Parameter, ...] | None = None

    @property
    def all(self) -> tuple[Parameter, ...]:
        return (*self.parameters, *(self.forward or ()))


class Call(NamedTuple):
    """A call as somebody typed it. `receiver`: the tensor that a method is called on."""

    name: str  # in full: "torch.nn.Linear", "torch.Tensor.view"
    node: ast.Call
    receiver: ast.expr | None = None
    forward: ast.Call | None = None  # the call of the module that it makes
    taken: ast.expr | None = None  # what is taken of a function's result: the 1 of `torch.max(x, 1)[1]`


@cache
def signature(text: str) -> Signature:
    """The signature that a text states."""
    name, _, rest = text.partition("(")
    inside, rest = _bracketed(rest)
    forward = _parameters(_bracketed(rest[1:])[0]) if rest.startswith("(") else None
    return Signature(full_name(name), _parameters(inside), forward)


def _bracketed(text: str) -> tuple[str, str]:
    depth = 1
    for place, letter in enumerate(text):
        depth += (letter in "([{") - (letter in ")]}")
        if not depth:
            return text[:place], text[place + 1 :]
    raise ValueError(f"{text!r} does not close its brackets")


def _parameters(inside: str) -> tuple[Parameter, ...]:
    (function,) = ast.parse(f"def _({inside}): ...").body
    assert isinstance(function, ast.FunctionDef)
    given = function.args
    first = len(given.args) - len(given.defaults)
    found = [
        Parameter(each.arg, given.defaults[place - first] if place >= first else None, kind=_kind(each))
        for place, each in enumerate(given.args)
    ]
    if given.vararg:
        found.append(Parameter(given.vararg.arg, several=True))
    pairs = zip(given.kwonlyargs, given.kw_defaults, strict=True)
    found += [Parameter(each.arg, default, by_name=True, kind=_kind(each)) for each, default in pairs]
    return tuple(found)


def _kind(argument: ast.arg) -> str:
    return ast.unparse(argument.annotation) if argument.annotation else ""


def parse(text: str) -> Call | None:
    """The call that `text` is (as a statement `y = F.relu(x)` too), or None."""
    if len(text) > _LONGEST:
        return None
    try:
        body = ast.parse(text.strip()).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if len(body) != 1 or not isinstance(body[0], (ast.Expr, ast.Assign)):
        return None
    return _called(body[0].value)


def without_own(node: ast.expr) -> ast.expr:
    """What a module of one's own is called on, where that is a call: the `x.view(2)` of `self.fc(x.view(2))`."""
    while isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Call):
        if not ast.unparse(node.func).startswith("self."):
            break
        node = node.args[0]
    return node


def _called(node: ast.expr) -> Call | None:
    if isinstance(node, (ast.Subscript, ast.Attribute)) and isinstance(node.value, ast.Call):
        taken = node.slice if isinstance(node, ast.Subscript) else _PARTS.get(node.attr)
        found = _called(node.value) if taken is not None else None
        of_function = found is not None and found.name.rpartition(".")[2].islower()
        return found._replace(taken=taken) if found and of_function else found
    forward = None
    node = without_own(node)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Call):
        forward, node = node, node.func
    if not isinstance(node, ast.Call):
        return None
    function = node.func
    dotted = _dotted(function)
    if dotted is not None and (dotted.partition(".")[0] in ("torch", *SHORT) or "." not in dotted):
        receiver = ast.Name("x") if full_name(dotted).startswith("torch.Tensor.") else None
        return Call(full_name(dotted), node, receiver, forward)
    if isinstance(function, ast.Attribute):
        return Call(f"torch.Tensor.{function.attr}", node, function.value, forward)
    return None


def _dotted(node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        inner = _dotted(node.value)
        return inner and f"{inner}.{node.attr}"
    return None


def bind(call: Call, stated: Signature) -> Bound:
    """The arguments that a call gives, by torch's names. What it leaves out is not in it.

    Raises WrongCall.
    """
    short = stated.name.removeprefix("torch.")
    places = [call.receiver, *call.node.args] if call.receiver is not None else call.node.args
    bound = _bind(short, stated.parameters, places, call.node.keywords)
    if call.forward is not None:
        if stated.forward is None:
            raise WrongCall(f"what {short} gives is not called again")
        bound |= _bind(f"the call of {short}", stated.forward, call.forward.args, call.forward.keywords)
    return bound


def _bind(called: str, parameters: tuple[Parameter, ...], places: list[ast.expr], keywords: list[ast.keyword]) -> Bound:
    bound: Bound = {}
    left = list(places)
    if any(isinstance(each, ast.Starred) for each in left) or any(each.arg is None for each in keywords):
        raise WrongCall(f"{called}: what * and ** unpack is not known; write the arguments out")
    for parameter in parameters:
        if parameter.several and left:
            alone = len(left) == 1 and isinstance(left[0], (ast.Tuple, ast.List))
            bound[parameter.name] = left[0] if alone else ast.Tuple(list(left), ast.Load())
            left = []
        elif left and not parameter.by_name:
            bound[parameter.name] = _of_kind(called, parameter, left.pop(0))
    if left:
        raise WrongCall(f"{called} takes {len(places) - len(left)} arguments by their places, not {len(places)}")
    known = {parameter.name: parameter for parameter in parameters}
    for keyword in keywords:
        name = str(keyword.arg)
        if name not in known and _NUMPY.get(name) in known:
            name = _NUMPY[name]
        if name in bound:
            raise WrongCall(f"{called}: {name} is given twice")
        if name not in known and name in WITHOUT_EFFECT:
            continue
        if name not in known:
            raise WrongCall(f"{called} has no argument {name}; it has {', '.join(known)}")
        bound[name] = _of_kind(called, known[name], keyword.value)
    return bound


def _of_kind(called: str, parameter: Parameter, given: ast.expr) -> ast.expr:
    """The value, unless it is plainly of another kind than the overload takes (`int`, `Tensor`, `device`)."""
    number = isinstance(given, ast.Constant) or (
        isinstance(given, ast.UnaryOp) and isinstance(given.operand, ast.Constant)
    )
    numbers = number or isinstance(given, (ast.Tuple, ast.List))
    device = parameter.kind == "device" and not _DEVICE.search(ast.unparse(given))
    if (parameter.kind == "Tensor" and numbers) or (parameter.kind == "int" and not numbers) or device:
        raise WrongCall(f"{called}: {parameter.name} is {ast.unparse(given)}, and must be {parameter.kind}")
    return without_dtypes(given)


#: What torch calls the parts of results, and where they are in Keras's.
_PARTS: dict[str, ast.expr] = {"values": ast.Constant(0), "indices": ast.Constant(1)}
#: What is a device, by its name.
_DEVICE = re.compile(r"device|^['\"](cpu|cuda|mps|xpu|meta)\b|^\d+$")
#: torch's names of dtypes, as Keras has them.
_DTYPES = {
    "half": "float16", "float": "float32", "double": "float64", "short": "int16", "int": "int32", "long": "int64",
    "cfloat": "complex64", "cdouble": "complex128",
}  # fmt: skip
_DTYPE = re.compile(r"torch\.(bool|u?int\d+|b?float\d+|complex\d+|half|float|double|short|int|long|cfloat|cdouble)$")


def without_dtypes(node: ast.expr) -> ast.expr:
    """`torch.float32` as Keras's "float32"; anything else as it is."""
    if isinstance(node, ast.Attribute):
        found = _DTYPE.match(ast.unparse(node))
        if found:
            return ast.Constant(_DTYPES.get(found[1], found[1]))
    return node


def missing(stated: Signature, bound: Bound) -> list[str]:
    """The parameters that must be given, and are not."""
    return [
        each.name for each in stated.parameters if each.default is None and not each.several and each.name not in bound
    ]
