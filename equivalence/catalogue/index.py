"""Every name an entry is searched by, and the module that states it: one lookup loads one module.

`index.json` beside this file is generated (`make docs`) and held fresh by a test.
"""

from __future__ import annotations

import json
import os.path
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from equivalence import catalogue
from equivalence.schema import USES

if TYPE_CHECKING:
    from equivalence.schema import Entry

PATH = os.path.join(os.path.dirname(__file__), "index.json")
_OF_FUNCTIONS = ("activation", "loss", "operation")  # what a function of torch's is likelier to be than a layer
_TELLING = 4  # letters of a name, with more of which another one does not begin by chance
_LINES = 8  # that are looked for in the text, before all of it is read
_PACKAGE = "equivalence.catalogue."


def fold(name: str) -> str:
    """A name without case, underscores, hyphens and spaces: `max_pool2d` and `MaxPool2d` are one."""
    return "".join(letter for letter in name.lower() if letter.isalnum() or letter == ".")


def suffixes(name: str) -> Iterator[str]:
    """A dotted name, folded, and what is left of it without its first parts."""
    parts = fold(name).split(".")
    for start in range(len(parts)):
        yield ".".join(parts[start:])


def ranked_names(entry: Entry) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The folded names of an entry, each with its rank: the lowest of several entries is meant first.

    Keras's name comes before an alias, an alias before a torch name; of the entries with one torch name,
    those that share the name itself come first, then, of functions, those with whose name it begins. Then a layer
    before an activation before all else, an operation last, and the entry that lists the torch name first, with the
    fewest others. A function of torch's means an activation or an operation before the layers that use it.
    """
    own, kind = fold(entry.name), len(USES) if entry.kind == "operation" else list(USES).index(entry.kind)
    for name in suffixes(entry.keras):
        yield name, (0, kind)
    for alias in entry.aliases:
        for name in suffixes(alias):
            yield name, (1,)
    for stored in entry.stored:  # names in files, of TensorFlow's functions among them
        for name in suffixes(stored.replace(":", ".")):
            yield name, (1, kind)
    for place, torch in enumerate(entry.torch):
        short = fold(torch.rpartition(".")[2])
        group = 0 if torch.rpartition(".")[2][0].isupper() else int(entry.kind not in _OF_FUNCTIONS)
        order = (kind, place) if torch.rpartition(".")[2][0].isupper() else (place, kind)
        for name in suffixes(torch):
            begins = len(own) > _TELLING and short.startswith(own) and torch.rpartition(".")[2].islower()
            yield name, (2, int(short != own), int(not begins), group, *order, len(entry.torch))


def stated() -> Iterator[tuple[Entry, str]]:
    """Every entry of the catalogue with its module's name below `equivalence.catalogue`."""
    for module in catalogue.modules():
        for entry in catalogue.defined_in(module):
            yield entry, module.__name__.removeprefix(_PACKAGE)


def build(entries: Iterable[tuple[Entry, str]]) -> dict[str, dict[str, Any]]:
    """The index of entries and their modules, as `index.json` holds it.

    `names`: folded name -> full Keras names, the likeliest first; `modules`: full Keras name -> module.
    """
    ranks: dict[str, dict[str, tuple[int, ...]]] = {}
    modules: dict[str, str] = {}
    for entry, module in entries:
        modules[entry.keras] = module
        for name, rank in ranked_names(entry):
            known = ranks.setdefault(name, {})
            known[entry.keras] = min(rank, known.get(entry.keras, rank))
    names = {
        name: [keras for _, keras in sorted((rank, keras) for keras, rank in ranks[name].items())]
        for name in sorted(ranks)
    }
    return {"names": names, "modules": dict(sorted(modules.items()))}


def text(index: dict[str, dict[str, Any]]) -> str:
    """The content of `index.json`: one name a line, for readable diffs."""
    blocks = []
    for key, table in index.items():
        lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in table.items())
        blocks.append(f'"{key}": {{\n{lines}\n}}')
    return "{" + ",\n".join(blocks) + "}\n"


class Table(Mapping[str, Any]):
    """A table of the index, of which a lookup reads the lines that it asks for; all of it where they are many, or it is
    gone through."""

    def __init__(self, text: str, key: str) -> None:
        self._text = text
        self._start = text.index(f'"{key}": {{') + len(key) + 4
        self._end = text.index("\n}", self._start)
        self._all: dict[str, Any] | None = None
        self._asked = 0

    def __getitem__(self, name: str) -> Any:
        self._asked += 1
        if self._all is not None or self._asked > _LINES:
            return self._read()[name]
        line = f"\n{json.dumps(name)}: "  # as `text` writes it
        found = self._text.find(line, self._start, self._end)
        if found < 0:
            raise KeyError(name)
        return json.JSONDecoder().raw_decode(self._text, found + len(line))[0]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def _read(self) -> dict[str, Any]:
        if self._all is None:
            self._all = json.loads(self._text[self._start : self._end] + "}")
        return self._all


class Index:
    """The generated index, read."""

    def __init__(self, path: str = PATH) -> None:
        with open(path, encoding="utf-8") as file:
            stored = file.read()
        self.names: Mapping[str, list[str]] = Table(stored, "names")
        self.modules: Mapping[str, str] = Table(stored, "modules")

    def entry(self, keras: str) -> Entry:
        """The entry of a full Keras name; imports its module alone.

        Raises KeyError for an unknown name and LookupError where the index is stale.
        """
        module = import_module(_PACKAGE + self.modules[keras])
        for entry in catalogue.defined_in(module):
            if entry.keras == keras:
                return entry
        raise LookupError(f"{module.__name__} does not state {keras}: run `make docs` to renew the index")
