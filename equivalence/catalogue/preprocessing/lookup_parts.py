"""What IntegerLookup, StringLookup and TextVectorization share: the vocabulary, and what is made of found numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from equivalence.catalogue.preprocessing.category_parts import SPARSE, encoded, output_mode
from equivalence.schema import Argument, Weight
from equivalence.translation.order import KERAS

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

#: What Keras maps masked values to where they are dropped: more than any category.
DROPPED = 2**63 - 1
MODES = ("int", "one_hot", "multi_hot", "count", "tf_idf", "binary", "tf-idf")
ASSET = "vocabulary.txt"
_NONE = "it has no vocabulary: Keras was neither given one nor adapted to data"

#: Arguments of both lookup layers, with how they are read.
LOOKUP_ARGUMENTS = (
    Argument("max_tokens", None, None, note="the size of the output where pad_to_max_tokens is set", since="2.5"),
    Argument("num_oov_indices", None, 1, note="places before the vocabulary for what is not in it"),
    Argument("mask_token", None, None, note="has index 0; in other modes than int it counts for nothing", since="2.5"),
    Argument("vocabulary", None, None, note="given, or found by adapt(): a table in the weights file", since="2.5"),
    Argument("idf_weights", None, None, inert=True, note="the file holds them", since="2.7"),
    Argument("output_mode", None, "int", note='"int", "one_hot", "multi_hot", "count" or "tf_idf"', since="2.5"),
    SPARSE,
    Argument("pad_to_max_tokens", None, False, since="2.5"),
)
#: Keys that files hold besides.
LOOKUP_LEGACY = (Argument("vocabulary_size", None, None), Argument("has_input_vocabulary", None, None, inert=True))
IDF_WEIGHTS = (Weight("idf_weights", "", when="output_mode=tf_idf", trainable=False),)


class Vocabulary(NamedTuple):
    """What a lookup layer knows: `tokens` have the indices from `start` on."""

    mode: str
    tokens: list[Any]
    oov_start: int
    start: int
    mask: Any
    depth: int  # of what it encodes

    @property
    def table(self) -> tuple[list[Any], list[int]]:
        """Keys and their indices, the masked value among them."""
        keys, indices = list(self.tokens), list(range(self.start, self.start + len(self.tokens)))
        if self.mask is not None:
            keys.append(self.mask)
            indices.append(0 if self.mode == "int" else DROPPED)
        return keys, indices


def vocabulary_of(
    site: Site, kind: type, *, mask: Any = None, oov: Any = None, places: int = 1, invert: bool = False
) -> Vocabulary:
    """The layer's vocabulary as Keras takes it (keras/src/layers/preprocessing/index_lookup.py, set_vocabulary)."""
    config, mode = site.config, output_mode(site, *MODES)
    mode = {"binary": "multi_hot", "tf-idf": "tf_idf"}.get(mode, mode)
    if invert and mode != "int":
        site.refuse(f"its output_mode is {mode!r}, which Keras refuses where invert is true")
    given = _given(site, kind)
    oov_start = int(mask is not None and mode == "int")
    special = [mask] * oov_start + [oov] * places
    start = len(special)
    tokens = given[start:] if given[:start] == special else given
    for reserved in [mask, oov] if invert else [mask]:
        if reserved is not None and reserved in tokens:
            site.refuse("its vocabulary holds the token for masked or unknown values among the others")
    if len(set(tokens)) < len(tokens):
        site.refuse("its vocabulary holds a word more than once")
    if not tokens:
        site.refuse(_NONE)
    size, most = start + len(tokens), config.value("max_tokens")
    padded = config.flag("pad_to_max_tokens")
    if most is not None and config.integer("max_tokens") < size:
        site.refuse(f"its vocabulary has {size} tokens, where max_tokens={most}")
    if padded and most is None:
        site.refuse("it has pad_to_max_tokens, and no max_tokens")
    known = config.value("vocabulary_size")
    if mode != "int" and not padded and known is not None and known != size:
        config.refuse("vocabulary_size", known, f"is not the {size} of its vocabulary")
    return Vocabulary(mode, tokens, oov_start, start, mask, int(most) if padded else size)


def _given(site: Site, kind: type) -> list[Any]:
    """The vocabulary of the configuration, or of the file beside it, as Keras reads that."""
    value = site.config.value("vocabulary")
    if value is None:
        if ASSET not in site.layer.assets:
            site.refuse(_NONE)
        value = site.layer.assets[ASSET]().splitlines()
        while value and not value[-1]:
            value.pop()
        if kind is int:
            value = [_number(site, line) for line in value]
    if not isinstance(value, list) or not all(isinstance(v, kind) and not isinstance(v, bool) for v in value):
        site.config.refuse("vocabulary", value, "should be a list of words, or of whole numbers for an IntegerLookup")
    if kind is int and not all(-(2**63) <= v < 2**63 for v in value):
        site.config.refuse("vocabulary", value, "should be numbers of 64 bits")
    if kind is str and any("\0" in v or not _encodes(v) for v in value):
        site.refuse("its vocabulary holds a word with characters that NumPy or UTF-8 do not hold")
    return value


def _number(site: Site, line: str) -> int:
    try:
        return int(line)
    except ValueError:
        site.refuse(f"its vocabulary holds {line!r:.40}, which is no whole number")


def _encodes(word: str) -> bool:
    try:
        return bool(word.encode() or True)
    except UnicodeEncodeError:
        return False


def made_of(site: Site, found: Value, vocabulary: Vocabulary) -> Value:
    """The output for the indices of a lookup, by its mode."""
    mode, depth = vocabulary.mode, vocabulary.depth
    if mode == "int":
        return found
    if mode != "tf_idf":
        return encoded(site, found, mode, depth, "torch.int64")
    counts = encoded(site, found, "count", depth, "torch.float32")
    ctor = f"nn.Parameter(torch.zeros({depth}), requires_grad=False)"
    return site.new(f"{counts} * {site.module(ctor, 'idf', IDF_WEIGHTS)}", KERAS)


def salt_of(site: Site) -> Sequence[int] | None:
    """The key of a keyed hash: two whole numbers, or one for both."""
    value = site.config.value("salt")
    if value is None:
        return None
    listed = [value, value] if isinstance(value, int) else value
    if not isinstance(listed, list) or len(listed) != 2 or not all(type(v) is int and v >= 0 for v in listed):
        site.config.refuse("salt", value, "should be one or two whole numbers, none below 0")
    return listed
