"""Every public symbol of the installed Keras that people use has an answer, and torch's are listed: counted."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import keras
import pytest
import torch

from equivalence import catalogue
from equivalence.catalogue.index import fold

#: Modules that hold operations; some of their functions are those of `keras.ops` under another path.
OPERATIONS = ("", "image", "linalg", "nn", "numpy")
#: What configurations are read and written with: no activation.
NO_ACTIVATIONS = {"deserialize", "get", "serialize"}
#: Modules of which every class and function is counted, under `keras.`.
WHOLE = """
callbacks
constraints
dtype_policies
initializers
losses
metrics
mixed_precision
random
regularizers
tree
utils
""".split()
#: Of torch.utils.data's pipes, which are no longer worked on.
PIPES = """
DataChunk argument_validation functional_datapipe guaranteed_datapipes_determinism non_deterministic runtime_validation
runtime_validation_disabled
""".split()
#: Modules of torch of which every such symbol is listed by an entry.
TORCH: Mapping[str, Callable[[str], bool]] = {
    "torch.nn": lambda name: name.endswith("Loss"),
    "torch.nn.functional": lambda name: name.endswith(("_loss", "_entropy", "entropy_with_logits")),
    "torch.nn.init": lambda name: name.endswith("_") or name == "calculate_gain",
    "torch.amp": lambda name: True,
    "torch.optim": lambda name: True,
    "torch.optim.lr_scheduler": lambda name: name in torch.optim.lr_scheduler.__all__,
    "torch.optim.swa_utils": lambda name: name in torch.optim.swa_utils.__all__,
    "torch.utils.data": lambda name: (
        name in torch.utils.data.__all__ and not name.endswith("Pipe") and name not in PIPES
    ),
}
#: Public symbols that still lack an answer, to be worked off: the test fails where one of them has an entry.
OPEN: frozenset[str] = frozenset()


def symbols(module: ModuleType, prefix: str, wanted: Any) -> dict[int, list[str]]:
    """The public objects of a module by identity, each under all its names."""
    found: dict[int, list[str]] = {}
    for name in dir(module):
        item = getattr(module, name)
        if not name.startswith("_") and wanted(item):
            found.setdefault(id(item), []).append(f"{prefix}{name}")
    return found


def every_symbol() -> list[list[str]]:
    layers = symbols(keras.layers, "keras.layers.", inspect.isclass)
    activations = symbols(keras.activations, "keras.activations.", inspect.isfunction)
    operations: dict[int, list[str]] = {}
    for part in OPERATIONS:
        module = getattr(keras.ops, part) if part else keras.ops
        if inspect.ismodule(module):
            prefix = f"keras.ops.{part}." if part else "keras.ops."
            for key, names in symbols(module, prefix, inspect.isfunction).items():
                operations.setdefault(key, []).extend(names)
    whole: dict[int, list[str]] = {}
    for part in WHOLE:
        for key, names in symbols(_module(f"keras.{part}"), f"keras.{part}.", _made).items():
            whole.setdefault(key, []).extend(names)
    listed = [*layers.values(), *activations.values(), *operations.values()]
    return [*(names for names in listed if names[0].rpartition(".")[2] not in NO_ACTIVATIONS), *whole.values()]


def _made(item: Any) -> bool:
    return inspect.isclass(item) or inspect.isfunction(item)


def _module(name: str) -> Any:
    root, *rest = name.split(".")
    found: Any = importlib.import_module(root)
    for part in rest:
        found = getattr(found, part)
    return found


KNOWN = {entry.keras for entry in catalogue.entries()}
ALIASES = {fold(alias) for entry in catalogue.entries() for alias in entry.aliases}


def _objects() -> set[int]:
    """The objects that entries of classes and functions are of: one may be public in several modules."""
    found = (entry.keras for entry in catalogue.entries() if entry.keras.startswith("keras."))
    return {id(_module(name)) for name in found if "Model.fit." not in name and "Model.compile." not in name}


OBJECTS = _objects()


def answered(names: list[str]) -> bool:
    """Whether an entry has one of the names, as its own or where functions are the same under another path."""
    short = {f"keras.ops.{name.rpartition('.')[2]}" for name in names if name.startswith("keras.ops.")}
    return bool({*names, *short} & KNOWN) or id(_module(names[0])) in OBJECTS


@pytest.mark.parametrize("names", [pytest.param(names, id=names[0].removeprefix("keras.")) for names in every_symbol()])
def test_every_public_symbol_has_an_entry(names: list[str]) -> None:
    assert answered(names) != (names[0] in OPEN), "OPEN is out of date" if names[0] in OPEN else "no entry answers it"


FAMILIES = [name for name in dir(keras.applications) if hasattr(getattr(keras.applications, name), "preprocess_input")]


@pytest.mark.parametrize("family", FAMILIES)
def test_how_the_images_of_every_family_are_prepared_is_told(family: str) -> None:
    assert f"keras.applications.{family}.preprocess_input" in KNOWN


#: Methods of a model of which every argument is told of: by the method's entry, or by one of its own.
METHODS = (
    "compile", "fit", "evaluate", "predict", "train_on_batch", "test_on_batch", "predict_on_batch",
)  # fmt: skip


@pytest.mark.parametrize("method", METHODS)
def test_every_argument_of_a_model_is_told_of(method: str) -> None:
    entry = catalogue.named(f"keras.Model.{method}")
    parameters = inspect.signature(getattr(keras.Model, method)).parameters.values()
    wanted = {each.name for each in parameters if each.name != "self" and each.kind is not each.VAR_KEYWORD}
    assert {argument.keras for argument in entry.arguments} == wanted


LISTED = {name for entry in catalogue.entries() for name in entry.torch}


@pytest.mark.parametrize(
    "name",
    [
        f"{module}.{name}"
        for module, wanted in TORCH.items()
        for name in dir(_module(module))
        if not name.startswith("_") and wanted(name) and _made(getattr(_module(module), name))
    ],
)
def test_every_torch_symbol_is_listed_by_an_entry(name: str) -> None:
    assert name in LISTED, "no entry lists it"
