"""The peer: hnswlib with nothing around it, and the exact answer that both are judged by."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import hnswlib
import numpy as np
from numpy.typing import NDArray

from vecstore.spaces import FloatArray

M = 16
EF_CONSTRUCTION = 200
EF = 64
K = 10
THREADS = 2

# Two float32 cosines of the same pair, summed in different orders, differ by about this much.
_SAME = 1e-5
_CHUNK = 250


def build(vectors: FloatArray) -> Any:
    """An index of vectors of shape (n, dim), under the keys 0 to n - 1."""
    index = hnswlib.Index("cosine", vectors.shape[1])
    index.init_index(len(vectors), M=M, ef_construction=EF_CONSTRUCTION)
    index.add_items(vectors, num_threads=THREADS)
    index.set_ef(EF)
    return index


def load(path: Path, dim: int) -> Any:
    """The index that ``save_index`` wrote."""
    index = hnswlib.Index("cosine", dim)
    index.load_index(str(path))
    index.set_ef(EF)
    return index


def threshold(vectors: FloatArray, queries: FloatArray) -> NDArray[np.float32]:
    """The cosine of each query's K-th nearest vector, exactly; shape (queries,)."""
    found = [
        np.partition(queries[at : at + _CHUNK] @ vectors.T, -K, axis=1)[:, -K]
        for at in range(0, len(queries), _CHUNK)
    ]
    return np.concatenate(found)


def recall(
    found: list[list[int]], vectors: FloatArray, queries: FloatArray, at_least: NDArray[np.float32]
) -> float:
    """recall@K: the share of the exact answer that was found, a tie being as good as another.

    Args:
        found: keys for each query; a key that comes twice counts once.
        vectors, queries: float32, unit length, (n, dim) and (queries, dim).
        at_least: what :func:`threshold` gave.
    """
    good = 0
    for keys, query, limit in zip(found, queries, at_least, strict=True):
        good += int((vectors[sorted(set(keys))] @ query >= limit - _SAME).sum())
    return good / (K * len(queries))
