"""hnswlib with nothing around it: no durability, no identity, no records, no filters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import hnswlib

from benchmarks.peers.engines import EF_CONSTRUCTION, THREADS, K, M, Range, Vectors


class Bare:
    """See :class:`benchmarks.peers.engines.Engine`."""

    def __init__(self) -> None:
        self.index: Any = None

    def build(self, vectors: Vectors, places: list[int], folder: str) -> None:  # noqa: ARG002
        self.index = hnswlib.Index("cosine", vectors.shape[1])
        self.index.init_index(len(vectors), M=M, ef_construction=EF_CONSTRUCTION)
        self.index.add_items(vectors, num_threads=THREADS)
        self.index.save_index(str(Path(folder) / "bare.hnsw"))

    def open(self, folder: str) -> None:
        import numpy as np

        dim = int(np.load(Path(folder).parent / "vectors.npy", mmap_mode="r").shape[1])
        self.index = hnswlib.Index("cosine", dim)
        self.index.load_index(str(Path(folder) / "bare.hnsw"))

    def tune(self, ef: int) -> None:
        self.index.set_ef(ef)

    def question(self, query: Vectors) -> Any:
        return query

    def search(self, query: Any, within: Range | None) -> list[int]:  # noqa: ARG002
        found: list[int] = self.index.knn_query(query, K, 1)[0][0].tolist()
        return found

    def together(self, queries: Vectors) -> Vectors:
        return queries

    def batch(self, queries: Vectors) -> list[list[int]]:
        found: list[list[int]] = self.index.knn_query(queries, K, THREADS)[0].tolist()
        return found

    def close(self) -> None:
        self.index = None


def make() -> Bare:
    """The engine."""
    return Bare()
