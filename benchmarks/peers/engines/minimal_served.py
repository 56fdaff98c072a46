"""The least that a grpc.aio server around bare hnswlib can be."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import grpc
import numpy as np

from benchmarks import minimal
from benchmarks.ground import key_of
from benchmarks.in_flight import in_flight
from benchmarks.peers.engines import Vectors
from benchmarks.served import server


class MinimalServed:
    """Serves what the engine "bare" built."""

    def __init__(self) -> None:
        self.runner = asyncio.Runner()
        self.stack = ExitStack()
        self.channel: Any = None
        self.call: Any = None

    def open(self, folder: str) -> None:
        count, dim = np.load(Path(folder).parent / "vectors.npy", mmap_mode="r").shape
        index = Path(folder) / "bare.hnsw"
        address = self.stack.enter_context(server("benchmarks.minimal", index, count, dim))
        self.runner.run(self._connect(address))

    def question(self, query: Vectors) -> Any:
        return query

    def in_flight(self, questions: list[Any]) -> list[list[int]]:
        return self.runner.run(in_flight(self._ask, questions))

    def close(self) -> None:
        self.runner.run(self.channel.close())
        self.stack.close()

    async def _connect(self, address: str) -> None:
        self.channel = grpc.aio.insecure_channel(address)
        self.call = minimal.stub(self.channel)

    async def _ask(self, query: Any) -> list[int]:
        answer = await self.call(minimal.question(query))
        return [key_of(id_) for id_, _ in minimal.answer(answer)]


def make() -> MinimalServed:
    """The engine."""
    return MinimalServed()
