"""The hashes of TensorFlow that put values into buckets, for emitted files: exact, in Python's whole numbers."""

from __future__ import annotations

#: What `tf.strings.to_hash_bucket_fast` takes: farmhashna::Hash64 of github.com/google/farmhash.
FINGERPRINT64 = '''
def fingerprint64(text: bytes) -> int:
    """FarmHash's Fingerprint64, as tf.strings.to_hash_bucket_fast has it."""
    full, k0, k1, k2 = 2**64 - 1, 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F
    size = len(text)

    def at(place: int, width: int = 8) -> int:
        return int.from_bytes(text[place : place + width], "little")

    def rotated(value: int, by: int) -> int:
        value &= full
        return (value >> by | value << (64 - by)) & full

    def shifted(value: int) -> int:
        value &= full
        return value ^ value >> 47

    def mixed(u: int, v: int, mul: int) -> int:
        a = shifted(((u ^ v) & full) * mul)
        return shifted(((v ^ a) & full) * mul) * mul & full

    def weak(place: int, a: int, b: int) -> tuple[int, int]:
        a = a + at(place)
        b = rotated(b + a + at(place + 24), 21) + a
        a = a + at(place + 8) + at(place + 16)
        return a + at(place + 24) & full, b + rotated(a, 44) & full

    if size == 0:
        return k2
    if size < 4:
        y, z = text[0] + (text[size >> 1] << 8), size + (text[size - 1] << 2)
        return shifted(y * k2 ^ z * k0) * k2 & full
    mul = k2 + size * 2
    if size < 8:
        return mixed(size + (at(0, 4) << 3), at(size - 4, 4), mul)
    if size <= 16:
        a, b = at(0) + k2, at(size - 8)
        return mixed(rotated(b, 37) * mul + a, (rotated(a, 25) + b) * mul, mul)
    if size <= 64:
        a, b = at(0) * (k1 if size <= 32 else k2), at(8)
        c, d = at(size - 8) * mul, at(size - 16) * k2
        y = rotated(a + b, 43) + rotated(c, 30) + d
        z = mixed(y, a + rotated(b + k2, 18) + c, mul)
        if size <= 32:
            return z
        e, f = at(16) * mul, at(24)
        g, h = (y + at(size - 32)) * mul, (z + at(size - 24)) * mul
        y = rotated(e + f, 43) + rotated(g, 30) + h
        return mixed(y, e + rotated(f + a, 18) + g, mul)
    x, y = 81 * k2 + at(0), 81 * k1 + 113
    z = shifted(y * k2 + 113) * k2
    v0, v1, w0, w1 = 0, 0, 0, 0
    end = (size - 1) // 64 * 64
    for place in [*range(0, end, 64), size - 64]:
        mul, times = k1, 1
        if place == size - 64:  # what is left, and what comes before it
            mul, times = k1 + ((z & 255) << 1), 9
            w0 += (size - 1) & 63
            v0 += w0
            w0 += v0
        x = rotated(x + y + v0 + at(place + 8), 37) * mul ^ w1 * times
        y = rotated(y + v1 + at(place + 48), 42) * mul + v0 * times + at(place + 40)
        z = rotated(z + w0, 33) * mul
        v0, v1 = weak(place, v1 * mul, x + w0)
        w0, w1 = weak(place + 32, z + w1, y + at(place + 16))
        z, x = x, z
    return mixed(mixed(v0, w0, mul) + shifted(y) * k0 + z, mixed(v1, w1, mul) + x, mul)
'''

#: What `tf.strings.to_hash_bucket_strong` takes.
SIPHASH64 = '''
def siphash64(text: bytes, k0: int, k1: int) -> int:
    """SipHash-2-4 with the key (k0, k1), as tf.strings.to_hash_bucket_strong has it."""
    full = 2**64 - 1
    k0, k1 = k0 & full, k1 & full
    a, b = k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D
    c, d = k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573

    def rotated(value: int, by: int) -> int:
        return (value << by | value >> (64 - by)) & full

    def stirred(a: int, b: int, c: int, d: int) -> tuple[int, int, int, int]:
        a, c = a + b & full, c + d & full
        b, d = rotated(b, 13) ^ a, rotated(d, 16) ^ c
        a, c = rotated(a, 32) + d & full, c + b & full
        d, b = rotated(d, 21) ^ a, rotated(b, 17) ^ c
        return a, b, rotated(c, 32), d

    whole = len(text) // 8 * 8
    words = [int.from_bytes(text[place : place + 8], "little") for place in range(0, whole, 8)]
    words.append(int.from_bytes(text[whole:], "little") | (len(text) & 255) << 56)
    for word in words:
        a, b, c, d = stirred(*stirred(a, b, c, d ^ word))
        a ^= word
    c ^= 255
    for _ in range(4):
        a, b, c, d = stirred(a, b, c, d)
    return a ^ b ^ c ^ d
'''
