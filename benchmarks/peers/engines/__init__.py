"""What one store can do, by its name; each is imported only in the process that measures it."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

M = 16
EF_CONSTRUCTION = 200
K = 10
THREADS = 2
BATCH = 1000
BATCHED = 100
# The payload's only key. Its values are 0 to n - 1 in an order by chance, so that a range of them
# is a share of the records, and there are as many different ones as queries.
KEY = "place"

Vectors = NDArray[np.float32]
Range = tuple[int, int]
Keys = Sequence[int] | Sequence[str]
"""Keys as numbers, or as the ids that a store makes of them."""


class Engine(Protocol):
    """A store as the benchmark needs it. What it cannot do, it does not have."""

    def build(self, vectors: Vectors, places: list[int], folder: str) -> None:
        """Take in vectors (n, dim) under the keys 0 to n - 1, durable and in the graph."""

    def open(self, folder: str) -> None:
        """What :meth:`build` left, ready for searches."""

    def tune(self, ef: int) -> None:
        """Look at so many candidates from now on."""

    def search(self, query: Any, within: Range | None) -> Keys:
        """Keys of the nearest, among those whose place is in [low, high)."""

    def question(self, query: Vectors) -> Any:
        """A query (dim,) as the store takes it; made before the clock starts."""

    def together(self, queries: Vectors) -> Any:
        """Queries (n, dim) as the store takes them in one call; made before the clock starts."""

    def batch(self, queries: Any) -> Sequence[Keys]:
        """Keys of the nearest to each of what :meth:`together` made, in one call."""

    def close(self) -> None:
        """Let go."""


def engine(name: str) -> Any:
    """A store by its name."""
    return importlib.import_module(f"benchmarks.peers.engines.{name}").make()
