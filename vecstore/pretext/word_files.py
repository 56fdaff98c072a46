"""Word vectors in files: safetensors for the numbers, JSON for the words."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from vecstore.artifacts.folder import Artifact
from vecstore.errors import ArtifactDamaged
from vecstore.spaces import FloatArray

VECTORS = "words.safetensors"
VOCABULARY = "vocabulary.json"


@dataclass(frozen=True, slots=True)
class WordVectors:
    """Words and their vectors, as trained.

    Args:
        words: the vocabulary, the most frequent first.
        vectors: theirs, shape (words, dim), float32.
        counts: how often each occurred in training, shape (words,), int64.
        ngrams: of the buckets of subwords, shape (buckets, dim), float32; None where unknown
            words are skipped.
    """

    words: Sequence[str]
    vectors: FloatArray
    counts: NDArray[np.int64]
    ngrams: FloatArray | None = None

    def weighted(self, smoothing: float) -> FloatArray:
        """Each word's vector times a / (a + its share of all words), shape (words, dim)."""
        shares = self.counts / self.counts.sum()
        weights = (smoothing / (smoothing + shares)).astype(np.float32)
        rows: FloatArray = self.vectors * weights[:, None]
        return rows


def write_words(folder: Path, trained: WordVectors, component: FloatArray) -> None:
    """Write what :func:`read_words` reads."""
    tensors: dict[str, NDArray[Any]] = {
        "vectors": trained.vectors,
        "counts": trained.counts,
        "component": component,
    }
    if trained.ngrams is not None:
        tensors["ngrams"] = trained.ngrams
    save_file(tensors, folder / VECTORS)
    text = json.dumps(list(trained.words), ensure_ascii=False, indent=0)
    (folder / VOCABULARY).write_text(text + "\n", encoding="utf-8")


def read_words(artifact: Artifact) -> tuple[WordVectors, FloatArray]:
    """Words with their vectors, and the common component.

    Raises:
        ArtifactDamaged: the files are not those of a word-context model.
    """
    try:
        tensors = load_file(artifact.file(VECTORS))
        found = json.loads(artifact.file(VOCABULARY).read_text(encoding="utf-8"))
        trained = WordVectors(found, tensors["vectors"], tensors["counts"], tensors.get("ngrams"))
        component = tensors["component"]
    except (KeyError, ValueError) as error:
        raise ArtifactDamaged(
            f"the artifact {artifact.manifest.name} holds no word vectors ({error!r}); train it "
            "again with the task word-context",
            file=VECTORS,
        ) from error
    if not len(found) == len(trained.vectors) == len(trained.counts):
        raise ArtifactDamaged(
            f"the artifact {artifact.manifest.name} has {len(found):,} words and "
            f"{len(trained.vectors):,} vectors; train it again",
            file=VOCABULARY,
        )
    return trained, component


def vocabulary_digest(found: Sequence[str]) -> str:
    """sha256 (hex) over the words in their order."""
    return hashlib.sha256("\n".join(found).encode()).hexdigest()
