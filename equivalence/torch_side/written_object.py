"""What emitted text makes: an optimizer, a metric, a schedule, ..."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from equivalence.emit.guard import check_source
from equivalence.emit.written_text import WrittenText

#: Makes the object of a text, an optimizer over the parameters given.
Make = Callable[[Iterable[nn.Parameter]], Any]

_MAKE = "def make(model):\n    return {expression}"


def maker(text: WrittenText) -> Make:
    """A function that makes the object of a text anew each time. Raises Unsafe for what no translation needs."""
    names: dict[str, Any] = {
        "torch": torch, "nn": nn, "F": functional, "math": math, "Tensor": Tensor, "copy": copy, "np": np,
        "Callable": Callable,
    }  # fmt: skip
    source = "\n\n\n".join(
        ["from __future__ import annotations", *text.helpers, _MAKE.format(expression=text.expression)]
    )
    exec(compile(check_source(source), f"{text.kind}.py", "exec"), names)

    def make(parameters: Iterable[nn.Parameter] = ()) -> Any:
        held = list(parameters)
        return names["make"](SimpleNamespace(parameters=lambda: held))

    return make
