"""The entries: every translation this package knows, one family a folder.

Standard library only. `find` resolves a serialised class by module, class name and registered
name together; `entries` loads all; `register` adds an entry of one's own.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterable, Iterator
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING

from equivalence.schema import Entry, Guide

if TYPE_CHECKING:
    from equivalence.translation.graph import ClassName

_registered: dict[str, Entry] = {}  # by the name that Keras saves a custom class or function under
_registered_stored: dict[str, Entry] = {}  # by "module:Class", as `_stored` holds the catalogue's own


def modules(package: str = __name__) -> Iterator[ModuleType]:
    """Every module of the catalogue, or of a folder of it, imported, in alphabetical order."""
    within = importlib.import_module(package).__path__
    for name in sorted(name for path in within for name in _files(path, package)):
        if name.count(".") > 2:
            yield importlib.import_module(name)


def _files(path: str, package: str) -> Iterator[str]:
    """The names of the modules in a folder and its folders, but of private ones. pkgutil imports inspect."""
    for found in os.scandir(path):
        if found.name.startswith("_"):
            continue
        if found.is_dir():
            yield from _files(found.path, f"{package}.{found.name}")
        elif found.name.endswith(".py"):
            yield f"{package}.{found.name[:-3]}"


def defined_in(module: ModuleType) -> tuple[Entry, ...]:
    """The entries that a catalogue module defines, in the order it states them."""
    return tuple(value for value in vars(module).values() if isinstance(value, Entry))


@cache
def every_guide() -> dict[str, Guide]:
    """Every guide by its id. Raises ValueError where two have one id."""
    known: dict[str, Guide] = {}
    for module in modules(f"{__name__}.guides"):
        for value in vars(module).values():
            if isinstance(value, Guide):
                if value.id in known:
                    raise ValueError(f"the guide {value.id} is stated twice; the second time in {module.__name__}")
                known[value.id] = value
    return known


@cache
def _all() -> dict[str, Entry]:
    known: dict[str, Entry] = {}
    for module in modules():
        for entry in defined_in(module):
            if entry.keras in known:
                raise ValueError(f"{entry.keras} is registered twice; the second time in {module.__name__}")
            known[entry.keras] = entry
    return known


@cache
def _stored() -> dict[str, Entry]:
    names: dict[str, Entry] = {}
    for entry in _all().values():
        for name in stored_names(entry):
            if name in names:
                raise ValueError(f"{entry.keras} and {names[name].keras} are both stored as {name}")
            names[name] = entry
    return names


def stored_names(entry: Entry) -> tuple[str, ...]:
    """How files name an entry, as "module:Class"."""
    module, _, name = entry.keras.rpartition(".")
    full = (f"{module}:{name}", *entry.stored)
    # .h5 files tell no module of a layer
    bare = [f":{cls}" for where, _, cls in (each.partition(":") for each in full) if where == module]
    return (*full, *bare) if entry.kind == "layer" else full


def entries() -> tuple[Entry, ...]:
    """Every entry, registered ones last."""
    return (*_all().values(), *_registered.values())


def named(keras: str) -> Entry:
    """The entry of a full Keras name; raises KeyError."""
    for entry in entries():
        if entry.keras == keras:
            return entry
    raise KeyError(keras)


def register(entry: Entry, registered: str) -> None:
    """Adds an entry for a custom class that files name `registered` ("my_package>MyLayer").

    May be called at any time: what is ported or found afterwards knows the entry. A class that was never
    registered with Keras is saved under its plain name; its module tells it then from others, so `entry.keras`
    must be its full name ("my_package.layers.MyLayer").

    Raises ValueError where the name or the symbol is known already; nothing is added then.
    """
    of_function = entry.kind == "activation"
    module, _, name = entry.keras.rpartition(".")
    # ":my_package>MyLayer" is how .h5 files name the class, which tell no module
    names = (f"{module}:{name}", *entry.stored, registered if of_function else f":{registered}")
    taken = {entry.keras for entry in entries()} | _stored().keys() | _registered_stored.keys()
    if of_function:
        taken |= {known.name for known in activations()}
    if registered in _registered or not taken.isdisjoint((entry.keras, *names)):
        raise ValueError(f"{entry.keras} ({registered}) is registered already")
    if of_function:
        entry = entry._replace(stored=(*entry.stored, registered))  # where an `activation` argument is looked up
    _registered[registered] = entry
    _registered_stored.update(dict.fromkeys(names, entry))


def find(cls: ClassName) -> Entry | None:
    """The entry of a serialised class, or None.

    A registered name that is not Keras's own decides alone: `Custom>Add` is not the layer Add.
    """
    if cls.registered and cls.registered != cls.name:
        return _registered.get(cls.registered)
    name = f"{cls.module}:{cls.name}"
    return _stored().get(name) or _registered_stored.get(name)


def is_activation(entry: Entry) -> bool:
    """Whether it is an activation, or one as a layer."""
    return entry.kind == "activation" or entry.emit.__module__.startswith(f"{__name__}.activation.")


def activations() -> Iterable[Entry]:
    """The entries a layer's `activation` argument can name."""
    return (entry for entry in entries() if entry.kind == "activation")
