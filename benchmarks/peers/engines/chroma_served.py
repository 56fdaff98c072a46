"""Chroma's own server over HTTP, with its asyncio client."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import chromadb

from benchmarks.in_flight import in_flight
from benchmarks.peers.engines import K, Vectors
from benchmarks.peers.engines.chroma import NAME

PATIENCE = 60.0


class ChromaServed:
    """Serves what the engine "chroma" built."""

    def __init__(self) -> None:
        self.runner = asyncio.Runner()
        self.process: Any = None
        self.collection: Any = None

    def open(self, folder: str) -> None:
        port = _free_port()
        command = [str(Path(sys.executable).parent / "chroma"), "run"]
        command += ["--path", str(Path(folder) / "chroma"), "--port", str(port)]
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                self.runner.run(self._connect(port))
                return
            except Exception:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def question(self, query: Vectors) -> Any:
        return query

    def in_flight(self, questions: list[Any]) -> list[list[str]]:
        return self.runner.run(in_flight(self._ask, questions))

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(PATIENCE)

    async def _connect(self, port: int) -> None:
        client = await chromadb.AsyncHttpClient(host="127.0.0.1", port=port)
        self.collection = await client.get_collection(NAME, embedding_function=None)

    async def _ask(self, query: Any) -> list[str]:
        found = await self.collection.query(
            query_embeddings=[query], n_results=K, include=["distances"]
        )
        ids: list[str] = found["ids"][0]
        return ids


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def make() -> ChromaServed:
    """The engine."""
    return ChromaServed()
