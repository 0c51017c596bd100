"""The little of Python that definitions are written with: arithmetic, built-in functions, methods of lists and texts.

All of it within bounds, as a text may be anybody's: what would grow large is not understood.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

from equivalence.snippets.known_values import NotUnderstood

LARGEST = 10**12  # of whole numbers
LONGEST = 10_000  # of texts and lists

ARITHMETIC: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
COMPARING: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda item, whole: item in whole,
    ast.NotIn: lambda item, whole: item not in whole,
}
PLAIN = (bool, int, float, str, type(None), tuple, list, dict, slice, range, type(...))

#: Built-in functions, all of them without effects.
FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "abs": abs,
    "all": lambda items: all(items),
    "any": lambda items: any(items),
    "bool": bool,
    "dict": dict,
    "enumerate": lambda items, start=0: list(enumerate(items, start)),
    "float": float,
    "int": int,
    "len": len,
    "list": lambda items=(): list(items),
    "max": max,
    "min": min,
    "range": range,
    "reversed": lambda items: list(reversed(items)),
    "round": round,
    "set": lambda items=(): list(dict.fromkeys(items)),
    "slice": slice,
    "sorted": lambda items, reverse=False: sorted(items, reverse=reverse),
    "str": lambda value="": str(value),
    "sum": sum,
    "tuple": lambda items=(): tuple(items),
    "zip": lambda *items: list(zip(*items, strict=False)),
}
_MATH = ("pi", "e", "inf", "sqrt", "log", "log2", "exp", "prod")
#: Functions and numbers of libraries that texts compute sizes with.
NUMBERS: Mapping[str, Any] = {
    **{f"math.{name}": getattr(math, name) for name in (*_MATH, "floor", "ceil")},
    **{f"numpy.{name}": getattr(math, name) for name in _MATH},
    "numpy.newaxis": None,
    "keras.config.epsilon": lambda: 1e-7,
    "keras.ops.epsilon": lambda: 1e-7,
    "keras.config.image_data_format": lambda: "channels_last",
    "keras.ops.image_data_format": lambda: "channels_last",
}  # fmt: skip
_METHODS: Mapping[type, tuple[str, ...]] = {
    list: ("append", "extend", "insert", "pop", "copy", "index", "reverse"),
    dict: ("get", "items", "keys", "values", "pop", "update", "setdefault", "copy"),
    str: ("format", "lower", "upper", "replace", "split", "strip", "startswith", "endswith", "join", "capitalize"),
    tuple: ("index", "count"),
}


def bounded(value: Any, line: int) -> Any:
    """The value, if it is of a size that definitions have; raises NotUnderstood."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > LARGEST:
        raise NotUnderstood("a number is larger than any that a definition has", line)
    if isinstance(value, (str, tuple, list, dict, range)) and len(value) > LONGEST:
        raise NotUnderstood(f"a {type(value).__name__} is longer than any that a definition has", line)
    return value


def computed(symbol: type, one: Any, other: Any, line: int) -> Any:
    """What an operator makes of two plain values."""
    if symbol not in ARITHMETIC:
        raise NotUnderstood(f"the operator {symbol.__name__} is not known here", line)
    for value in (one, other):
        if not isinstance(value, PLAIN):
            raise NotUnderstood(f"{value!r:.60} is no number", line)
    sequences = [value for value in (one, other) if isinstance(value, (str, tuple, list))]
    if symbol is ast.Mult and sequences:
        times = other if sequences[0] is one else one
        if not isinstance(times, int) or len(sequences[0]) * max(times, 0) > LONGEST:
            raise NotUnderstood("something is repeated more often than any definition does", line)
    if symbol is ast.Pow and not (isinstance(other, (int, float)) and abs(other) <= 64):
        raise NotUnderstood("a power is larger than any that a definition has", line)
    if symbol is ast.Mod and isinstance(one, str):
        raise NotUnderstood("texts made with % are not known here; write an f-string", line)
    return plainly(lambda: ARITHMETIC[symbol](one, other), line)


def plainly(compute: Callable[[], Any], line: int) -> Any:
    """What a computation on plain values gives. Raises NotUnderstood where Python would raise."""
    try:
        return bounded(compute(), line)
    except NotUnderstood:
        raise
    except Exception as error:
        raise NotUnderstood(f"{type(error).__name__}: {error!s:.120}", line) from error


def method(value: Any, name: str, line: int) -> Callable[..., Any]:
    """A method of a list, dictionary or text."""
    for kind, names in _METHODS.items():
        if isinstance(value, kind) and name in names:
            if name == "format" and "{" in str(value).replace("{}", ""):
                raise NotUnderstood("only {} is known in a text's format", line)
            return lambda *args, **kwargs: _listed(plainly(lambda: getattr(value, name)(*args, **kwargs), line))
    raise NotUnderstood(f"{type(value).__name__}.{name} is not known here", line)


def _listed(value: Any) -> Any:
    return list(value) if type(value).__name__ in ("dict_items", "dict_keys", "dict_values") else value
