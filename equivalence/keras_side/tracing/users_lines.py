"""Lines of the user's own code, for messages."""

from __future__ import annotations

import functools
import inspect
import sys
from typing import Any

_OTHERS = ("keras/src", "equivalence", "tensorflow", "torch", "optree", "unittest")


@functools.cache
def of_the_user(file: str) -> bool:
    """Whether a file of code is none of a library's that runs here."""
    return not file.startswith(("<string>", "<frozen")) and not any(f"/{part}/" in file for part in _OTHERS)


def line_at_hand() -> str:
    """The innermost line of the user's code that runs, within what is traced: "layers.py, line 7"; "" for none."""
    frame: Any = sys._getframe(1)
    while frame is not None:
        code = frame.f_code
        if of_the_user(code.co_filename):
            return f"{code.co_filename}, line {frame.f_lineno}"
        if code.co_name == "trace" and code.co_filename.endswith("symbolic_keras.py"):
            return ""
        frame = frame.f_back
    return ""


def line_of_call(layer: Any) -> str:
    """Where the `call` of a layer begins: "layers.py, line 7"; "" where that is a library's."""
    code = getattr(inspect.unwrap(type(layer).call), "__code__", None)
    return f"{code.co_filename}, line {code.co_firstlineno}" if code and of_the_user(code.co_filename) else ""
