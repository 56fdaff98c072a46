"""Chroma, embedded: a persistent client."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import chromadb
from chromadb.api.shared_system_client import SharedSystemClient

from benchmarks.peers.engines import (
    BATCH,
    EF_CONSTRUCTION,
    KEY,
    THREADS,
    K,
    M,
    Range,
    Vectors,
)

NAME = "bench"
HNSW = {
    "space": "cosine",
    "ef_construction": EF_CONSTRUCTION,
    "max_neighbors": M,
    "num_threads": THREADS,
}


class Chroma:
    """See :class:`benchmarks.peers.engines.Engine`."""

    def __init__(self) -> None:
        self.client: Any = None
        self.collection: Any = None
        self.folder = ""

    def build(self, vectors: Vectors, places: list[int], folder: str) -> None:
        client = chromadb.PersistentClient(str(Path(folder) / "chroma"))
        made = client.create_collection(NAME, embedding_function=None, configuration={"hnsw": HNSW})
        for first in range(0, len(vectors), BATCH):
            rows = range(first, min(first + BATCH, len(vectors)))
            made.add(
                ids=[str(n) for n in rows],
                embeddings=vectors[first : first + BATCH],
                metadatas=[{KEY: places[n]} for n in rows],
            )

    def open(self, folder: str) -> None:
        self.folder = folder
        self.client = chromadb.PersistentClient(str(Path(folder) / "chroma"))
        self.collection = self.client.get_collection(NAME, embedding_function=None)

    def tune(self, ef: int) -> None:
        self.collection.modify(configuration={"hnsw": {"ef_search": ef}})
        # An index that is open keeps the ef that it was opened with.
        self.client = self.collection = None
        SharedSystemClient.clear_system_cache()
        self.open(self.folder)

    def question(self, query: Vectors) -> Any:
        return query

    def search(self, query: Any, within: Range | None) -> list[str]:
        return self._ask([query], None if within is None else where(within))[0]

    def together(self, queries: Vectors) -> list[Any]:
        return list(queries)

    def batch(self, queries: list[Any]) -> list[list[str]]:
        return self._ask(queries, None)

    def close(self) -> None:
        self.client = None

    def _ask(self, queries: list[Any], where: Any) -> list[list[str]]:
        found = self.collection.query(
            query_embeddings=queries, n_results=K, where=where, include=["distances"]
        )
        ids: list[list[str]] = found["ids"]
        return ids


def where(within: Range) -> dict[str, Any]:
    """A range as Chroma's filter."""
    low, high = within
    if high == low + 1:
        return {KEY: low}
    return {"$and": [{KEY: {"$gte": low}}, {KEY: {"$lt": high}}]}


def make() -> Chroma:
    """The engine."""
    return Chroma()
