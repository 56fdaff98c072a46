"""The exact answers that every store is held against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.engines import K, Range, Vectors

# Two float32 cosines of the same pair, summed in different orders, differ by about this much.
_SAME = 1e-5
_PIECE = 50_000  # vectors held against many queries at a time


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """Stored vectors and queries, both of unit length, and what records hold.

    Args:
        vectors: shape (n, dim).
        queries: shape (m, dim).
        places: shape (n,).
    """

    vectors: Vectors
    queries: Vectors
    places: NDArray[np.int64]
    _limits: dict[int, float] = field(default_factory=dict)

    def recall(
        self,
        numbers: Sequence[int],
        found: Sequence[Sequence[int]],
        ranges: Sequence[Range] | None = None,
    ) -> float:
        """recall@10: the share of the exact answer that was found; a tie is as good as another.

        Raises:
            RuntimeError: a key was found whose record does not satisfy the filter.
        """
        if ranges is None:
            return self._recall_among_all(numbers, found)
        good = total = 0
        for place, (number, keys) in enumerate(zip(numbers, found, strict=True)):
            low, high = ranges[place]
            allowed = (self.places >= low) & (self.places < high)
            chosen = np.array(sorted(set(keys)), np.int64)
            if not allowed[chosen].all():
                raise RuntimeError(f"query {number}: a record outside the filter was found")
            cosines = self.vectors @ self.queries[number]
            reached = cosines[chosen]
            # In place: copying the rows of a half of all would take ten times as long.
            cosines[~allowed] = -np.inf
            wanted = min(K, int(allowed.sum()))
            limit = np.partition(cosines, -wanted)[-wanted]
            good += int((reached >= limit - _SAME).sum())
            total += wanted
        return good / max(1, total)

    def _recall_among_all(self, numbers: Sequence[int], found: Sequence[Sequence[int]]) -> float:
        """The same without filters: how near the tenth is was found once for each query."""
        self._find_limits([number for number in set(numbers) if number not in self._limits])
        good = 0
        for number, keys in zip(numbers, found, strict=True):
            reached = self.vectors[sorted(set(keys))] @ self.queries[number]
            good += int((reached >= self._limits[number] - _SAME).sum())
        return good / max(1, len(numbers) * min(K, len(self.vectors)))

    def _find_limits(self, numbers: Sequence[int]) -> None:
        asked = self.queries[list(numbers)]
        best = np.full((len(numbers), 0), -np.inf, np.float32)
        for start in range(0, len(self.vectors), _PIECE):
            cosines = asked @ self.vectors[start : start + _PIECE].T
            best = np.concatenate([best, cosines], axis=1)
            wanted = min(K, best.shape[1])
            best = np.partition(best, -wanted, axis=1)[:, -wanted:]
        self._limits.update(zip(numbers, best.min(axis=1).tolist(), strict=True))
