"""Buckets for numbers and texts, by TensorFlow's hashes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from equivalence.catalogue.preprocessing.hash_helpers import FINGERPRINT64, SIPHASH64
from equivalence.catalogue.preprocessing.lookup_helpers import FLAT_TEXTS
from equivalence.catalogue.preprocessing.text_parts import inner_sizes

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

_NUMBERS = '''
def {name}(x: Tensor, buckets: int{key}) -> Tensor:
    """A bucket for each whole number: the hash of its decimal digits."""
    found = [{hash} % buckets for number in x.flatten().tolist()]
    return torch.tensor(found, dtype=torch.int64, device=x.device).reshape(x.shape)
'''
_TEXTS = '''
def {name}(texts: list, buckets: int{key}, *sizes: int) -> Tensor:
    """A bucket for each text of nested lists."""
    words, shape = flat_texts(texts, *sizes)
    found = [{hash} % buckets for word in words]
    return torch.tensor(found, dtype=torch.int64).reshape(shape)
'''
_KEY = ", k0: int, k1: int"
HASHED = _NUMBERS.format(name="hashed", key="", hash="fingerprint64(str(number).encode())")
KEYED = _NUMBERS.format(name="hashed_with_key", key=_KEY, hash="siphash64(str(number).encode(), k0, k1)")
HASHED_TEXTS = _TEXTS.format(name="hashed_texts", key="", hash="fingerprint64(word.encode())")
KEYED_TEXTS = _TEXTS.format(name="hashed_texts_with_key", key=_KEY, hash="siphash64(word.encode(), k0, k1)")


def hashed_numbers(site: Site, x: Value, buckets: int, salt: Sequence[int] | None) -> str:
    """The text of the buckets of whole numbers."""
    site.helper(SIPHASH64 if salt else FINGERPRINT64)
    return _call(site.helper(KEYED if salt else HASHED), [x, buckets, *(salt or ())])


def hashed_texts(site: Site, x: Value, buckets: int, salt: Sequence[int] | None) -> str:
    """The text of the buckets of texts."""
    site.helper(FLAT_TEXTS)
    site.helper(SIPHASH64 if salt else FINGERPRINT64)
    return _call(site.helper(KEYED_TEXTS if salt else HASHED_TEXTS), [x, buckets, *(salt or ()), *inner_sizes(x)])


def _call(name: str, given: Sequence[object]) -> str:
    return f"{name}({', '.join(map(str, given))})"
