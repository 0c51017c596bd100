"""A Python file of the user's own, imported: its code runs."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from equivalence.errors import Refused, printable

_THEIRS = ("jax", "keras", "numpy", "tensorflow", "torch")  # which are imported later, if not yet
_imported: dict[str, ModuleType] = {}  # what this module has put into sys.modules


def imported(file: str | Path) -> ModuleType:
    """The file as a module of its own name, as another file would import it; a second time, it runs anew.

    Raises Refused where it is no Python file, is called as a module that is there already, or fails.
    """
    path = Path(file)
    name = path.stem
    spec = spec_from_file_location(name, path) if path.suffix == ".py" and path.is_file() else None
    if spec is None or spec.loader is None:
        raise Refused(f"{path.name} is no Python file that can be imported")
    present = sys.modules.get(name)
    if (
        name in _THEIRS
        or name in sys.stdlib_module_names
        or (present is not None and present is not _imported.get(name))
    ):
        if present is None or not _is(present, path):
            raise Refused(
                f"{path.name} has the name of a module that is there already, {name}: call the file otherwise"
            )
        return present
    module = module_from_spec(spec)
    sys.modules[name] = _imported[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name], _imported[name]
        text = printable(f"{type(error).__name__}: {error}", 300)
        raise Refused(f"{path.name} cannot be imported: {text}") from error
    return module


def _is(module: ModuleType, path: Path) -> bool:
    """Whether a module came from this very file."""
    origin = getattr(module, "__file__", None)
    return origin is not None and Path(origin).resolve() == path.resolve()
