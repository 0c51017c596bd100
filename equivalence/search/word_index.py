"""What is found by words: the names, questions and texts of entries and guides, as SQLite's full-text search has them.

`words.json` in the catalogue's folder is generated (`make docs`) and held fresh by a test: a question loads no entry
but those that answer it. SQLite ranks by BM25, with Porter's stems. It is apsw's and not Python's own: that one may
lack the search, and does where TensorFlow was imported before it, whose own SQLite then takes its place.
"""

from __future__ import annotations

import json
import math
import os.path
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, cast

import apsw

from equivalence.catalogue import index
from equivalence.search.messages import numbered
from equivalence.search.names import GUIDE
from equivalence.search.vocabulary import words

if TYPE_CHECKING:
    from equivalence.schema import Entry, Guide

PATH = os.path.join(os.path.dirname(index.PATH), "words.json")
#: What is searched, each by itself: what something is called, in torch too, how people ask for a guide and for an
#: entry, the sentence that says what it does, and all else.
TABLES = ("names", "torch", "asked", "wordings", "says", "texts")
_TELLING = TABLES[:-1]  # by which a word is judged: long texts have every word
#: The table of how much there is to ask about something: what is asked for much has many names and differences.
ASKED_FOR = "asked for"
#: The table of all words, as they are spelt: in the others they are stems.
SPELT = "spelt"
#: The table of arguments, as they are written, each with the full Keras names of what takes it, the likeliest first.
ARGUMENTS = "arguments"
#: The table of words of which one is said where a guide is meant.
ABOUT = "about"
#: The table of messages of errors: a guide's key, "#" and the place in the guide, and the words of the message.
MESSAGES = "messages"
Rows = dict[str, list[tuple[str, str]]]  # by table: a key, a full Keras name or GUIDE and an id, and words


def build(entries: Iterable[Entry], guides: Iterable[Guide]) -> Rows:
    """The rows of everything that can be found by words."""
    rows: Rows = {table: [] for table in (*TABLES, ASKED_FOR, ABOUT, MESSAGES)}
    worded, entries = wordings(), list(entries)
    rows[ARGUMENTS] = list(_arguments(entries))
    for entry in entries:
        own = [name.rpartition(".")[2] for name in (entry.keras, *entry.aliases)]
        whole = [(entry.keras, said) for name in own for said in _whole(name)]
        rows["names"] += dict.fromkeys([*_rows(entry.keras, own), *whole])
        rows["torch"] += _rows(entry.keras, (name.rpartition(".")[2] for name in entry.torch))
        rows["wordings"] += _rows(entry.keras, worded.get(entry.keras, ()))
        rows["says"] += _rows(entry.keras, (entry.says,))
        rows[ASKED_FOR].append((entry.keras, str(_much_asked_for(entry))))
        rows["texts"].append((entry.keras, " ".join(words(" ".join(_texts(entry))))))
    for guide in guides:
        key = f"{GUIDE}{guide.id}"
        rows["asked"] += _rows(key, (guide.title, *guide.asked))
        rows[ABOUT].append((key, guide.about))
        rows[MESSAGES] += [(f"{key}#{place}", said) for place, said in numbered(guide)]
        told = [guide.title, guide.says, *guide.asked, *(f"{each.difference} {each.seen}" for each in guide.suspects)]
        rows["texts"].append((key, " ".join(words(" ".join(told)))))
    rows[SPELT] = [
        ("", " ".join(sorted({word for table in TABLES for _, said in rows[table] for word in said.split()})))
    ]
    stems = Stems()
    return rows | {table: [(key, stems.text(said)) for key, said in rows[table]] for table in TABLES}


def _arguments(entries: Sequence[Entry]) -> Iterator[tuple[str, str]]:
    """Arguments that few entries take, of those that are no operation, with their names."""
    taken: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.is_class or entry.kind == "training":
            for argument in entry.arguments:
                taken.setdefault(argument.keras, []).append(entry)
    for name, takers in sorted(taken.items()):
        if len(takers) <= _MOST_TAKERS:
            takers.sort(key=lambda entry: (entry.kind != "layer", -_much_asked_for(entry), entry.keras))
            yield name, " ".join(entry.keras for entry in takers[:_SHOWN_TAKERS])


def _much_asked_for(entry: Entry) -> int:
    return len(entry.aliases) + len(entry.torch) + len(entry.differences)


def wordings() -> dict[str, list[str]]:
    """How people ask for entries who do not say their names: the tables of `catalogue/wordings`, by full Keras name."""
    import glob
    import tomllib

    found: dict[str, list[str]] = {}
    for path in sorted(glob.glob(os.path.join(os.path.dirname(index.PATH), "wordings", "*.toml"))):
        with open(path, "rb") as file:
            for home, table in tomllib.load(file).items():
                for name, said in table.items():
                    parts = [part for each in said for part in each.split(", ")]
                    found.setdefault(f"{home}.{name}", []).extend(parts)
    return found


def _rows(key: str, texts: Iterable[str]) -> list[tuple[str, str]]:
    return [(key, said) for said in dict.fromkeys(" ".join(words(text)) for text in texts) if said]


def _whole(name: str) -> tuple[str, str]:
    """A name as one word, with and without what says how many dimensions it is for."""
    return name.lower(), re.sub(r"[123]d$", "", name.lower())


def _texts(entry: Entry) -> Iterator[str]:
    yield entry.no_counterpart
    for argument in entry.arguments:
        if not argument.inert:
            yield f"{argument.keras} {argument.torch or ''} {argument.note}"
    for difference in entry.differences:
        yield f"{difference.id} {difference.says}"


def text(rows: Rows) -> str:
    """The content of `words.json`: one row a line, for readable diffs."""
    blocks = []
    for table, listed in rows.items():
        lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in listed)
        blocks.append(f'"{table}": [\n{lines}\n]')
    return "{" + ",\n".join(blocks) + "}\n"


def read(path: str = PATH) -> Rows:
    """The generated rows. Raises FileNotFoundError where there are none."""
    with open(path, encoding="utf-8") as file:
        rows: Rows = json.load(file)
    return rows


_MOST_TAKERS, _SHOWN_TAKERS = 30, 4
_MOST = 60  # rows of a table that a question is held against
#: Where it means what a layer does, and not the normal distribution: Porter's stem of both would be one.
_TOLD_APART = re.compile(r"normali[sz]\w*")
_AS = "nrmlis"


def _told_apart(said: str) -> str:
    return _TOLD_APART.sub(_AS, said) if "normali" in said else said


class Match(NamedTuple):
    """A row that has a word of the question."""

    key: str
    score: float  # BM25, larger is better
    said: str  # its stems


class Stems:
    """What words are searched by. Each word is stemmed once: rows have many in common."""

    def __init__(self, database: apsw.Connection | None = None) -> None:
        self._database = database or apsw.Connection(":memory:")
        self._tokenizer = self._database.fts5_tokenizer("porter", ["unicode61"])
        self._known: dict[str, tuple[str, ...]] = {}

    def of(self, word: str) -> tuple[str, ...]:
        """The stem of a word; of what is no word, as many as it holds."""
        if (known := self._known.get(word)) is None:
            text = _told_apart(word).encode()
            found = self._tokenizer(
                text, apsw.FTS5_TOKENIZE_QUERY, None, include_offsets=False, include_colocated=False
            )
            known = self._known[word] = tuple(cast("list[str]", found))
        return known

    def text(self, said: str) -> str:
        """The stems of a text, in its order."""
        return " ".join(stem for word in said.split() for stem in self.of(word))


class WordIndex:
    """Rows that can be asked."""

    def __init__(self, rows: Rows) -> None:
        self._database = apsw.Connection(":memory:")
        with self._database:  # one transaction: a tenth of the time of as many as there are rows
            for table in TABLES:
                self._database.execute(f"CREATE VIRTUAL TABLE {table} USING fts5(said, tokenize='ascii', content='')")
                said = ((number, said) for number, (_, said) in enumerate(rows.get(table, ())))
                self._database.executemany(f"INSERT INTO {table}(rowid, said) VALUES (?, ?)", said)
        self._stems = Stems(self._database)
        self._rows = sum(len(rows.get(table, ())) for table in _TELLING)
        self._listed = rows  # which the database does not hold a second time
        self.about = {key: said.split() for key, said in rows[ABOUT] if said}
        self.messages = rows.get(MESSAGES, [])
        self.arguments = {name: takers.split() for name, takers in rows.get(ARGUMENTS, ())}
        self.asked_for = {key: int(said) for key, said in rows[ASKED_FOR]}
        self.vocabulary = {word for _, spelt in rows[SPELT] for word in spelt.split()}

    def stems(self, said: str) -> frozenset[str]:
        """The stems of words, as they are searched."""
        return frozenset(stem for word in said.split() for stem in self._stems.of(word))

    def told_by(self, word: str) -> float:
        """How much a word tells: the fewer short rows have it, the more."""
        counts = " + ".join(f"(SELECT count(*) FROM {table} WHERE {table} MATCH :word)" for table in _TELLING)
        wanted = " AND ".join(f'"{stem}"' for stem in self._stems.of(word))
        found = self._database.execute(f"SELECT {counts}", {"word": wanted})
        return math.log(1 + self._rows / (1 + next(found)[0]))

    def worded(self, name: str) -> list[str]:
        """Full Keras names of the entries of which a name is one wording as a whole."""
        spelled = self._stems.text(" ".join(words(name.rpartition(".")[2])))
        return [key for key, said in self._listed.get("wordings", ()) if said == spelled]

    def matches(self, table: str, asked: Collection[str]) -> list[Match]:
        """The rows that have any of the words, the best first."""
        wanted = " OR ".join(
            f'"{stem}"' for stem in dict.fromkeys(stem for word in asked for stem in self._stems.of(word))
        )
        if not wanted:
            return []
        found = self._database.execute(
            f"SELECT rowid, -bm25({table}) FROM {table} WHERE {table} MATCH ? ORDER BY rank LIMIT {_MOST}", (wanted,)
        )
        listed = self._listed[table]
        return [Match(listed[number][0], score, listed[number][1]) for number, score in found]
