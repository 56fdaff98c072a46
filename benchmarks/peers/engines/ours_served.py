"""vecstore over gRPC, with the asyncio client."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import vecstore
import vecstore.aio
from benchmarks.in_flight import in_flight
from benchmarks.peers.engines import K, Vectors
from benchmarks.peers.engines.ours import COLLECTION
from benchmarks.served import server


class OursServed:
    """Serves what the engine "ours" built."""

    def __init__(self) -> None:
        self.runner = asyncio.Runner()
        self.stack = ExitStack()
        self.client: Any = None
        self.collection: Any = None

    def open(self, folder: str) -> None:
        address = self.stack.enter_context(server("benchmarks.served", Path(folder) / "store"))
        self.runner.run(self._connect(address))

    def question(self, query: Vectors) -> Any:
        return vecstore.Vector(self.collection.space, query)

    def in_flight(self, questions: list[Any]) -> list[list[str]]:
        return self.runner.run(in_flight(self._ask, questions))

    def close(self) -> None:
        self.runner.run(self.client.close())
        self.stack.close()

    async def _connect(self, address: str) -> None:
        self.client = await vecstore.aio.connect(address)
        self.collection = await self.client.collection(COLLECTION)

    async def _ask(self, vector: Any) -> list[str]:
        hits = await self.collection.search(vector, K, include_payload=False, include_text=False)
        return [hit.id for hit in hits]


def make() -> OursServed:
    """The engine."""
    return OursServed()
