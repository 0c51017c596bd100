"""IntegerLookup."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.preprocessing.hashing_parts import hashed_numbers
from equivalence.catalogue.preprocessing.lookup_helpers import INTEGER_TABLE, KNOWN
from equivalence.catalogue.preprocessing.lookup_parts import (
    IDF_WEIGHTS,
    LOOKUP_ARGUMENTS,
    LOOKUP_LEGACY,
    made_of,
    salt_of,
    vocabulary_of,
)
from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Difference, Entry
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import call
from equivalence.translation.tables import integer_tables

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_integer_lookup(site: Site) -> Value:
    """A sorted table, searched; then the encoding that the mode names."""
    config = site.config
    config.only("vocabulary_dtype", "int64")
    mask = None if config.value("mask_token") is None else config.integer("mask_token", None)
    oov = None if config.value("oov_token") is None else config.integer("oov_token", None)
    places, invert = config.integer("num_oov_indices", 0), config.flag("invert")
    method, salt = config.choice("oov_method", "floormod", "farmhash"), salt_of(site)
    vocabulary = vocabulary_of(site, int, mask=mask, oov=oov, places=places, invert=invert)
    keys, indices = vocabulary.table
    x = site.take(site.x, KERAS)
    if x.dtype not in ("int64", "int32", "float32"):
        site.refuse(f"it is called on {x.dtype}; give it whole numbers")
    x = x if x.dtype == "int64" else site.new(f"{x}.long()", KERAS)
    site.helper(INTEGER_TABLE)
    if invert:
        if oov is None:
            site.refuse("it has no oov_token to give for unknown indices")
        ctor = call("IntegerTable", len(keys), oov)
        return site.new(f"{site.module(ctor, tables=integer_tables(indices, keys))}({x})", KERAS)
    default = vocabulary.oov_start if places == 1 else -1
    table = site.module(call("IntegerTable", len(keys), default), tables=integer_tables(keys, indices))
    found = site.new(f"{table}({x})", KERAS)
    if places == 0:
        found = site.new(f"{site.helper(KNOWN)}({found})", KERAS)
    elif places > 1:
        bucket = f"{x} % {places}" if method == "floormod" else hashed_numbers(site, x, places, salt)
        bucket = f"{bucket} + {vocabulary.oov_start}" if vocabulary.oov_start else bucket
        found = site.new(f"torch.where({found} < 0, {bucket}, {found})", KERAS)
    return made_of(site, found, vocabulary)


_KNOWN = [12, 36, 1138, 42]

IntegerLookup = Entry(
    keras="keras.layers.IntegerLookup",
    since="2.4",
    torch=("torch.searchsorted", "torch.where"),
    says="Turns whole numbers into their indices in a vocabulary, or into encodings of those.",
    arguments=(
        *LOOKUP_ARGUMENTS,
        Argument("invert", None, False, note="True: from indices to the vocabulary"),
        Argument("oov_token", None, -1, note="what an inverted lookup gives for unknown indices", since="2.5"),
        Argument("vocabulary_dtype", None, "int64", note="other types are refused, as Keras does", since="2.8"),
        Argument(
            "oov_method", None, "floormod", note="how several places for unknown numbers are chosen from", since=None
        ),
        Argument("salt", None, None, note="the key of a keyed hash instead of farmhash", since=None),
        *LAYER_ARGUMENTS,
    ),
    legacy=LOOKUP_LEGACY,
    weights=IDF_WEIGHTS,
    differences=(
        Difference(
            "unknown-first",
            "Index 0 is for what is not in the vocabulary, whose first word has index 1 (2 with a mask_token).",
            case="defaults",
            swap=(("{x})", "{x}) - 1"),),
        ),
    ),
    cases=(
        Case("defaults", {"vocabulary": _KNOWN}, x=(3, 9), draw="ids:50"),
        Case("floats", {"vocabulary": [3, 1, 0, -2]}, x=(3, 9), draw="wide"),
        Case("mask", {"vocabulary": [3, 1, 7], "mask_token": 0}, x=(3, 9), draw="ids:9"),
        Case("special-tokens-given", {"vocabulary": [0, -1, 3, 1, 7], "mask_token": 0}, x=(3, 9), draw="ids:9"),
        Case("none-unknown", {"vocabulary": [3, 1, 2, 0], "num_oov_indices": 0}, x=(3, 9), draw="ids:4"),
        Case("several-unknown", {"vocabulary": [3, 1], "num_oov_indices": 3, "mask_token": 4}, x=(3, 9), draw="ids:20"),
        Case(
            "hashed-unknown",
            {"vocabulary": [3, 1], "num_oov_indices": 4, "oov_method": "farmhash"},
            x=(3, 9),
            draw="ids:99",
        ),
        Case(
            "keyed-unknown",
            {"vocabulary": [3, 1], "num_oov_indices": 4, "oov_method": "farmhash", "salt": [133, 137]},
            x=(3, 9),
            draw="ids:99",
        ),
        Case("inverted", {"vocabulary": _KNOWN, "invert": True}, x=(3, 4), draw="ids:7"),
        Case(
            "inverted-with-mask",
            {"vocabulary": _KNOWN, "invert": True, "mask_token": 5, "oov_token": -7},
            x=(3, 4),
            draw="ids:7",
        ),
        Case("one-hot", {"vocabulary": [3, 1], "output_mode": "one_hot"}, x=(5, 1), draw="ids:5"),
        Case("one-hot-of-rank-3", {"vocabulary": [3, 1], "output_mode": "one_hot"}, x=(2, 3, 4), draw="ids:5"),
        Case("multi-hot", {"vocabulary": [3, 1], "output_mode": "multi_hot", "mask_token": 0}, x=(5, 4), draw="ids:5"),
        Case(
            "padded",
            {"vocabulary": [3, 1], "output_mode": "count", "max_tokens": 6, "pad_to_max_tokens": True},
            x=(5, 4),
            draw="ids:5",
        ),
        Case(
            "tf-idf",
            {"vocabulary": [3, 1, 4], "output_mode": "tf_idf", "idf_weights": [0.25, 0.75, 2.0]},
            x=(5, 7),
            draw="ids:5",
        ),
    ),
    aliases=("tf.lookup.StaticHashTable", "keras.layers.experimental.preprocessing.IntegerLookup", "LabelEncoder"),
    emit=emit_integer_lookup,
    layout="last",
    whole_numbers="keys",
)
