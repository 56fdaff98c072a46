"""Milvus Lite: a file in this process's folder, an HNSW index and an inverted one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pymilvus import DataType, MilvusClient

from benchmarks.peers.engines import BATCH, EF_CONSTRUCTION, KEY, K, M, Range, Vectors

NAME = "bench"


class Milvus:
    """See :class:`benchmarks.peers.engines.Engine`."""

    def __init__(self) -> None:
        self.client: Any = None
        self.ef = 64

    def build(self, vectors: Vectors, places: list[int], folder: str) -> None:
        client = MilvusClient(str(Path(folder) / "milvus.db"))
        schema = client.create_schema(auto_id=False)
        schema.add_field("id", DataType.INT64, is_primary=True)
        schema.add_field(KEY, DataType.INT64)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=vectors.shape[1])
        indexes = client.prepare_index_params()
        indexes.add_index(
            "vector",
            index_type="HNSW",
            metric_type="COSINE",
            params={"M": M, "efConstruction": EF_CONSTRUCTION},
        )
        indexes.add_index(KEY, index_type="INVERTED")
        client.create_collection(NAME, schema=schema, index_params=indexes)
        for first in range(0, len(vectors), BATCH):
            rows = range(first, min(first + BATCH, len(vectors)))
            client.insert(
                NAME, [{"id": n, KEY: places[n], "vector": vectors[n].tolist()} for n in rows]
            )
        client.flush(NAME)
        client.close()

    def open(self, folder: str) -> None:
        self.client = MilvusClient(str(Path(folder) / "milvus.db"))
        self.client.load_collection(NAME)

    def tune(self, ef: int) -> None:
        self.ef = ef

    def question(self, query: Vectors) -> Any:
        return query.tolist()

    def search(self, query: Any, within: Range | None) -> list[int]:
        found = self.client.search(
            NAME,
            [query],
            limit=K,
            filter="" if within is None else f"{KEY} >= {within[0]} and {KEY} < {within[1]}",
            output_fields=["id"],
            search_params={"metric_type": "COSINE", "params": {"ef": self.ef}},
        )
        return [hit["id"] for hit in found[0]]

    def close(self) -> None:
        if self.client is not None:
            self.client.close()


def make() -> Milvus:
    """The engine."""
    return Milvus()
