"""HashedCrossing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.preprocessing.category_parts import SPARSE, encoded, output_mode, policy_dtype
from equivalence.catalogue.preprocessing.hash_helpers import FINGERPRINT64
from equivalence.catalogue.preprocessing.lookup_helpers import FLAT_TEXTS
from equivalence.catalogue.preprocessing.text_parts import inner_sizes
from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Difference, Entry
from equivalence.translation.order import KERAS

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

#: tensorflow/core/platform/fingerprint.h (FingerprintCat64) and kernels/sparse_cross_op.cc, with its default key.
CROSSED = '''
def crossed(features: list[list[int]], buckets: int) -> Tensor:
    """A bucket for the values of one row in all features, as tf.sparse.cross_hashed has it."""
    full, mul, found = 2**64 - 1, 0xC6A4A7935BD1E995, []
    for values in zip(*features, strict=True):
        total = 0xDECAFCAFFE
        for value in values:
            value = (value & full) * mul & full
            total = (total ^ mul ^ (value ^ value >> 47) * mul & full) * mul & full
            total = (total ^ total >> 47) * mul & full
            total ^= total >> 47
        found.append(total % buckets)
    return torch.tensor(found, dtype=torch.int64)
'''
PRINTS = '''
def prints(texts: list, *sizes: int) -> list[int]:
    """The fingerprints of texts in nested lists."""
    return [fingerprint64(word.encode()) for word in flat_texts(texts, *sizes)[0]]
'''


def emit_hashed_crossing(site: Site) -> Value:
    """Fingerprints of texts, and numbers as they are, put together row by row."""
    return _crossed(site, site.inputs)


def emit_the_other_way_round(site: Site) -> Value:
    """The naive form: the features in another order."""
    return _crossed(site, site.inputs[::-1])


def _crossed(site: Site, given: list[Value]) -> Value:
    mode, dtype, bins = output_mode(site, "int", "one_hot"), policy_dtype(site), site.config.integer("num_bins")
    values = [site.take(value, KERAS) for value in given]
    shape = values[0].shape
    if len(values) != 2 or any(value.shape != shape for value in values) or shape[1:] not in ((), (1,)):
        site.refuse("it takes two inputs, both of shape (batch,) or both of (batch, 1)")
    crossing = f"{site.helper(CROSSED)}([{', '.join(_feature(site, value) for value in values)}], {bins})"
    numbers = next((value for value in values if value.dtype != "string"), None)
    crossing += f".to({numbers}.device)" if numbers is not None else ""
    found = site.new(crossing if len(shape) == 1 else f"{crossing}.unsqueeze(1)", KERAS)
    if mode == "int":
        return found if dtype == "torch.int64" else site.new(f"{found}.to({dtype})", KERAS)
    return encoded(site, found, mode, bins, dtype)


def _feature(site: Site, value: Value) -> str:
    if value.dtype == "string":
        site.helper(FLAT_TEXTS)
        site.helper(FINGERPRINT64)
        return f"{site.helper(PRINTS)}({', '.join([f'{value}', *map(str, inner_sizes(value))])})"
    if value.dtype not in ("int32", "int64"):
        site.refuse(f"it is called on {value.dtype}; give it texts or whole numbers")
    return f"{value}.flatten().tolist()"


_WORDS = "words:A|B|Straße||a longer text"

HashedCrossing = Entry(
    keras="keras.layers.HashedCrossing",
    since="2.8",
    torch=("torch.tensor",),
    says="Puts the values of several features together into one bucket by a hash.",
    arguments=(
        Argument("num_bins", None),
        Argument("output_mode", None, "int", note='"int" or "one_hot"'),
        SPARSE,
        *LAYER_ARGUMENTS,
    ),
    differences=(
        Difference(
            "order",
            "The order of the features counts: crossing (a, b) gives other buckets than (b, a).",
            case="numbers",
            naive=emit_the_other_way_round,
        ),
    ),
    cases=(
        Case("numbers", {"num_bins": 7}, x=[(9, 1), (9, 1)], draw="ids:9"),
        Case("texts-and-numbers", {"num_bins": 7}, x=[(9, 1), (9, 1)], draw=[_WORDS, "ids:9"]),
        Case("rows", {"num_bins": 7}, x=[(9,), (9,)], draw=[_WORDS, "ids:9"]),
        Case("many-bins", {"num_bins": 9973}, x=[(9, 1), (9, 1)], draw=["ids:999999", _WORDS]),
        Case("one-hot", {"num_bins": 5, "output_mode": "one_hot"}, x=[(9, 1), (9, 1)], draw=[_WORDS, "ids:9"]),
    ),
    aliases=("tf.sparse.cross_hashed", "CategoryCrossing", "tf.feature_column.crossed_column"),
    emit=emit_hashed_crossing,
    layout="last",
    texts=True,
)
