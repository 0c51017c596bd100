"""A mistake in one place of a hand-written module, and the module with one or several of them in it.

Most are edits of the source, as a person would have written it: the edited file is written out and imported, so that
what runs has lines of its own. The others change a module that is there: an attribute, a weight.
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn

from benchmarks.measure import FOLDER
from benchmarks.mutation_bench.mistake_kinds import KINDS, Kind
from benchmarks.mutation_bench.written_pair import WrittenPair, one_seed

SOURCES = FOLDER / "mutation_bench"


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake. `layers`: the Keras layers that may be named for it."""

    kind: str
    pair: str
    layers: tuple[str, ...]
    #: pieces of the source and what stands there instead; each occurs once in the classes of torch
    edits: tuple[tuple[str, str], ...] = ()
    at: str = ""  # the submodule that is taken from the edited source; all of it
    change: Callable[[nn.Module], None] | None = None  # of the module in eval mode with its weights
    says: str = ""  # what the cause must say, where the kind's own pattern does not tell
    place: str = ""  # tells mistakes of one kind in one pair from each other

    @property
    def name(self) -> str:
        """`pair/kind@layer`, unique in the bench."""
        return f"{self.pair}/{self.kind}@{self.place or self.layers[0].replace('/', '.')}"

    @property
    def of_kind(self) -> Kind:
        return KINDS[self.kind]


def edit(
    pair: str, kind: str, layers: str, old: str, new: str, *, at: str = "", place: str = "", says: str = ""
) -> Mistake:
    """A mistake of one edit; `layers` are several words where more than one may be named."""
    return Mistake(kind, pair, tuple(layers.split()), ((old, new),), at, says=says, place=place)


def built(pair: WrittenPair, mistakes: Sequence[Mistake]) -> Callable[[], nn.Module]:
    """What makes the pair's module as edited. Raises ValueError where an edit does not fit the source."""
    edits: dict[str, list[tuple[str, str]]] = {}
    for mistake in mistakes:
        edits.setdefault(mistake.at, []).extend(mistake.edits)

    def made() -> nn.Module:
        if not any(edits.values()):
            return pair.torch()
        module = _class_of(pair, tuple(edits.get("", ())))()
        for at in sorted(filter(None, edits)):
            outer = [edit for path in edits if path == "" or f"{at}.".startswith(f"{path}.") for edit in edits[path]]
            module.set_submodule(at, _class_of(pair, tuple(outer))().get_submodule(at))
        return module

    return made


def mistaken(pair: WrittenPair, model: Any, mistakes: Sequence[Mistake]) -> nn.Module:
    """The pair's module in eval mode, with the model's weights and the mistakes."""
    with one_seed(5):
        module = pair.torch_module(model, built(pair, mistakes))
        with torch.no_grad():
            for mistake in mistakes:
                if mistake.change is not None:
                    mistake.change(module)
    return module


def unloaded(pair: WrittenPair, model: Any, mistakes: Sequence[Mistake]) -> nn.Module:
    """The same with other weights, as it is before anybody has carried any: for mistakes that lie in no weight."""
    module = mistaken(pair, model, mistakes)
    with torch.no_grad(), one_seed(11):
        for name, tensor in module.state_dict(keep_vars=True).items():
            if tensor.is_floating_point():
                drawn = (
                    torch.rand_like(tensor) + 0.5 if name.endswith("running_var") else 0.5 * torch.randn_like(tensor)
                )
                tensor.data.copy_(drawn)
    return module


def _class_of(pair: WrittenPair, edits: tuple[tuple[str, str], ...]) -> Any:
    return getattr(_edited(pair.file, edits), pair.torch.__name__) if edits else pair.torch


@cache
def _edited(file: str, edits: tuple[tuple[str, str], ...]) -> ModuleType:
    text = Path(file).read_text("utf-8")
    start = re.search(r"^class \w+\(nn\.", text, re.MULTILINE).start()  # type: ignore[union-attr]
    for old, new in edits:
        if text.count(old, start) != 1:
            raise ValueError(f"{Path(file).name}: {old!r} occurs {text.count(old, start)} times in torch's classes")
        text = text[:start] + text[start:].replace(old, new)
    name = f"{Path(file).stem}_{hashlib.sha256(repr(edits).encode()).hexdigest()[:12]}"
    SOURCES.mkdir(parents=True, exist_ok=True)
    path = SOURCES / f"{name}.py"
    path.write_text(text, "utf-8")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
