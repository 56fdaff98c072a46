"""Vectors of queries from use, gathered where somebody has consented to it."""

from __future__ import annotations

import random
import threading

import numpy as np

from vecstore.familiarity.requests import MOST_KEPT
from vecstore.spaces import FloatArray

# Of the queries beyond the first thousand, one in ten takes the place of another: what is kept
# is then drawn from about the last ten thousand.
_RENEWED = 0.1


class Gathered:
    """Up to a thousand different vectors. Safe to use from many threads.

    Args:
        vectors: shape (n, dim), float32: those on record.
    """

    def __init__(self, vectors: FloatArray) -> None:
        self._dim = vectors.shape[1]
        self._kept = [row.tobytes() for row in np.ascontiguousarray(vectors, np.float32)]
        self._known = set(self._kept)
        self._lock = threading.Lock()
        self._random = random.Random(len(self._kept))  # noqa: S311 - nothing is kept secret by it
        self.taken = len(self._kept)
        """How many have been taken, those on record included."""

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, values: FloatArray) -> int:
        """Take a vector (dim,) float32, where it is new and its turn.

        Returns:
            Its number among all that have been taken, from 1; 0 where it was not.
        """
        raw = values.tobytes()
        if raw in self._known:
            return 0
        with self._lock:
            if raw in self._known:
                return 0
            if len(self._kept) < MOST_KEPT:
                self._kept.append(raw)
            elif self._random.random() < _RENEWED:
                place = self._random.randrange(MOST_KEPT)
                self._known.discard(self._kept[place])
                self._kept[place] = raw
            else:
                return 0
            self._known.add(raw)
            self.taken += 1
            return self.taken

    def matrix(self) -> FloatArray:
        """All that is kept, shape (n, dim), float32."""
        with self._lock:
            joined = b"".join(self._kept)
        return np.frombuffer(joined, np.float32).reshape(-1, self._dim)
