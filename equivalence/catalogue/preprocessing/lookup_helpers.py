"""What emitted files look vocabularies up with: tables of whole numbers, and of texts."""

from __future__ import annotations

INTEGER_TABLE = '''
class IntegerTable(nn.Module):
    """Whole numbers looked up among `keys`, which ascend; `default` for all others."""

    def __init__(self, size: int, default: int) -> None:
        super().__init__()
        self.default = default
        self.register_buffer("keys", torch.zeros(size, dtype=torch.int64))
        self.register_buffer("values", torch.zeros(size, dtype=torch.int64))

    def forward(self, x: Tensor) -> Tensor:
        place = torch.searchsorted(self.keys, x.contiguous()).clamp(max=len(self.keys) - 1)
        return torch.where(self.keys[place] == x, self.values[place], self.default)
'''

KNOWN = '''
def known(found: Tensor) -> Tensor:
    """`found`, if all was in the vocabulary."""
    if not found.is_meta and (found < 0).any():  # meta tensors have no values
        raise ValueError("a value is not in the vocabulary (num_oov_indices=0)")
    return found
'''

#: Keras's nested inputs of texts, flattened; ragged ones are an error.
FLAT_TEXTS = '''
def flat_texts(texts: list, *sizes: int) -> tuple[list[str], list[int]]:
    """The texts of nested lists in one list, and their sizes; of inner lists -1 stands for any."""
    shape = [len(texts)]
    for size in sizes:
        size = len(texts[0]) if size < 0 and texts else max(size, 0)
        if any(isinstance(row, str) or len(row) != size for row in texts):
            raise ValueError(f"the inputs should be lists of {size} each")
        texts = [text for row in texts for text in row]
        shape.append(size)
    return texts, shape
'''

VOCABULARY = '''
class Vocabulary(nn.Module):
    """Words and their numbers: the weights file holds the bytes of all, and where each ends."""

    def __init__(self, size: int, count: int, default: int) -> None:
        super().__init__()
        self.default = default
        self.index: dict[bytes, int] = {}
        self.register_buffer("text", torch.zeros(size, dtype=torch.uint8))
        self.register_buffer("ends", torch.zeros(count, dtype=torch.int64))
        self.register_buffer("values", torch.zeros(count, dtype=torch.int64))
        self.register_load_state_dict_post_hook(Vocabulary.read)

    def read(self, keys: object = None) -> None:
        """Makes the dictionary of what was loaded."""
        text, start, self.index = bytes(self.text.tolist()), 0, {}
        for end, value in zip(self.ends.tolist(), self.values.tolist(), strict=True):
            self.index[text[start:end]] = value
            start = end

    def find(self, word: bytes) -> int:
        value = self.index.get(word)
        return self.unknown(word) if value is None else value

    def unknown(self, word: bytes) -> int:
        return self.default
'''

STRING_TABLE = '''
class StringTable(Vocabulary):
    """Texts in nested lists, looked up."""

    def forward(self, texts: list, *sizes: int) -> Tensor:
        words, shape = flat_texts(texts, *sizes)
        found = [self.find(word.encode()) for word in words]
        return torch.tensor(found, dtype=torch.int64, device=self.values.device).reshape(shape)
'''

STRICT_STRING_TABLE = '''
class StrictStringTable(StringTable):
    """A vocabulary that has no place for other words (num_oov_indices=0)."""

    def unknown(self, word: bytes) -> int:
        raise ValueError(f"{word} is not in the vocabulary (num_oov_indices=0)")
'''

HASHED_STRING_TABLE = '''
class HashedStringTable(StringTable):
    """A vocabulary with several places for other words, which their hash chooses."""

    def __init__(self, size: int, count: int, default: int, buckets: int) -> None:
        super().__init__(size, count, default)
        self.buckets = buckets

    def unknown(self, word: bytes) -> int:
        return self.default + fingerprint64(word) % self.buckets
'''

KEYED_STRING_TABLE = '''
class KeyedStringTable(StringTable):
    """A vocabulary with several places for other words, which their keyed hash chooses."""

    def __init__(self, size: int, count: int, default: int, buckets: int, k0: int, k1: int) -> None:
        super().__init__(size, count, default)
        self.buckets, self.k0, self.k1 = buckets, k0, k1

    def unknown(self, word: bytes) -> int:
        return self.default + siphash64(word, self.k0, self.k1) % self.buckets
'''

TEXT_TABLE = '''
class TextTable(Vocabulary):
    """Rows of words looked up, filled up to the longest row or to `length`."""

    def forward(self, rows: list[list[bytes]], length: int = -1, filler: int = 0) -> Tensor:
        length = max([len(row) for row in rows], default=0) if length < 0 else length
        found = [[self.find(word) for word in row[:length]] for row in rows]
        found = [row + [filler] * (length - len(row)) for row in found]
        numbers = torch.tensor(found, dtype=torch.int64, device=self.values.device)
        return numbers.reshape(len(rows), length)
'''
