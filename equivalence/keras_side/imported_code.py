"""Classes and functions of the user's own files, which loading a model may need: their code runs."""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterable
from typing import Any

from equivalence.users_code import imported


def own_objects(files: Iterable[str]) -> dict[str, Any]:
    """What Python files define, by name, imported one after the other as modules of their own names.

    Raises Refused where one is no Python file, or fails.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # they import TensorFlow, which says what no user asked
    found: dict[str, Any] = {}
    for file in files:
        module = imported(file)
        own = (
            (name, value) for name, value in vars(module).items() if inspect.isclass(value) or inspect.isfunction(value)
        )
        found |= {name: value for name, value in own if value.__module__ == module.__name__}
    return found
