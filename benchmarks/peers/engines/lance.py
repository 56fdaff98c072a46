"""LanceDB: one table, a graph without quantisation in one partition, a scalar index."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lancedb
import pyarrow as pa

from benchmarks.peers.engines import BATCH, EF_CONSTRUCTION, KEY, K, M, Range, Vectors

NAME = "bench"


class Lance:
    """See :class:`benchmarks.peers.engines.Engine`."""

    def __init__(self) -> None:
        self.table: Any = None
        self.ef = 64

    def build(self, vectors: Vectors, places: list[int], folder: str) -> None:
        table = None
        database = lancedb.connect(str(Path(folder) / "lance"))
        for first in range(0, len(vectors), 10 * BATCH):
            rows = _rows(vectors, places, first)
            if table is None:
                table = database.create_table(NAME, rows)
            else:
                table.add(rows)
        assert table is not None
        table.create_index(
            metric="cosine",
            vector_column_name="vector",
            index_type="IVF_HNSW_FLAT",
            num_partitions=1,
            m=M,
            ef_construction=EF_CONSTRUCTION,
        )
        table.create_scalar_index(KEY)
        table.optimize()

    def open(self, folder: str) -> None:
        self.table = lancedb.connect(str(Path(folder) / "lance")).open_table(NAME)

    def tune(self, ef: int) -> None:
        self.ef = ef

    def question(self, query: Vectors) -> Any:
        return query

    def search(self, query: Any, within: Range | None) -> list[int]:
        asked = self.table.search(query, vector_column_name="vector").distance_type("cosine")
        if within is not None:
            asked = asked.where(f"{KEY} >= {within[0]} AND {KEY} < {within[1]}", prefilter=True)
        answer = asked.ef(self.ef).limit(K).select(["id", "_distance"]).to_arrow()
        found: list[int] = answer["id"].to_pylist()
        return found

    def close(self) -> None:
        self.table = None


def _rows(vectors: Vectors, places: list[int], first: int) -> Any:
    part = vectors[first : first + 10 * BATCH]
    last = first + len(part)
    return pa.table(
        {
            "id": pa.array(range(first, last), pa.int64()),
            KEY: pa.array(places[first:last], pa.int32()),
            "vector": pa.FixedSizeListArray.from_arrays(pa.array(part.ravel()), part.shape[1]),
        }
    )


def make() -> Lance:
    """The engine."""
    return Lance()
