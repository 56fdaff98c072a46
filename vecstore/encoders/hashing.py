"""Text to vectors by feature hashing: no training, no weights, the same numbers everywhere.

Words, pairs of neighbouring words, and character n-grams within words are hashed to a coordinate
and a sign, and summed (K. Weinberger, A. Dasgupta, J. Langford, A. Smola, J. Attenberg: Feature
Hashing for Large Scale Multitask Learning, ICML 2009). It knows spelling and not meaning; it
serves where no model may be installed, and as a baseline.
"""

from __future__ import annotations

import hashlib
import math
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from vecstore.errors import InvalidArgument
from vecstore.evaluations import TaskCard
from vecstore.records import Input, Modality, Role
from vecstore.spaces import MAX_DIM, FloatArray, Identity
from vecstore.specs import Encoder, EncoderSpec, Option, Options, ReadyRelease

REVISION = 1
"""Raised whenever the numbers change, so that old and new vectors never meet."""

DEFAULT_DIM = 384
MIN_DIM = 8
_CHAR_NGRAMS = (3, 4, 5)
_PAIR_WEIGHT = 0.5
_CACHED_WORDS = 16_384
_CACHED_LENGTH = 40
_ROWS = 256
_WORD = re.compile(r"\w+")

Features = tuple[NDArray[np.int64], NDArray[np.float64]]


class HashingEncoder(Encoder):
    """Signed feature hashing of words, word pairs and character n-grams; unit-length vectors.

    Every text has a vector, the empty one included.

    Args:
        dim: length of the vectors, 8 to 65,536.

    Raises:
        InvalidArgument: ``dim`` is out of range.
    """

    modalities = frozenset({Modality.TEXT})
    normalized = True

    def __init__(self, dim: int = DEFAULT_DIM) -> None:
        if not MIN_DIM <= dim <= MAX_DIM:
            raise InvalidArgument(
                f"dim is {dim}; the hashing encoder makes vectors of {MIN_DIM} to {MAX_DIM} dims",
                field="dim",
            )
        self.dim = dim
        self._cached_word = lru_cache(maxsize=_CACHED_WORDS)(self._word)

    def identity(self) -> Identity:
        return Identity(
            {
                "algorithm": "hashing",
                "revision": REVISION,
                "dim": self.dim,
                "word_ngrams": [1, 2],
                "char_ngrams": list(_CHAR_NGRAMS),
                "normalized": True,
            }
        )

    def card(self) -> TaskCard:
        return TaskCard(
            "nothing: a fixed function of the characters", {"kind": "none"}, "its program"
        )

    def runtime(self) -> Mapping[str, str]:
        return {"python": sys.version.split()[0], "unicode": unicodedata.unidata_version}

    def encode(self, inputs: Sequence[Input], role: Role) -> FloatArray:  # noqa: ARG002
        texts = [str(item.data) for item in inputs]
        blocks = [self._rows(texts[at : at + _ROWS]) for at in range(0, len(texts), _ROWS)]
        return np.concatenate(blocks)

    def _rows(self, texts: Sequence[str]) -> FloatArray:
        where: list[NDArray[np.int64]] = []
        what: list[NDArray[np.float64]] = []
        for row, text in enumerate(texts):
            for places, values in self._features(text):
                where.append(places + row * self.dim)
                what.append(values)
        size = len(texts) * self.dim
        sums = np.bincount(np.concatenate(where), np.concatenate(what), minlength=size)
        rows = sums.astype(np.float64, copy=False).reshape(len(texts), self.dim)
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        for row in np.flatnonzero(norms == 0.0).tolist():  # all cancelled: the text as a whole
            place, sign = self._place(b"t", texts[row])
            rows[row, place], norms[row] = sign, 1.0
        unit: FloatArray = (rows / norms).astype(np.float32)
        return unit

    def _features(self, text: str) -> list[Features]:
        # Counts are damped by a square root, which every platform rounds alike.
        words = _words(text)
        found = []
        for word, count in Counter(words).items():
            short = len(word) <= _CACHED_LENGTH
            places, values = self._cached_word(word) if short else self._word(word)
            found.append((places, values * math.sqrt(count)))
        pairs = Counter(pairwise(words))
        if pairs:
            hashed = [self._place(b"p", "\0".join(pair)) for pair in pairs]
            counts = np.sqrt(np.array(list(pairs.values()), dtype=np.float64))
            places = np.array([place for place, _ in hashed], dtype=np.int64)
            signs = np.array([sign for _, sign in hashed])
            found.append((places, signs * counts * _PAIR_WEIGHT))
        return found

    def _word(self, word: str) -> Features:
        """A word and its character n-grams; the n-grams together weigh as much as the word."""
        framed = f"<{word}>"
        grams = [framed[at : at + n] for n in _CHAR_NGRAMS for at in range(len(framed) - n + 1)]
        hashed = [self._place(b"w", word), *(self._place(b"c", gram) for gram in grams)]
        values = np.array([sign for _, sign in hashed])
        values[1:] /= math.sqrt(max(1, len(grams)))
        return np.array([place for place, _ in hashed], dtype=np.int64), values

    def _place(self, kind: bytes, feature: str) -> tuple[int, float]:
        """The coordinate and the sign of one feature."""
        data = feature.encode("utf-8", "surrogatepass")
        digest = hashlib.blake2b(data, digest_size=8, person=kind).digest()
        number = int.from_bytes(digest, "little")
        return (number >> 1) % self.dim, 1.0 if number & 1 else -1.0


def _words(text: str) -> list[str]:
    """Words in a compatible, case-free form; runs of other signs where there are no words."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return _WORD.findall(plain) or plain.split() or [""]


def load(source: str, options: Options) -> Encoder:
    """Make the encoder; there is nothing to read.

    Raises:
        InvalidArgument: a source was given, or ``dim`` is out of range.
    """
    if source not in ("", "builtin"):
        raise InvalidArgument(
            f"the loader 'hashing' reads nothing, but was given the source {source!r}; "
            "leave it empty, or write 'builtin'",
            field="source",
        )
    return HashingEncoder(options["dim"])


SPEC = EncoderSpec(
    loader="hashing",
    summary="Feature hashing of words and character n-grams; no model, no torch.",
    modalities=(Modality.TEXT,),
    load=load,
    options=(Option("dim", int, DEFAULT_DIM, "length of the vectors, 8 to 65,536"),),
    ready=(ReadyRelease("hashing", "1", "builtin"),),
)
