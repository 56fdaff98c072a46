"""vecstore's hybrid search beside its own search by vector: records with text of Python's help."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from typing import Any

import vecstore
from benchmarks.measure import HERE
from benchmarks.peers.engines import BATCH, K, Vectors
from benchmarks.peers.engines.ours import COLLECTION, ENCODER, PATIENCE, Ours

STRIDE = 37


class Hybrid(Ours):
    """Every record has a vector, and one line of documentation as its text."""

    def __init__(self) -> None:
        super().__init__()
        self.lines = _summaries()

    def build(self, vectors: Vectors, places: list[int], folder: str) -> None:  # noqa: ARG002
        self._open(folder, 64)
        self.store.declare_space(ENCODER, dim=vectors.shape[1], provenance="benchmark vectors")
        made = self.store.create_collection(COLLECTION, encoder=ENCODER)
        made.create_index("$text", "text")
        texts = itertools.cycle(self.lines)
        for first in range(0, len(vectors), BATCH):
            made.upsert(
                vecstore.Record(
                    id=str(key),
                    text=next(texts),
                    vector=vecstore.Vector(made.space, vectors[key]),
                )
                for key in range(first, min(first + BATCH, len(vectors)))
            )
        row = self.store.row(COLLECTION)
        self.store.index(row, row.fields[0]).wait_until_indexed(PATIENCE)

    def fused(self, query: Any, number: int, words: int) -> list[str]:
        """A query, and so many words of one of the lines, those in its middle; 0 for all."""
        line = self.lines[number * STRIDE % len(self.lines)].split()
        first = max(0, (len(line) - words) // 2) if words else 0
        hits = self.collection.search_hybrid(
            query,
            K,
            text=" ".join(line[first : first + words] if words else line),
            include_payload=False,
            include_text=False,
        )
        return [hit.id for hit in hits]

    def _settle(self) -> None:
        self.collection = self.store.collection(COLLECTION)
        row = self.store.row(COLLECTION)
        self.store.index(row, row.fields[0]).wait_until_checked(PATIENCE)


def _summaries() -> list[str]:
    """First sentences of the docstrings of the standard library."""
    command = [sys.executable, str(HERE / "examples" / "stdlib_docs.py")]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True
    )
    return [json.loads(line)["summary"] for line in done.stdout.splitlines()]


def make() -> Hybrid:
    """The engine."""
    return Hybrid()
