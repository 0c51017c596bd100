"""StringLookup."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.preprocessing.hash_helpers import FINGERPRINT64, SIPHASH64
from equivalence.catalogue.preprocessing.lookup_helpers import (
    FLAT_TEXTS,
    HASHED_STRING_TABLE,
    KEYED_STRING_TABLE,
    STRICT_STRING_TABLE,
    STRING_TABLE,
    VOCABULARY,
)
from equivalence.catalogue.preprocessing.lookup_parts import (
    IDF_WEIGHTS,
    LOOKUP_ARGUMENTS,
    LOOKUP_LEGACY,
    Vocabulary,
    made_of,
    salt_of,
    vocabulary_of,
)
from equivalence.catalogue.preprocessing.text_parts import inner_sizes, texts
from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Difference, Entry
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import call
from equivalence.translation.tables import text_tables

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_string_lookup(site: Site) -> Value:
    """A dictionary of bytes; then the encoding that the mode names."""
    config = site.config
    if config.flag("invert"):
        site.refuse(
            "it turns indices into texts (invert=True), of which torch has no tensors; "
            "index a list of the vocabulary behind the model"
        )
    x = texts(site)
    config.only("encoding", "utf-8", because="is not translated: emitted files read and write UTF-8")
    config.value("oov_method")  # of numbers alone
    mask, oov, places = config.value("mask_token"), config.value("oov_token"), config.integer("num_oov_indices", 0)
    vocabulary = vocabulary_of(site, str, mask=mask, oov=oov, places=places)
    tables = text_tables(*vocabulary.table)
    sizes = [len(tables["text"].values), len(tables["ends"].values)]
    table = site.module(_table(site, vocabulary, sizes, places), tables=tables)
    found = site.new(f"{table}({', '.join([f'{x}', *map(str, inner_sizes(x))])})", KERAS)
    return made_of(site, found, vocabulary)


def _table(site: Site, vocabulary: Vocabulary, sizes: list[int], places: int) -> str:
    site.helper(FLAT_TEXTS)
    site.helper(VOCABULARY)
    base, start, salt = site.helper(STRING_TABLE), vocabulary.oov_start, salt_of(site)
    if places == 0:
        return call(site.helper(STRICT_STRING_TABLE), *sizes, -1)
    if places == 1:
        return call(base, *sizes, start)
    if salt is None:
        site.helper(FINGERPRINT64)
        return call(site.helper(HASHED_STRING_TABLE), *sizes, start, places)
    site.helper(SIPHASH64)
    return call(site.helper(KEYED_STRING_TABLE), *sizes, start, places, *salt)


_WORDS = ["the", "Straße", "cat", "a b"]
_DRAW = "words:the|Straße|cat|a b|dog|| the|日本"

StringLookup = Entry(
    keras="keras.layers.StringLookup",
    since="2.4",
    torch=("torch.tensor",),
    says="Turns texts into their indices in a vocabulary, or into encodings of those.",
    arguments=(
        *LOOKUP_ARGUMENTS,
        Argument("invert", None, False, note="True is refused: torch has no tensors of texts"),
        Argument("oov_token", None, "[UNK]", note="stands in vocabularies that hold their special tokens"),
        Argument("encoding", None, "utf-8", note="others are refused"),
        Argument("salt", None, None, note="the key of a keyed hash for several places", since=None),
        *LAYER_ARGUMENTS,
    ),
    legacy=(
        *LOOKUP_LEGACY,
        Argument("oov_method", None, "floormod"),
        Argument("vocabulary_dtype", None, None, inert=True),
    ),
    weights=IDF_WEIGHTS,
    differences=(
        Difference(
            "unknown-first",
            "Index 0 is for words that are not in the vocabulary, whose first word has index 1 (2 with a mask_token).",
            case="defaults",
            swap=(("{x}, 4)", "{x}, 4) - 1"),),
        ),
    ),
    cases=(
        Case("defaults", {"vocabulary": _WORDS}, x=(5, 4), draw=_DRAW),
        Case("column", {"vocabulary": _WORDS}, x=(5, 1), draw=_DRAW),
        Case("row", {"vocabulary": _WORDS}, x=(7,), draw=_DRAW),
        Case("unknown-length", {"vocabulary": _WORDS}, x=(3, 4), declared=(None,), draw=_DRAW),
        Case("mask", {"vocabulary": _WORDS, "mask_token": ""}, x=(5, 4), draw=_DRAW),
        Case("special-tokens-given", {"vocabulary": ["?", *_WORDS], "oov_token": "?"}, x=(5, 4), draw=_DRAW),
        Case("none-unknown", {"vocabulary": _WORDS, "num_oov_indices": 0}, x=(5, 4), draw="words:cat|the|a b"),
        Case("several-unknown", {"vocabulary": _WORDS, "num_oov_indices": 3, "mask_token": ""}, x=(5, 9), draw=_DRAW),
        Case("keyed-unknown", {"vocabulary": _WORDS, "num_oov_indices": 3, "salt": [133, 137]}, x=(5, 9), draw=_DRAW),
        Case("one-hot", {"vocabulary": _WORDS, "output_mode": "one_hot"}, x=(5, 1), draw=_DRAW),
        Case("multi-hot", {"vocabulary": _WORDS, "output_mode": "multi_hot", "mask_token": ""}, x=(5, 4), draw=_DRAW),
        Case(
            "padded",
            {"vocabulary": _WORDS, "output_mode": "count", "max_tokens": 9, "pad_to_max_tokens": True},
            x=(5, 4),
            draw=_DRAW,
        ),
        Case(
            "tf-idf",
            {"vocabulary": _WORDS, "output_mode": "tf_idf", "idf_weights": [0.25, 0.75, 2.0, 1.0]},
            x=(5, 7),
            draw=_DRAW,
        ),
    ),
    aliases=(
        "keras.layers.experimental.preprocessing.StringLookup",
        "tf.lookup.StaticVocabularyTable",
        "torchtext.vocab",
    ),
    emit=emit_string_lookup,
    layout="last",
    whole_numbers="indices",
    texts=True,
)
