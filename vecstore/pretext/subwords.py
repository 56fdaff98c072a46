"""Character n-grams of words and their buckets, as in fastText.

P. Bojanowski, E. Grave, A. Joulin, T. Mikolov: Enriching Word Vectors with Subword Information,
TACL 2017. The hash is that of the original program and of gensim, so that an n-gram finds the
bucket that was trained for it.
"""

from __future__ import annotations

SMALLEST = 3
LARGEST = 6

_START = 2166136261
_PRIME = 16777619
_BITS = 0xFFFFFFFF
_SIGN = 0x80
_EXTENDED = 0xFFFFFF00


def buckets_of(word: str, buckets: int) -> list[int]:
    """The buckets, 0 to ``buckets`` - 1, of the n-grams of 3 to 6 characters of ``<word>``.

    A word that is not empty has at least one. Their order is fixed, because sums of floats depend
    on it: by where they begin, the shorter first.
    """
    characters = [character.encode() for character in f"<{word}>"]
    found = []
    for at in range(len(characters)):
        value = _START
        for length, character in enumerate(characters[at : at + LARGEST], start=1):
            value = _hashed(value, character)
            if length >= SMALLEST:
                found.append(value % buckets)
    return found


def _hashed(value: int, character: bytes) -> int:
    """FNV-1a, 32 bits, gone on with. The original reads bytes as signed; so we do."""
    for byte in character:
        value ^= byte | _EXTENDED if byte & _SIGN else byte
        value = value * _PRIME & _BITS
    return value
