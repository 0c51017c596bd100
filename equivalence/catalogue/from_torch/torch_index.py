"""Every torch name that is answered, and the module of the catalogue that does: one lookup loads one module.

`torch_names.json` beside this file is generated (`python -m equivalence.proofs.torch_proofs`) and held fresh by a test.
"""

from __future__ import annotations

import json
import os.path
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from equivalence.translation.torch_words import full_name

if TYPE_CHECKING:
    from equivalence.catalogue.from_torch.torch_rows import FromTorch

PATH = os.path.join(os.path.dirname(__file__), "torch_names.json")
_PACKAGE = "equivalence.catalogue.from_torch."


def modules() -> Iterator[ModuleType]:
    """Every module of rows, imported, in alphabetical order."""
    import pkgutil  # a lookup of one name does without it

    package = import_module(_PACKAGE[:-1])
    for found in sorted(pkgutil.iter_modules(package.__path__), key=lambda item: item.name):
        module = import_module(_PACKAGE + found.name)
        if hasattr(module, "ROWS"):
            yield module


def rows() -> Iterator[tuple[FromTorch, str]]:
    """Every row with the name of its module."""
    for module in modules():
        for each in module.ROWS:
            yield each, module.__name__.removeprefix(_PACKAGE)


def names_of(row: FromTorch) -> Iterator[str]:
    """The full torch names that a row answers."""
    yield full_name(row.torch.partition("(")[0])
    yield from map(full_name, row.also)


def build() -> dict[str, str]:
    """Module by full torch name. Raises ValueError where two modules answer one name."""
    found: dict[str, str] = {}
    for row, module in rows():
        for name in names_of(row):
            if found.setdefault(name, module) != module:
                raise ValueError(f"{name} is answered in {found[name]} and in {module}")
    return dict(sorted(found.items()))


def text(names: dict[str, str]) -> str:
    """The content of `torch_names.json`: one name a line."""
    return json.dumps(names, indent=0) + "\n"


@cache
def stored() -> dict[str, str]:
    """The generated index."""
    with open(PATH, encoding="utf-8") as file:
        names: dict[str, str] = json.load(file)
    return names


def resolved(name: str) -> str | None:
    """The full name under which a torch name is answered, or None.

    A method of a tensor is the function of torch called with it first, where there is no row of its own; one that
    ends in an underscore writes into its tensor what the one without gives.
    """
    known = stored()
    candidates = [name]
    if name.startswith("torch.Tensor."):
        candidates.append("torch." + name.removeprefix("torch.Tensor."))
    candidates += [each[:-1] for each in candidates if each.endswith("_") and not each.endswith("__")]
    return next((each for each in candidates if each in known), None)


def rows_of(name: str) -> tuple[FromTorch, ...]:
    """The rows of a full torch name that `resolved` gave."""
    module = import_module(_PACKAGE + stored()[name])
    return tuple(row for row in module.ROWS if name in names_of(row))
