"""Texts as weighted means of word vectors: what word-context has trained, as an encoder.

Needs numpy and safetensors, and none of what it was trained with.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from importlib.metadata import version
from typing import Any

import numpy as np

from vecstore.artifacts.folder import Artifact
from vecstore.artifacts.weights import weights_digest
from vecstore.errors import ArtifactDamaged
from vecstore.pretext import subwords, words
from vecstore.pretext.twins import drawn
from vecstore.pretext.word_files import (
    VECTORS,
    WordVectors,
    read_words,
    vocabulary_digest,
)
from vecstore.pretext.words import words_of
from vecstore.records import Input, Modality, Role
from vecstore.spaces import FloatArray, Identity
from vecstore.specs import Encoder

REVISION = "word-context/1"
"""Raised whenever the numbers change that come of the same weights."""

_BLOCK = 8_192
_NOTHING = 1e-6
_CACHED_WORDS = 16_384
_CACHED_LENGTH = 40
_FREQUENT = 12
_SAMPLED = 20_000


class WordContextEncoder(Encoder):
    """The mean of a text's words, weighted, without the common component; at length 1.

    A word weighs a / (a + p), p being its share of the training text; an unknown one has p = 0
    and is made from its subwords, or skipped. The component that the training texts have in common
    is taken out of every vector, so that all are orthogonal to it. A text of which nothing is left
    (no words, none known) gets this very direction as its vector: cosine 0 to every text that has
    a known word, and 1 to the others that have none. So every vector has length 1.

    Args:
        trained: words and vectors.
        component: the direction that texts have in common, shape (dim,), length 1.
        smoothing: a.
        parts: of the identity.
    """

    modalities = frozenset({Modality.TEXT})
    normalized = True

    def __init__(
        self,
        trained: WordVectors,
        component: FloatArray,
        smoothing: float,
        parts: Mapping[str, Any],
    ) -> None:
        self.dim = trained.vectors.shape[1]
        self._parts, self._smoothing = parts, smoothing
        self._words, self._counts = trained.words, trained.counts
        self._spread = float(trained.vectors.std())
        self._buckets = None if trained.ngrams is None else len(trained.ngrams)
        self._places = {word: place for place, word in enumerate(trained.words)}
        self._component = component
        # Taking the component out is linear, so it is done once, here.
        self._rows = without(trained.weighted(smoothing), component)
        self._nothing = _NOTHING * float(np.linalg.norm(self._rows, axis=1).max())
        self._unknown = (
            None if trained.ngrams is None else _from_subwords(without(trained.ngrams, component))
        )

    def identity(self) -> Identity:
        return Identity(self._parts)

    def runtime(self) -> Mapping[str, str]:
        return {"numpy": version("numpy"), "unicode": unicodedata.unidata_version}

    def random_twin(self, seed: int) -> Encoder:
        """Vectors of the same spread for the same words, and a direction that means nothing."""
        vectors, ngrams = (
            drawn((rows, self.dim), self._spread, (seed, number))
            for number, rows in enumerate((len(self._words), self._buckets or 0))
        )
        twin = WordVectors(self._words, vectors, self._counts, ngrams if self._buckets else None)
        component = drawn((self.dim,), 1.0, (seed, 2))
        component /= np.linalg.norm(component)
        parts = {**self._parts, "weights": f"random:{seed}"}
        return WordContextEncoder(twin, component, self._smoothing, parts)

    def canaries(self) -> Sequence[Input]:
        """Known words, alone and together, unknown ones, and nothing at all."""
        known = list(self._words[:_FREQUENT])
        rare = list(self._words[-_FREQUENT:])
        texts = [
            *known[:2],
            *rare[-2:],
            " ".join(known),
            " ".join(rare),
            " ".join(known + rare).upper(),
            ", ".join(self._words[:: max(1, len(self._words) // 50)]),
            f"{rare[0]} qwzxkjv {rare[-1]}",
            "qwzxkjv",
            "ﬁne Ünïcode ١٢٣ 東京",
            "",
        ]
        return [Input(Modality.TEXT, text) for text in texts]

    def encode(self, inputs: Sequence[Input], role: Role) -> FloatArray:  # noqa: ARG002
        sums = np.zeros((len(inputs), self.dim), dtype=np.float32)
        places: list[int] = []
        starts: list[int] = []
        rows: list[int] = []
        for row, item in enumerate(inputs):
            found = self._known(words_of(str(item.data)), sums[row])
            while len(found) > _BLOCK:
                sums[row] += self._rows[found[:_BLOCK]].sum(axis=0)
                del found[:_BLOCK]
            if found:
                rows.append(row)
                starts.append(len(places))
                places += found
            if len(places) >= _BLOCK:
                self._add(sums, rows, starts, places)
                places, starts, rows = [], [], []
        self._add(sums, rows, starts, places)
        return self._unit(sums)

    def _known(self, found: list[str], into: FloatArray) -> list[int]:
        """Places of the known words; what is unknown is added where subwords are used."""
        get = self._places.get
        places = [get(word, -1) for word in found]
        if -1 in places:
            if self._unknown is not None:
                for word, place in zip(found, places, strict=True):
                    if place < 0:
                        np.add(into, self._unknown(word), out=into)
            return [place for place in places if place >= 0]
        return places

    def _add(self, sums: FloatArray, rows: list[int], starts: list[int], places: list[int]) -> None:
        if rows:
            sums[rows] += np.add.reduceat(self._rows[places], starts, axis=0)

    def _unit(self, sums: FloatArray) -> FloatArray:
        lengths = np.sqrt(np.einsum("ij,ij->i", sums, sums))
        empty = lengths <= self._nothing
        lengths[empty] = 1.0
        sums /= lengths[:, None]
        sums[empty] = self._component
        return sums


def _from_subwords(ngrams: FloatArray) -> Callable[[str], FloatArray]:
    """(word) -> the mean of its n-grams' rows, kept for the words that come often."""

    def mean(word: str) -> FloatArray:
        found: FloatArray = ngrams[subwords.buckets_of(word, len(ngrams))].mean(axis=0)
        return found

    cached = lru_cache(maxsize=_CACHED_WORDS)(mean)
    return lambda word: cached(word) if len(word) <= _CACHED_LENGTH else mean(word)


def common_component(
    trained: WordVectors, smoothing: float, sentences: Sequence[Sequence[str]]
) -> FloatArray:
    """The first principal direction of texts' weighted means, shape (dim,), length 1.

    Args:
        trained: words and vectors.
        smoothing: a.
        sentences: texts in words; at most 20,000 of them, evenly spread, are looked at.
    """
    places = {word: place for place, word in enumerate(trained.words)}
    rows = trained.weighted(smoothing)
    means = []
    for sentence in sentences[:: max(1, len(sentences) // _SAMPLED)]:
        found = [places[word] for word in sentence if word in places]
        if found:
            means.append(rows[found].mean(axis=0))
    stacked = np.array(means, dtype=np.float64).reshape(-1, rows.shape[1])
    direction = np.linalg.eigh(stacked.T @ stacked)[1][:, -1]
    # An eigenvector's sign is arbitrary: make its largest number positive.
    direction *= np.sign(direction[np.argmax(np.abs(direction))])
    unit: FloatArray = direction.astype(np.float32)
    return unit


def without(rows: FloatArray, direction: FloatArray) -> FloatArray:
    """Rows of shape (n, dim) without their part along a direction of length 1."""
    along = rows.astype(np.float64) @ direction.astype(np.float64)
    left: FloatArray = (rows - along[:, None] * direction).astype(np.float32)
    return left


def load(artifact: Artifact) -> WordContextEncoder:
    """The encoder of a word-context model.

    Raises:
        ArtifactDamaged: its files, or its rules, are not those that this vecstore knows.
    """
    settings = artifact.manifest.encoder
    for name, known in (("encoder", REVISION), ("tokeniser", words.REVISION)):
        if settings.get(name) != known:
            raise ArtifactDamaged(
                f"the artifact {artifact.manifest.name} has the {name} {settings.get(name)!r}, and "
                f"this vecstore knows {known!r}; use the vecstore that wrote it",
            )
    trained, component = read_words(artifact)
    parts = {
        **settings,
        "weights": weights_digest([("0", artifact.file(VECTORS))]),
        "vocabulary": vocabulary_digest(trained.words),
        "normalized": True,
        "dim": int(trained.vectors.shape[1]),
    }
    return WordContextEncoder(trained, component, float(settings["smoothing"]), parts)


def encoder_settings(smoothing: float, unknown: str) -> dict[str, Any]:
    """What decides the numbers beside the weights, for the manifest and the identity."""
    return {
        "encoder": REVISION,
        "tokeniser": words.REVISION,
        "smoothing": smoothing,
        "unknown": unknown,
    }
