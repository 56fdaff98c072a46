"""vecstore, embedded: records with a payload, a declared index, vectors of a declared space."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import vecstore

# What `vecstore` imports when it is first used: before the clock starts, as with every other store.
import vecstore.store
from benchmarks.measure import spread
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

ENCODER = "bench@1"
COLLECTION = "bench"
WRITERS = 4
PATIENCE = 7200.0
DEFAULT_EF = 64


class Ours:
    """See :class:`benchmarks.peers.engines.Engine`."""

    def __init__(self) -> None:
        self.store: Any = None
        self.collection: Any = None
        self.folder = ""

    def build(self, vectors: Vectors, places: list[int], folder: str) -> None:
        self._open(folder, DEFAULT_EF)
        self.store.declare_space(ENCODER, dim=vectors.shape[1], provenance="benchmark vectors")
        made = self.store.create_collection(COLLECTION, encoder=ENCODER, store_inputs=False)
        made.create_index(KEY, "integer")

        def upsert(first: int) -> None:
            made.upsert(_records(vectors, places, first, made.space))

        spread(range(0, len(vectors), BATCH), upsert, WRITERS)
        row = self.store.row(COLLECTION)
        if not self.store.index(row, row.fields[0]).wait_until_indexed(PATIENCE):
            raise RuntimeError(f"the graph did not follow within {PATIENCE} s")

    def open(self, folder: str) -> None:
        self._open(folder, DEFAULT_EF)
        self._settle()

    def tune(self, ef: int) -> None:
        self.store.close()
        self._open(self.folder, ef)
        self._settle()

    def question(self, query: Vectors) -> Any:
        return vecstore.Vector(self.collection.space, query)

    def search(self, query: Any, within: Range | None) -> list[str]:
        if within is None:
            hits = self.collection.search(query, K, include_payload=False, include_text=False)
        else:
            low, high = within
            hits = self.collection.search(
                query,
                K,
                filter={KEY: {"$gte": low, "$lt": high}},
                include_payload=False,
                include_text=False,
            )
        return [hit.id for hit in hits]

    def together(self, queries: Vectors) -> list[vecstore.Vector]:
        return [self.question(query) for query in queries]

    def batch(self, queries: list[vecstore.Vector]) -> list[list[str]]:
        answers = self.collection.search_batch(
            queries, K, include_payload=False, include_text=False
        )
        return [[hit.id for hit in hits] for hits in answers]

    def close(self) -> None:
        if self.store is not None:
            self.store.close()

    def _open(self, folder: str, ef: int) -> None:
        self.folder = folder
        settings = vecstore.Settings(
            hnsw_m=M, hnsw_ef_construction=EF_CONSTRUCTION, hnsw_ef=ef, index_threads=THREADS
        )
        self.store = vecstore.open(Path(folder) / "store", settings=settings)

    def _settle(self) -> None:
        self.collection = self.store.collection(COLLECTION)
        row = self.store.row(COLLECTION)
        index = self.store.index(row, row.fields[0])
        # None of it must go on beside the searches that are timed.
        index.wait_until_checked(PATIENCE)
        index.wait_until_declared(PATIENCE)
        index.snapshot()


def _records(
    vectors: Vectors, places: list[int], first: int, space: vecstore.Space
) -> Iterator[vecstore.Record]:
    for key in range(first, min(first + BATCH, len(vectors))):
        vector = vecstore.Vector(space, vectors[key])
        yield vecstore.Record(id=str(key), vector=vector, payload={KEY: places[key]})


def make() -> Ours:
    """The engine."""
    return Ours()
