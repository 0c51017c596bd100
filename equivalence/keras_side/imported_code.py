"""Classes and functions of the user's own files, which loading a model may need: their code runs."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Iterable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from equivalence.errors import Refused, printable


def own_objects(files: Iterable[str]) -> dict[str, Any]:
    """What Python files define, by name, imported one after the other as modules of their own names.

    Raises Refused where one is no Python file, or fails.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # they import TensorFlow, which says what no user asked
    found: dict[str, Any] = {}
    for file in files:
        path = Path(file)
        spec = spec_from_file_location(path.stem, path) if path.suffix == ".py" and path.is_file() else None
        if spec is None or spec.loader is None:
            raise Refused(f"{path.name} is no Python file that can be imported")
        module = sys.modules[path.stem] = module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except Exception as error:
            text = printable(f"{type(error).__name__}: {error}", 300)
            raise Refused(f"{path.name} cannot be imported: {text}") from error
        own = (
            (name, value) for name, value in vars(module).items() if inspect.isclass(value) or inspect.isfunction(value)
        )
        found |= {name: value for name, value in own if value.__module__ == path.stem}
    return found
