"""TextVectorization."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.preprocessing.lookup_helpers import TEXT_TABLE, VOCABULARY
from equivalence.catalogue.preprocessing.lookup_parts import (
    IDF_WEIGHTS,
    LOOKUP_ARGUMENTS,
    LOOKUP_LEGACY,
    made_of,
    vocabulary_of,
)
from equivalence.catalogue.preprocessing.text_parts import texts
from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Difference, Entry
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import call
from equivalence.translation.tables import text_tables

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

#: What Keras takes out as punctuation, as Python's bytes.
_PUNCTUATION = r"""b"!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~'" """.strip()
_STANDARDS = {
    None: "",
    "lower": ".lower()",
    "strip_punctuation": f".translate(None, {_PUNCTUATION})",
    "lower_and_strip_punctuation": f".lower().translate(None, {_PUNCTUATION})",
}
_SPLITS = {
    "whitespace": "text.encode(){standard}.split()",
    "character": "[letter.encode() for letter in text.encode(){standard}.decode()]",
    None: "[text.encode(){standard} for text in texts]",
}


def emit_text_vectorization(site: Site) -> Value:
    """Rows of words as bytes, which is what TensorFlow lowers and splits; then a lookup, filled up to one length."""
    config, x = site.config, texts(site)
    config.only("ragged", False, because="gives a ragged tensor, which torch has not; use ragged=False")
    config.only("encoding", "utf-8", because="is not translated: emitted files read and write UTF-8")
    vocabulary = vocabulary_of(site, str, mask="", oov="[UNK]")
    length = config.value("output_sequence_length")
    if length is not None:
        length = config.integer("output_sequence_length", 0)
    rows = _rows(site, x)
    for helper in (VOCABULARY, TEXT_TABLE):
        site.helper(helper)
    tables = text_tables(*vocabulary.table)
    ctor = call("TextTable", len(tables["text"].values), len(tables["ends"].values), vocabulary.oov_start)
    table = site.module(ctor, tables=tables)
    if vocabulary.mode != "int":
        return made_of(site, site.new(f"{table}({rows}, filler=-1)", KERAS), vocabulary)
    return site.new(f"{table}({rows})" if length is None else f"{table}({rows}, {length})", KERAS)


def _rows(site: Site, x: Value) -> str:
    """The text of a list of words for each row."""
    standard, split, ngrams = (site.config.value(name) for name in ("standardize", "split", "ngrams"))
    for name, value, known in (("standardize", standard, _STANDARDS), ("split", split, _SPLITS)):
        if (value is not None and not isinstance(value, str)) or value not in known:
            site.config.refuse(name, value, "is not translated: a Python function is never run, and is not in the file")
    if ngrams is not None:
        ngrams = list(range(1, ngrams + 1)) if isinstance(ngrams, int) else list(ngrams)
        if not ngrams or not all(isinstance(n, int) and n > 0 for n in ngrams):
            site.config.refuse("ngrams", ngrams, "should be whole numbers above 0")
    if x.rank not in ((2,) if split is None else (1, 2)) or (split is not None and x.shape[1:] not in ((), (1,))):
        site.refuse(f"its input has shape {x.shape}; texts to split come as (batch,) or (batch, 1), words as rows")
    name = site.helper(_words_of(standard, split, ngrams))
    if split is None:
        return f"[{name}(row) for row in {x}]"
    return f"[{name}(text) for text in {x}]" if x.rank == 1 else f"[{name}(text) for [text] in {x}]"


def _words_of(standard: str | None, split: str | None, ngrams: list[int] | None) -> str:
    """The function that makes the words of a text, or of a row of texts where nothing is split."""
    settings = ["words"]
    settings += [] if standard == "lower_and_strip_punctuation" else [standard or "as_written"]
    settings += [] if split == "whitespace" else [split or "whole"]
    name = "_".join([*settings, *(["of", *map(str, ngrams)] if ngrams else [])])
    words = _SPLITS[split].replace("{standard}", _STANDARDS[standard])
    given = "texts: list[str]" if split is None else "text: str"
    lines = [f"def {name}({given}) -> list[bytes]:"]
    lines.append('    """Words as TensorFlow has them: bytes, of which ASCII alone is lowered and split."""')
    if ngrams is None:
        return "\n".join([*lines, f"    return {words}"])
    lines += [f"    words = {words}", "    return ["]
    lines += ['        b" ".join(words[place : place + size])']
    lines += [f"        for size in {tuple(ngrams)!r}", "        for place in range(len(words) - size + 1)", "    ]"]
    return "\n".join(lines)


_BASE = {"standardize": "lower_and_strip_punctuation", "split": "whitespace", "ngrams": None}
_WORDS = ["the", "cat", "straße", "état", "a b", "sat the"]
_TEXTS = (
    "words:The cat sat, the cat!|It's a Straße.| |État \u00a0the\u000bcat|THE-CAT sat [UNK]|日本 the a b\t|a b|{the}"
)

TextVectorization = Entry(
    keras="keras.layers.TextVectorization",
    since="2.2.4-tf",
    torch=("torch.tensor",),
    says="Splits texts into words and turns them into indices of a vocabulary, or encodings of those.",
    arguments=(
        Argument("max_tokens", None, None, note="the size of the output where pad_to_max_tokens is set"),
        Argument("standardize", None, "lower_and_strip_punctuation", note="of ASCII alone; functions are refused"),
        Argument("split", None, "whitespace", note="at white space of ASCII; functions are refused"),
        Argument("ngrams", None, None, note="whole numbers: sizes of groups of words; one number: all up to it"),
        Argument("output_mode", None, "int", note='"int", "one_hot", "multi_hot", "count" or "tf_idf"'),
        Argument("output_sequence_length", None, None, note="rows are cut or filled with 0"),
        Argument("pad_to_max_tokens", None, False),
        Argument("vocabulary", None, None, note="given, or found by adapt(): a table in the weights file", since="2.7"),
        Argument("idf_weights", None, None, inert=True, note="the file holds them", since="2.7"),
        next(argument for argument in LOOKUP_ARGUMENTS if argument.keras == "sparse"),
        Argument("ragged", None, False, note="True is refused: torch has no ragged tensors", since="2.7"),
        Argument("encoding", None, "utf-8", note="others are refused", since="2.11"),
        *LAYER_ARGUMENTS,
    ),
    legacy=LOOKUP_LEGACY,
    weights=IDF_WEIGHTS,
    differences=(
        Difference(
            "padding-and-unknown",
            "Index 0 fills rows up and 1 is for unknown words; the first word of the vocabulary has index 2.",
            case="defaults",
            swap=(("words(text) for [text] in {x}])", "words(text) for [text] in {x}]) - 1"),),
        ),
    ),
    cases=(
        Case("defaults", {**_BASE, "vocabulary": _WORDS}, x=(5, 1), draw=_TEXTS),
        Case("length", {**_BASE, "vocabulary": _WORDS, "output_sequence_length": 3}, x=(5, 1), draw=_TEXTS),
        Case("row", {**_BASE, "vocabulary": _WORDS, "output_sequence_length": 9}, x=(7,), draw=_TEXTS),
        Case("lower", {**_BASE, "standardize": "lower", "vocabulary": _WORDS}, x=(7, 1), draw=_TEXTS),
        Case("strip", {**_BASE, "standardize": "strip_punctuation", "vocabulary": _WORDS}, x=(7, 1), draw=_TEXTS),
        Case("as-written", {**_BASE, "standardize": None, "vocabulary": _WORDS}, x=(7, 1), draw=_TEXTS),
        Case("characters", {**_BASE, "split": "character", "vocabulary": ["a", "t", "本"]}, x=(7, 1), draw=_TEXTS),
        Case("whole", {**_BASE, "split": None, "vocabulary": _WORDS}, x=(5, 4), draw=_TEXTS),
        Case(
            "whole-of-length",
            {**_BASE, "split": None, "vocabulary": _WORDS, "output_sequence_length": 6},
            x=(5, 4),
            draw=_TEXTS,
        ),
        Case("ngrams", {**_BASE, "ngrams": 2, "vocabulary": _WORDS}, x=(7, 1), draw=_TEXTS),
        Case("trigrams", {**_BASE, "ngrams": (3, 2), "vocabulary": _WORDS}, x=(7, 1), draw=_TEXTS),
        Case("multi-hot", {**_BASE, "output_mode": "multi_hot", "vocabulary": _WORDS}, x=(7, 1), draw=_TEXTS),
        Case(
            "padded",
            {**_BASE, "output_mode": "count", "vocabulary": _WORDS, "max_tokens": 9, "pad_to_max_tokens": True},
            x=(7, 1),
            draw=_TEXTS,
        ),
        Case(
            "tf-idf",
            {
                **_BASE,
                "output_mode": "tf_idf",
                "vocabulary": _WORDS,
                "idf_weights": [0.25, 0.75, 2.0, 1.0, 3.0, 0.5],
            },
            x=(7, 1),
            draw=_TEXTS,
        ),
    ),
    aliases=("keras.layers.experimental.preprocessing.TextVectorization", "torchtext", "Tokenizer", "CountVectorizer"),
    emit=emit_text_vectorization,
    layout="last",
    whole_numbers="indices",
    texts=True,
)
