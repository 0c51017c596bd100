"""Hashing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.preprocessing.category_parts import SPARSE, encoded, output_mode, policy_dtype
from equivalence.catalogue.preprocessing.hashing_parts import hashed_numbers, hashed_texts
from equivalence.catalogue.preprocessing.lookup_helpers import FLAT_TEXTS
from equivalence.catalogue.preprocessing.lookup_parts import salt_of
from equivalence.catalogue.preprocessing.text_parts import inner_sizes
from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Difference, Entry
from equivalence.translation.order import KERAS

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

IS_TEXT = '''
def is_text(texts: list, wanted: list[int], *sizes: int) -> Tensor:
    """Where a text of nested lists is the one whose UTF-8 bytes are `wanted`."""
    words, shape = flat_texts(texts, *sizes)
    return torch.tensor([list(word.encode()) == wanted for word in words]).reshape(shape).bool()
'''


def emit_hashing(site: Site) -> Value:
    """Buckets by FarmHash or SipHash, in Python's whole numbers; then the encoding that the mode names."""
    config, dtype, mode = site.config, policy_dtype(site), output_mode(site, "int", "one_hot", "multi_hot", "count")
    bins, salt, x = config.integer("num_bins"), salt_of(site), site.take(site.x, KERAS)
    masked, given = config.value("mask_value"), x
    buckets = bins - 1 if masked is not None and bins > 1 else bins
    if x.dtype == "string":
        found = site.new(hashed_texts(site, x, buckets, salt), KERAS)
    elif x.dtype in ("int32", "int64", "float32"):
        given = x if x.dtype != "float32" else site.new(f"{x}.long()", KERAS)
        found = site.new(hashed_numbers(site, given, buckets, salt), KERAS)
    else:
        site.refuse(f"it is called on {x.dtype}; give it texts, whole numbers or floats")
    if buckets < bins:
        found = site.new(f"torch.where({_is_masked(site, x, masked)}, 0, {found} + 1)", KERAS)
    if mode == "int":
        return found if dtype == "torch.int64" else site.new(f"{found}.to({dtype})", KERAS)
    if mode == "one_hot" and x.rank > 2 and x.shape[-2:] == (1, 1):
        site.refuse(f"its input has shape {x.shape}, of which Keras takes two axes away and says one; reshape it")
    return encoded(site, found, mode, bins, dtype)


def _is_masked(site: Site, x: Value, value: object) -> str:
    if x.dtype == "string":
        if not isinstance(value, str):
            site.config.refuse("mask_value", value, "should be a text, as the input is")
        site.helper(FLAT_TEXTS)
        sizes = "".join(f", {size}" for size in inner_sizes(x))
        return f"{site.helper(IS_TEXT)}({x}, {list(value.encode())}{sizes})"
    if isinstance(value, bool) or not isinstance(value, int):
        site.config.refuse("mask_value", value, "should be a whole number, as the input is")
    return f"{x} == {value}"


def emit_python_hash(site: Site) -> Value:
    """The naive form: the number modulo the bins."""
    site.config.value("salt"), site.config.value("mask_value")
    output_mode(site, "int")
    return site.new(f"{site.x}.long() % {site.config.integer('num_bins')}", KERAS)


_DRAW = "words:A|B|Straße|| a longer text than sixteen bytes|日本|mask"
_LONG = "words:" + "|".join("abcdefghij" * count + "xyz" for count in range(1, 15))

Hashing = Entry(
    keras="keras.layers.Hashing",
    since="2.3.0-tf",
    torch=("torch.tensor",),
    says="Puts texts and whole numbers into buckets by a hash.",
    arguments=(
        Argument("num_bins", None),
        Argument("mask_value", None, None, note="has bin 0 to itself", since="2.5"),
        Argument("salt", None, None, note="the key of SipHash; without it FarmHash"),
        Argument("output_mode", None, "int", note='"int", "one_hot", "multi_hot" or "count"', since="2.8"),
        SPARSE,
        *LAYER_ARGUMENTS,
    ),
    differences=(
        Difference(
            "digits",
            "A whole number is hashed as the text of its decimal digits (FarmHash64), not taken modulo the bins.",
            case="integers",
            naive=emit_python_hash,
        ),
    ),
    cases=(
        Case("integers", {"num_bins": 7}, x=(5, 9), draw="ids:999"),
        Case("integers-masked", {"num_bins": 7, "mask_value": 3}, x=(5, 9), draw="ids:9"),
        Case("integers-salted", {"num_bins": 7, "salt": [133, 137]}, x=(5, 9), draw="ids:999"),
        Case("floats", {"num_bins": 7}, x=(5, 9), draw="wide"),
        Case("texts", {"num_bins": 7}, x=(5, 4), draw=_DRAW),
        Case("texts-row", {"num_bins": 7}, x=(9,), draw=_DRAW),
        Case("texts-of-many-lengths", {"num_bins": 997}, x=(9, 9), draw=_LONG),
        Case("texts-masked", {"num_bins": 7, "mask_value": "mask"}, x=(9, 4), draw=_DRAW),
        Case("texts-salted", {"num_bins": 997, "salt": 1337}, x=(9, 9), draw=_LONG),
        Case("one-hot", {"num_bins": 5, "output_mode": "one_hot"}, x=(5, 1), draw=_DRAW),
        Case("one-hot-row", {"num_bins": 5, "output_mode": "one_hot"}, x=(5, 3), draw="ids:999"),
        Case("multi-hot", {"num_bins": 5, "output_mode": "multi_hot"}, x=(5, 3), draw=_DRAW),
        Case("count", {"num_bins": 5, "output_mode": "count"}, x=(5, 9), draw="ids:999"),
        Case("one-bin", {"num_bins": 1, "mask_value": 0}, x=(5, 9), draw="ids:9"),
    ),
    aliases=("tf.strings.to_hash_bucket_fast", "tf.strings.to_hash_bucket_strong", "FarmHash", "SipHash"),
    emit=emit_hashing,
    layout="last",
    texts=True,
)
