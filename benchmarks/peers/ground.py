"""The vectors, what is asked of them, and the stores that were built of them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.engines import Range, Vectors
from benchmarks.peers.sides import Side
from benchmarks.peers.truth import Truth

SEED = 20
QUERIES = 2000
OURS, BARE = "ours", "bare"
PEERS = ("qdrant_edge", "chroma", "lance", "milvus")
# Real rows with this much of noise stand in where there are not enough: cosines of about 0.98.
_NOISE = 0.2


@dataclass(slots=True)
class Ground:
    """Vectors of unit length in an order by chance, and a folder for all that is built.

    Args:
        rows: (n, dim) of any float dtype.
        size: how many are stored; others ask.
        rounds: how often every store is asked in turn.
        folder: an empty one.
        peers: an interpreter that has the peers installed.
        names: which peers.
    """

    rows: NDArray[Any]
    size: int
    rounds: int
    folder: Path
    peers: Path
    names: tuple[str, ...] = PEERS
    built: dict[str, float] = field(default_factory=dict)
    _truth: Truth | None = None

    @property
    def truth(self) -> Truth:
        """What is stored and asked."""
        if self._truth is None:
            vectors, queries = draw(self.rows, self.size)
            places = np.random.default_rng(SEED).permutation(self.size)
            self._truth = Truth(vectors, queries, places)
            for name, values in (("vectors", vectors), ("queries", queries), ("places", places)):
                np.save(self.folder / f"{name}.npy", values)
        return self._truth

    def path(self, name: str) -> Path:
        """Where an array of the ground is, or what a store built."""
        return self.folder / name

    def side(self, engine: str) -> Side:
        """A store's process, not yet open."""
        ours = engine.startswith((OURS, BARE, "minimal", "hybrid"))
        python = Path(sys.executable) if ours else self.peers
        return Side(engine, python, self.folder / f"{engine}.log")

    def build(self, engine: str, folder: str = "") -> float:
        """Seconds that a store takes until all is durable and in its graph."""
        assert self.truth
        target = self.path(folder or engine)
        target.mkdir()
        with self.side(engine) as side:
            answer = side.ask(
                "build",
                vectors=str(self.path("vectors.npy")),
                places=str(self.path("places.npy")),
                folder=str(target),
            )
        self.built[folder or engine] = answer["seconds"]
        return float(answer["seconds"])

    @contextmanager
    def opened(self, engines: Sequence[str]) -> Iterator[list[Side]]:
        """Stores, ready to be asked; built where they are not."""
        with ExitStack() as stack:
            sides = []
            for engine in engines:
                base = engine.removesuffix("_served").replace("minimal", BARE)
                if base not in self.built:
                    self.build(base)
                side = stack.enter_context(self.side(engine))
                queries = str(self.path("queries.npy"))
                side.ask("open", folder=str(self.path(base)), queries=queries)
                sides.append(side)
            yield sides


def draw(rows: NDArray[Any], size: int) -> tuple[Vectors, Vectors]:
    """Vectors to store and vectors to ask with; where rows are too few, noisy copies of them.

    Args:
        rows: (n, dim), more than :data:`QUERIES`.
        size: how many to store.
    """
    random = np.random.default_rng(SEED)
    order = random.permutation(len(rows))
    queries = _unit(np.asarray(rows[np.sort(order[:QUERIES])], np.float32))
    real = np.asarray(rows[np.sort(order[QUERIES : QUERIES + size])], np.float32)
    vectors = np.empty((size, rows.shape[1]), np.float32)
    vectors[: len(real)] = _unit(real)
    for start in range(len(real), size, len(real)):
        part = vectors[start : start + len(real)]
        noise = random.standard_normal(part.shape, np.float32)
        noise *= _NOISE / np.linalg.norm(noise, axis=1, keepdims=True)
        part[:] = _unit(vectors[: len(part)] + noise)
    return vectors, random.permutation(queries)


def ranges_of(share: int, size: int, *, repeated: bool) -> Any:
    """Filters that one in ``share`` of the records satisfies.

    Args:
        share: 2 for a half, 10 for a tenth.
        size: of the store.
        repeated: one for all questions of a turn; else a new one for each.
    """
    width = size // share

    def ranges(numbers: list[int], turn: int) -> list[Range]:
        random = np.random.default_rng([SEED, share, turn, repeated])
        lows = random.integers(0, size - width + 1, 1 if repeated else len(numbers)).tolist()
        return [(low, low + width) for low in (lows * len(numbers))[: len(numbers)]]

    return ranges


def _unit(rows: Vectors) -> Vectors:
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows
