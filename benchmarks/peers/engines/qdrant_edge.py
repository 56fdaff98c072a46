"""Qdrant Edge: one shard in this process, with a payload index, optimised after the upload."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import qdrant_edge as q

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

FIELD = "v"
# Kilobytes: below this many of matching vectors it scans; the documented default.
FULL_SCAN = 10_000


class QdrantEdge:
    """See :class:`benchmarks.peers.engines.Engine`."""

    def __init__(self) -> None:
        self.shard: Any = None
        self.params: Any = None

    def build(self, vectors: Vectors, places: list[int], folder: str) -> None:
        path = Path(folder) / "shard"
        path.mkdir()
        config = q.EdgeConfig(
            vectors={FIELD: q.EdgeVectorParams(size=vectors.shape[1], distance=q.Distance.Cosine)},
            hnsw_config=q.HnswIndexConfig(
                M, EF_CONSTRUCTION, FULL_SCAN, max_indexing_threads=THREADS
            ),
            optimizers=q.EdgeOptimizersConfig(default_segment_number=1, indexing_threshold=1),
        )
        shard = q.EdgeShard.create(str(path), config)
        shard.update(q.UpdateOperation.create_field_index(KEY, q.PayloadSchemaType.Integer))
        for first in range(0, len(vectors), BATCH):
            rows = range(first, min(first + BATCH, len(vectors)))
            points = [q.Point(n, {FIELD: vectors[n].tolist()}, {KEY: places[n]}) for n in rows]
            shard.update(q.UpdateOperation.upsert_points(points))
        shard.flush()
        while shard.optimize():
            pass
        shard.flush()
        shard.close()

    def open(self, folder: str) -> None:
        self.shard = q.EdgeShard.load(str(Path(folder) / "shard"))

    def tune(self, ef: int) -> None:
        self.params = q.SearchParams(hnsw_ef=ef)

    def question(self, query: Vectors) -> Any:
        return query.tolist()

    def search(self, query: Any, within: Range | None) -> list[int]:
        found = self.shard.search(
            q.SearchRequest(
                query=q.Query.Nearest(query, using=FIELD),
                limit=K,
                filter=None if within is None else _filter(within),
                params=self.params,
            )
        )
        return [point.id for point in found]

    def close(self) -> None:
        if self.shard is not None:
            self.shard.close()


def _filter(within: Range) -> Any:
    low, high = within
    if high == low + 1:
        return q.Filter(must=[q.FieldCondition(key=KEY, match=q.MatchValue(low))])
    return q.Filter(must=[q.FieldCondition(key=KEY, range=q.RangeFloat(gte=low, lt=high))])


def make() -> QdrantEdge:
    """The engine."""
    return QdrantEdge()
