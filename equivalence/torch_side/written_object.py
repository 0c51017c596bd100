"""What emitted text makes: an optimizer, a metric, a schedule, ..."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from equivalence.emit.guard import check_source
from equivalence.emit.written_text import ABOUT, WrittenText


class Make(Protocol):
    """Makes the object of a text: an optimizer over the parameters given, or of what `ABOUT` says that it is about.

    A namespace by name where others go with it: a scheduler, a scaler.
    """

    def __call__(self, parameters: Iterable[nn.Parameter] = (), /, **given: Any) -> Any: ...


def maker(text: WrittenText) -> Make:
    """A function that makes the object of a text anew each time. Raises Unsafe for what no translation needs."""
    names: dict[str, Any] = {
        "torch": torch, "nn": nn, "F": functional, "math": math, "Tensor": Tensor, "copy": copy, "np": np,
        "Callable": Callable,
    }  # fmt: skip
    about, named = ABOUT.get(text.kind, ("model",)), [name for name, _ in text.lines]
    made = [f"{name} = {expression}" for name, expression in text.lines[:-1]]
    last = text.lines[-1][1]
    made.append(f"return {', '.join([*named[:-1], last])}")
    made_by = "\n    ".join([f"def make({', '.join(about)}):", *made])
    source = "\n\n\n".join(["from __future__ import annotations", *text.imports, *text.helpers, made_by])
    exec(compile(check_source(source, written=True), f"{text.kind}.py", "exec"), names)

    def make(parameters: Iterable[nn.Parameter] = (), /, **given: Any) -> Any:
        held = list(parameters)
        given = {"model": SimpleNamespace(parameters=lambda: held), **given}
        objects = names["make"](**{name: given.get(name) for name in about})
        return objects if len(named) == 1 else SimpleNamespace(**dict(zip(named, objects, strict=True)))

    return make
